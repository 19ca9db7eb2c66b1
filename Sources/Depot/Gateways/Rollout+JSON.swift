public import Model

/// As it is kept in the database; pages see less (`RolloutView`).
extension Rollout {
    public var json: JSON {
        .object([
            ("version", .string(plan.version)), ("back", .bool(plan.isBack)), ("wave", .int(Int64(plan.wave))),
            ("watch", .int(plan.watch)), ("patience", .int(plan.patience)), ("state", .string(state.rawValue)),
            ("who", .string(who)), ("begun", .int(begun)), ("ended", ended.map(JSON.int)),
            ("members", .array(members.map(\.json))),
        ])
    }

    /// Nil for what no version of this program wrote.
    public init?(json: JSON) {
        guard let version = json["version"]?.text, let state = json["state"]?.text.flatMap(State.init(rawValue:)),
            let who = json["who"]?.text, let begun = json["begun"]?.integer,
            let watch = json["watch"]?.integer, let patience = json["patience"]?.integer,
            let wave = json["wave"]?.integer, let members = json["members"]?.list
        else { return nil }
        var plan = Plan(version: version)
        (plan.isBack, plan.watch, plan.patience) = (json["back"]?.truth ?? false, watch, patience)
        plan.wave = Int(clamping: wave)
        self.init(plan, members: members.compactMap(Member.init(json:)), who: who, at: begun)
        (self.state, ended) = (state, json["ended"]?.integer)
    }
}

extension Rollout.Member {
    var json: JSON {
        .object([
            ("name", .string(name)), ("wave", .int(Int64(wave))), ("target", .string(target)),
            ("state", .string(state.rawValue)), ("command", command.map(JSON.string)),
            ("ordered", ordered.map(JSON.int)),
            ("said", said.map(JSON.int)), ("came", came.map(JSON.int)), ("before", before?.json),
            ("rule", reason.map { .string($0.rule.rawValue) }), ("evidence", reason.map { .string($0.evidence) }),
        ])
    }

    init?(json: JSON) {
        guard let name = json["name"]?.text, let wave = json["wave"]?.integer, let target = json["target"]?.text,
            let state = json["state"]?.text.flatMap(State.init(rawValue:))
        else { return nil }
        self.init(name: name, wave: Int(clamping: wave), target: target)
        (self.state, command) = (state, json["command"]?.text)
        (ordered, said, came) = (json["ordered"]?.integer, json["said"]?.integer, json["came"]?.integer)
        before = json["before"].map(Rollout.Look.init(json:))
        if let rule = json["rule"]?.text.flatMap(Rollout.Reason.Rule.init(rawValue:)) {
            reason = Rollout.Reason(rule, json["evidence"]?.text ?? "")
        }
    }
}

extension Rollout.Look {
    /// How it was: what is compared later.
    fileprivate var json: JSON {
        .object([
            ("version", version.map(JSON.string)), ("findings", .array(findings.sorted().map(JSON.string))),
            ("pending", .int(pending)), ("alarm", alarm.map(JSON.string)), ("trouble", trouble.map(JSON.string)),
        ])
    }

    fileprivate init(json: JSON) {
        self.init()
        version = json["version"]?.text
        findings = Set((json["findings"]?.list ?? []).compactMap(\.text))
        pending = json["pending"]?.integer ?? 0
        (alarm, trouble) = (json["alarm"]?.text, json["trouble"]?.text)
    }
}
