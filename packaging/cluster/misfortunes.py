"""What can befall a company's machines, from a seed, one after the other: each is inflicted, noticed by whoever looks after it, and mended."""
import random, signal, subprocess, time

from database import notice


class Misfortune:
    """`act` inflicts and mends; what it returns is said. `centres`: how many it needs for somebody else to go on."""

    def __init__(self, name, says, act, weight=2, centres=1):
        self.name, self.says, self.act, self.weight, self.centres = name, says, act, weight, centres


def centre_killed(c, dice):
    name = c.work()
    c.wire.kill(name)
    time.sleep(dice.uniform(2, 6) if len(c.centres) > 1 else 0.5)
    c.start_centre(name)
    return name


def centre_ended(c, dice):
    """As an upgrade does, one after the other."""
    name = c.work()
    c.wire.kill(name, signal.SIGTERM)
    time.sleep(dice.uniform(1, 3) if len(c.centres) > 1 else 0.5)
    c.start_centre(name)
    return name


def centre_paused(c, dice):
    name, seconds = c.work(), dice.uniform(3, 12)
    c.wire.pause(name)
    time.sleep(seconds)
    c.wire.go_on(name)
    return f"{name} for {seconds:.0f} s"


def centre_away(c, dice):
    name, seconds = c.work(), dice.uniform(4, 12)
    c.wire.line(name, "down")
    time.sleep(seconds)
    c.wire.line(name, "up")
    return f"{name} for {seconds:.0f} s"


def spare_centre_killed(c, dice):
    name = dice.choice([one for one in c.centres if one != c.work()])
    c.wire.kill(name)
    time.sleep(1)
    c.start_centre(name)
    return name


def centre_from_database(c, dice):
    name, seconds = c.work(), dice.uniform(4, 12)
    c.wire.cut(name, c.database.primary)
    time.sleep(seconds)
    c.wire.mend(name, c.database.primary)
    return f"{name} and {c.database.primary} for {seconds:.0f} s"


def centre_from_broker(c, dice):
    name, seconds = c.work(), dice.uniform(3, 8)
    c.wire.cut(name, c.broker)
    time.sleep(seconds)
    c.wire.mend(name, c.broker)
    return f"{name} and {c.broker} for {seconds:.0f} s"


def centre_without_broker(c, dice):
    """For so long that another takes its place, which has it."""
    name, seconds = c.work(), dice.uniform(14, 20)
    for broker in (c.broker, c.spare):
        c.wire.cut(name, broker)
    time.sleep(seconds)
    for broker in (c.broker, c.spare):
        c.wire.mend(name, broker)
    return f"{name} for {seconds:.0f} s, {c.work()} works"


def primary_killed(c, dice):
    old = c.database.primary
    c.wire.kill(old)
    c.database.promote()
    time.sleep(dice.uniform(2, 5))
    c.database.come_back()
    return f"{old}, {c.database.primary} promoted"


def primary_away(c, dice):
    old = c.database.primary
    c.wire.line(old, "down")
    c.database.promote()
    time.sleep(dice.uniform(2, 5))
    c.wire.line(old, "up")
    c.database.come_back()
    return f"{old}, {c.database.primary} promoted"


def primary_paused(c, dice):
    seconds = dice.uniform(1, 6)
    c.wire.pause(c.database.primary)
    time.sleep(seconds)
    c.wire.go_on(c.database.primary)
    return f"{c.database.primary} for {seconds:.0f} s"


def switched_over(c, dice):
    old = c.database.primary
    c.database.shut()
    c.database.promote(wait=0)
    c.database.come_back()
    return f"{old}, {c.database.primary} promoted"


def standby_killed(c, dice):
    c.wire.kill(c.database.standby)
    c.database.alone()
    time.sleep(dice.uniform(1, 4))
    c.database.come_back()
    return c.database.standby


def standby_away(c, dice):
    c.wire.cut(c.database.primary, c.database.standby)
    c.database.alone()
    time.sleep(dice.uniform(1, 4))
    c.wire.mend(c.database.primary, c.database.standby)
    c.database.together()
    return c.database.standby


def moved(c):
    time.sleep(notice)
    c.wire.move(c.broker_address, c.spare)
    c.broker, c.spare = c.spare, c.broker


def broker_killed(c, dice):
    old = c.broker
    c.wire.kill(old)
    moved(c)
    time.sleep(dice.uniform(1, 4))
    c.start_broker(old)
    return f"{old}, its address moved to {c.broker}"


def broker_paused(c, dice):
    old = c.broker
    c.wire.pause(old)
    moved(c)
    time.sleep(dice.uniform(1, 4))
    c.wire.go_on(old)
    return f"{old}, its address moved to {c.broker}"


