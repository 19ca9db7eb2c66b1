"""A primary of PostgreSQL and its synchronous standby, and what their operators' program does: Patroni, repmgr or somebody at night.

It notices within `notice` seconds, makes sure that the old primary is dead before it promotes (fencing), and lets a primary whose standby
is gone commit alone. Whoever comes back does so as the standby, by pg_rewind, or by a new copy where that refuses.
"""
import os, pathlib, pwd, signal, subprocess, time

programs = next((folder for version in range(30, 14, -1) if (folder := pathlib.Path(f"/usr/lib/postgresql/{version}/bin")).is_dir()), None)
notice = 1.0


class Database:
    def __init__(self, wire, until):
        self.wire, self.until = wire, until
        self.primary, self.standby = "db1", "db2"
        self.person = pwd.getpwnam("postgres")
        for name in ("db1", "db2"):
            place = wire.folder / name
            place.mkdir(mode=0o700)
            os.chown(place, self.person.pw_uid, self.person.pw_gid)
        self.run("db1", "initdb", "-D", self.data("db1"), "-A", "trust", "-U", "quai", "--no-locale", "-E", "UTF8", "-N", "-k")
        with open(self.data("db1") / "pg_hba.conf", "a") as file:
            file.write("host all quai samenet trust\nhost replication quai samenet trust\n")
        with open(self.data("db1") / "postgresql.conf", "a") as file:
            file.write("listen_addresses = '*'\nmax_connections = 60\nwal_keep_size = 512MB\nwal_sender_timeout = 3s\nwal_receiver_timeout = 3s\n"
                       "tcp_user_timeout = 3000\ninclude = 'role.conf'\nlogging_collector = off\n")
        self.role("db1", "")
        self.begin("db1")
        self.ask("CREATE DATABASE quai", database="postgres")
        self.copy("db2")
        self.begin("db2")
        self.together()

    def data(self, name):
        return self.wire.folder / name / "data"

    def command(self, *command):
        return ["setpriv", f"--reuid={self.person.pw_uid}", f"--regid={self.person.pw_gid}", "--clear-groups", *map(str, command)]

    def run(self, name, program, *words, check=True):
        return subprocess.run(["ip", "netns", "exec", self.wire.name(name), *self.command(programs / program, *words)], check=check,
                              capture_output=True, text=True, cwd="/")

    def ask(self, sql, at=None, database="quai", check=True):
        """Rows of columns as texts."""
        found = subprocess.run([programs / "psql", "-XAtq", "-F", "\t", "-c", sql,
                                f"postgresql://quai@{self.wire.addresses[at or self.primary]}/{database}?connect_timeout=3"],
                               check=check, capture_output=True, text=True)
        return [line.split("\t") for line in found.stdout.splitlines()]

    def role(self, name, waits_for):
        """A standby's line to whoever is the primary, and whom a primary waits for with each commit."""
        other = self.wire.addresses["db2" if name == "db1" else "db1"]
        (self.data(name) / "role.conf").write_text(
            f"synchronous_standby_names = '{waits_for}'\nprimary_conninfo = 'host={other} user=quai application_name={name} "
            "connect_timeout=2 keepalives_idle=1 keepalives_interval=1 keepalives_count=2'\n")

    def begin(self, name):
        self.wire.start(name, name, *self.command(programs / "postgres", "-D", self.data(name), "-k", self.wire.folder / name))
        self.until(f"PostgreSQL {name}", 60, lambda: self.run(
            name, "pg_isready", "-q", "-h", self.wire.folder / name, "-U", "quai", "-d", "postgres", check=False).returncode == 0)

    def copy(self, name):
        subprocess.run(["rm", "-rf", self.data(name)], check=True)
        self.run(name, "pg_basebackup", "-D", self.data(name), "-h", self.wire.addresses[self.primary], "-U", "quai", "-c", "fast", "-N")
        self.role(name, "")
        (self.data(name) / "standby.signal").touch()

    # MARK: what the operators' program does

    def set_waits_for(self, name):
        self.role(self.primary, name)
        self.run(self.primary, "pg_ctl", "reload", "-D", self.data(self.primary))

    def together(self):
        """From now on a commit is with both."""
        self.until(f"the standby {self.standby}", 60, lambda: self.ask(
            "SELECT 1 FROM pg_stat_replication WHERE state='streaming'", check=False) == [["1"]])
        self.set_waits_for(self.standby)
        self.until(f"the synchronous standby {self.standby}", 30, lambda: self.ask(
            "SELECT sync_state FROM pg_stat_replication", check=False) == [["sync"]])

    def alone(self):
        """The standby is gone: the primary commits without it."""
        time.sleep(notice)
        self.set_waits_for("")

    def promote(self, wait=notice):
        """The primary is gone or cannot be reached: it is made sure of, then the standby takes its place."""
        time.sleep(wait)
        self.wire.kill(self.primary)
        self.run(self.standby, "pg_ctl", "promote", "-w", "-D", self.data(self.standby))
        self.primary, self.standby = self.standby, self.primary

    def come_back(self):
        """The dead one is the standby."""
        name = self.standby
        self.wire.kill(name)
        (self.data(name) / "postmaster.pid").unlink(missing_ok=True)
        if not (self.data(name) / "standby.signal").exists():
            source = f"host={self.wire.addresses[self.primary]} user=quai dbname=postgres"
            # Of the new primary, whose last checkpoint may still be that of its life as a standby.
            self.ask("CHECKPOINT", database="postgres")
            done = self.run(name, "pg_rewind", "-D", self.data(name), "--source-server", source, "-N", check=False)
            if done.returncode != 0:
                self.copy(name)
            self.role(name, "")
            (self.data(name) / "standby.signal").touch()
        self.begin(name)
        self.together()

    def shut(self):
        """The primary ends as it does before its machine is started again: its standby has all."""
        self.wire.kill(self.primary, signal.SIGINT)
