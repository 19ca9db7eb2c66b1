import Glibc
import Logging
import Model
import Platform
import Testing

@testable import EdgeAgent

/// What the agent makes of an order for another version, and tells of it.
struct UpdatingTests {
    private func settings(_ text: String) throws -> AgentConfiguration.Update {
        try AgentConfiguration(parsing: "version = 1\n\(text)\n", file: "agent.toml").update
    }

    @Test func onlyTheOwnFileLetsTheCentreAsk() throws {
        #expect(Updating.refusal(of: "0.1.1", try settings("")) == "update-off")
        let open = try settings("[update]\nby-centre = true")
        #expect(Updating.refusal(of: "0.1.1", open) == nil && Updating.refusal(of: "1; x", open) == "update-version")
        let held = try settings("[update]\nby-centre = true\nhold = \"0.1.1\"")
        #expect(Updating.refusal(of: "0.1.1", held) == nil && Updating.refusal(of: "0.1.2", held) == "update-held")
        #expect(throws: (any Error).self) { try settings("[update]\nhold = \"latest\"") }
        // What the centre sets says nothing of it.
        var own = AgentConfiguration()
        own.update = held
        let managed = try AgentConfiguration(parsing: "version = 1\n[update]\nby-centre = true\n", file: "cfg")
        #expect(ManagedPolicy(own: own).effective(managed).update == held)
    }

    @Test func whatTheScriptWroteIsTold() throws {
        let open = try settings("[update]\nby-centre = true")
        let told =
            "id=o-1\nversion=0.1.1\nback=\nstate=failed\ncode=disk\nreason=49992 KiB = too few\nat=1795845600\ntries=1\n"
        let status = Updating.status(open, "0.1.0", told: told, asked: nil, at: 0)
        #expect(status["state"]?.text == "failed" && status["code"]?.text == "disk" && status["command"]?.text == "o-1")
        #expect(status["reason"]?.text == "49992 KiB = too few" && status["at"]?.integer == 1_795_845_600_000)
        for garbage in [
            "", "\u{0}", "state=\nid", "state=odd", "at=-1", "at=99999999999999999999",
            String(repeating: "=", count: 9000),
        ] {
            let status = Updating.status(open, nil, told: garbage, asked: nil, at: 0)
            #expect(status["state"] == nil && status["at"] == nil, "\(garbage.prefix(9))")
        }
        // Nobody takes it.
        #expect(Updating.status(open, nil, told: nil, asked: 0, at: Updating.patience)["code"] == nil)
        #expect(Updating.status(open, nil, told: told, asked: 0, at: Updating.patience + 1)["code"]?.text == "unit-off")
        let running = Updating.status(open, nil, told: "state=running\n", asked: 0, at: .max / 2)
        #expect(running["state"]?.text == "running" && running["code"] == nil)
    }

    @Test func aPackageIsBelievedWhereItIsThisProgram() {
        #expect(Updating.package("0.1.0+1\n", program: "0.1.0") == "0.1.0+1")
        for text in [nil, "", "0.2.0", "0.1.0 x", "\n"] { #expect(Updating.package(text, program: "0.1.0") == nil) }
    }

    @Test func aRequestIsOneLineOfItsOwn() throws {
        var configuration = AgentConfiguration()
        configuration.state = "/tmp/quai-updating-\(getpid())"
        configuration.update.isAllowed = true
        try Files.makeFolder(configuration.state)
        let updating = Updating(configuration, told: configuration.state, logger: Logger(label: "test"))
        let (now, until) = (Instant(nanoseconds: 0), Instant(nanoseconds: 1))
        func ask(_ id: String, _ version: String, isBack: Bool = false, at: Instant? = nil) -> CommandProgress {
            updating.ask(id, version: version, isBack: isBack, until: until, at: at ?? now)
        }
        #expect(ask("o-0", "0.1.1", at: until + .seconds(1)).state == .expired)
        let path = "\(configuration.state)/update/request"
        #expect(!Files.exists(path))
        #expect(ask("o-1", "0.1.1").state == .done)
        #expect(String(decoding: try Files.read(path), as: UTF8.self) == "0.1.1 o-1\n")
        // Said again while it lies there it grows no younger, or nobody would see that no one takes it.
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        utimensat(AT_FDCWD, path, &times, 0)
        #expect(ask("o-1", "0.1.1").state == .done && updating.status(at: 1_000_000)["code"]?.text == "unit-off")
        // Lost meanwhile, it is written again.
        unlink(path)
        #expect(ask("o-1", "0.1.1").state == .done && Files.exists(path))
        #expect(ask("o-2", "0.1.0", isBack: true).state == .done)
        #expect(String(decoding: try Files.read(path), as: UTF8.self) == "back 0.1.0 o-2\n")
        #expect(ask("o-3", "..", isBack: true).cause == "update-version")
        unlink(path)
        rmdir("\(configuration.state)/update")
        rmdir(configuration.state)
    }

    @Test func noTelephoneIsAskedForItsEnd() {
        func command(_ action: Command.Action) -> Command { Command(id: "o-1", action: action, issued: 0, ttl: 60) }
        #expect(command(.update(version: "0.1.1", isBack: false)).isForTheScript)
        #expect(!command(.cancel(command: "a")).isForTheScript && !command(.find(tag: "E2", seconds: 1)).isForTheScript)
    }
}