def broker_away(c, dice):
    old = c.broker
    c.wire.line(old, "down")
    moved(c)
    time.sleep(dice.uniform(1, 4))
    c.wire.line(old, "up")
    return f"{old}, its address moved to {c.broker}"


def agents_killed(c, dice):
    some = dice.sample(c.agents, max(1, len(c.agents) // 10))
    for agent in some:
        c.wire.kill(agent.name)
    for agent in some:
        c.start_agent(agent)
    return ", ".join(agent.name for agent in some[:3]) + (f" and {len(some) - 3} others" if len(some) > 3 else "")


def agents_paused(c, dice):
    some, seconds = dice.sample(c.agents, max(1, len(c.agents) // 10)), dice.uniform(1, 5)
    for agent in some:
        c.wire.pause(agent.name)
    time.sleep(seconds)
    for agent in some:
        c.wire.go_on(agent.name)
    return f"{some[0].name} and {len(some) - 1} others for {seconds:.0f} s"


def site_away(c, dice):
    site, seconds = dice.choice(c.sites), dice.uniform(3, 10)
    c.wire.line(site, "down")
    time.sleep(seconds)
    c.wire.line(site, "up")
    return f"{site} for {seconds:.0f} s"


everything = [
    Misfortune("centre-killed", "the working centre is killed", centre_killed, 4),
    Misfortune("centre-ended", "it is ended in good order", centre_ended),
    Misfortune("centre-paused", "it stands still, and wakes up", centre_paused),
    Misfortune("centre-away", "nobody reaches it", centre_away),
    Misfortune("spare-centre-killed", "one that stands by is killed", spare_centre_killed, 1, 2),
    Misfortune("centre-from-database", "it does not reach the primary", centre_from_database),
    Misfortune("centre-from-broker", "it does not reach the broker", centre_from_broker),
    Misfortune("centre-without-broker", "it does not reach the broker for long, others do", centre_without_broker, 2, 2),
    Misfortune("primary-killed", "the primary is killed, its standby promoted", primary_killed, 4),
    Misfortune("primary-away", "nobody reaches the primary: killed, its standby promoted", primary_away),
    Misfortune("primary-paused", "the primary stands still, and wakes up", primary_paused),
    Misfortune("switched-over", "the primary is ended, its standby promoted", switched_over),
    Misfortune("standby-killed", "the standby is killed", standby_killed),
    Misfortune("standby-away", "primary and standby do not reach each other", standby_away),
    Misfortune("broker-killed", "the broker is killed, its address moved", broker_killed, 3),
    Misfortune("broker-paused", "the broker stands still, its address moved", broker_paused),
    Misfortune("broker-away", "nobody reaches the broker, its address moved", broker_away),
    Misfortune("agents-killed", "a tenth of the agents is killed", agents_killed),
    Misfortune("agents-paused", "a tenth of the agents stands still", agents_paused),
    Misfortune("site-away", "a site does not reach anybody", site_away),
]


class Story:
    def __init__(self, cluster, seed, only, say):
        self.cluster, self.say, self.dice, self.told, self.stuck = cluster, say, random.Random(f"{seed} misfortunes"), [], []
        named = set(filter(None, only.split(",")))
        if unknown := named - {kind.name for kind in everything}:
            raise SystemExit(f"test-cluster: no misfortune is called {', '.join(sorted(unknown))}; --list names them")
        self.kinds = [kind for kind in everything if (not named or kind.name in named) and kind.centres <= len(cluster.centres)]

    def play(self, seconds):
        """Each kind once, in an order of the seed, then as it comes."""
        start = time.time()
        self.clock(start, "everything stands, nobody is hurt")
        if not self.cluster.settle(90):
            raise SystemExit("test-cluster: nothing arrives although all is well")
        once = self.dice.sample(self.kinds, len(self.kinds))
        while time.time() - start < seconds and not self.stuck:
            kind = once.pop() if once else self.dice.choices(self.kinds, [kind.weight for kind in self.kinds])[0]
            begin = time.time()
            try:
                said = kind.act(self.cluster, self.dice)
            except (SystemExit, subprocess.CalledProcessError) as error:
                self.stuck.append(f"{kind.name}: {error}")
                break
            mended = time.time()
            if not self.cluster.settle():
                self.stuck.append(f"{kind.name}: {said}: nothing arrives a minute after it was mended")
            end = time.time()
            self.told.append((kind, begin, end))
            self.clock(start, f"{kind.name}: {said}; mended after {mended - begin:.1f} s, all well {end - begin:.1f} s after its beginning", begin)
            time.sleep(self.dice.uniform(1, 3))
        for sentence in self.stuck:
            self.say(f"test-cluster: {sentence}")

    def clock(self, start, text, at=None):
        since = int((at or time.time()) - start)
        self.say(f"{since // 60:3}:{since % 60:02} {text}")
