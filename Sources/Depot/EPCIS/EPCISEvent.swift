public import Model

/// One EPCIS 2.0 event (GS1 EPCIS 2.0 §7.4): what was seen or done, when, where and why. Names are URIs that `EPCISNames` made.
public struct EPCISEvent: Equatable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case object = "ObjectEvent"
        case aggregation = "AggregationEvent"
        case transaction = "TransactionEvent"
    }

    public enum Action: String, CaseIterable, Sendable {
        case add = "ADD"
        case observe = "OBSERVE"
        case delete = "DELETE"
    }

    /// What of it is done here (CBV 2.0 §7.1), by its short name.
    public enum Step: String, CaseIterable, Sendable {
        case receiving, inspecting, storing, departing, accepting, unpacking
        case counting = "cycle_counting"
    }

    /// How things are then (CBV 2.0 §7.2).
    public enum Disposition: String, CaseIterable, Sendable {
        case damaged
        case inProgress = "in_progress"
        case inTransit = "in_transit"
        case nonConformant = "non_conformant"
        case available
    }

    /// So much of a class: an article, or a lot of it.
    public struct Amount: Equatable, Sendable {
        public var name: String
        public var quantity: Quantity
        /// UN/ECE Recommendation 20; nil for pieces.
        public var unit: String?

        public init(_ name: String, _ quantity: Quantity, unit: String? = nil) {
            (self.name, self.quantity, self.unit) = (name, quantity, unit)
        }
    }

    /// A business document that it belongs to.
    public struct Document: Hashable, Sendable {
        /// `desadv`, `po`, `recadv` (CBV 2.0 §7.3).
        public var type: String
        public var name: String

        public init(_ type: String, _ name: String) { (self.type, self.name) = (type, name) }
    }

    public var kind: Kind
    /// When it happened, in Unix milliseconds.
    public var at: Int64
    public var action: Action
    public var step: Step
    public var disposition: Disposition?
    /// What was packed, of an aggregation.
    public var parent: String?
    /// Things with a name of their own; of an aggregation its children.
    public var names: [String] = []
    public var amounts: [Amount] = []
    /// The zone: where it was seen, and where it is from then on.
    public var seenAt: String?
    public var place: String?
    public var documents: [Document] = []

    public init(
        _ kind: Kind, at: Int64, _ action: Action, _ step: Step, _ disposition: Disposition? = nil,
        parent: String? = nil
    ) {
        (self.kind, self.at, self.action, self.step) = (kind, at, action, step)
        (self.disposition, self.parent) = (disposition, parent)
    }

    /// Nothing is told of nothing.
    public var isEmpty: Bool { names.isEmpty && amounts.isEmpty }

    /// The same things, places and papers, whenever it was.
    public func isLike(_ other: EPCISEvent) -> Bool {
        var other = other
        other.at = at
        return self == other
    }

    // MARK: its name

    /// `ni:///sha-256;…?ver=CBV2.0`: the same for the same event wherever it is made (CBV 2.0 §8.9.2).
    public var id: String { "ni:///sha-256;\(Topic.digest(of: canonical))?ver=CBV2.0" }

    /// What is hashed: members in a fixed order, lists by their text, nothing between them, all names as Digital Links and web vocabulary.
    var canonical: String {
        let isAggregation = kind == .aggregation
        var text = "eventType=\(kind.rawValue)eventTime=\(EPCISEvent.time(at))eventTimeZoneOffset=+00:00"
        if let parent { text += "parentID=\(parent)" }
        if !names.isEmpty {
            text += (isAggregation ? "childEPCs" : "epcList") + sorted(names.map { "epc=\($0)" })
        }
        if !amounts.isEmpty {
            text += isAggregation ? "childQuantityList" : "quantityList"
            text += sorted(
                amounts.map {
                    "quantityElementepcClass=\($0.name)quantity=\($0.quantity)" + ($0.unit.map { "uom=\($0)" } ?? "")
                })
        }
        text += "action=\(action.rawValue)bizStep=https://ref.gs1.org/cbv/BizStep-\(step.rawValue)"
        if let disposition { text += "disposition=https://ref.gs1.org/cbv/Disp-\(disposition.rawValue)" }
        if let seenAt { text += "readPointid=\(seenAt)" }
        if let place { text += "bizLocationid=\(place)" }
        if !documents.isEmpty {
            text += "bizTransactionList"
            text += sorted(documents.map { "type=https://ref.gs1.org/cbv/BTT-\($0.type)bizTransaction=\($0.name)" })
        }
        return text
    }

    /// By code points, as the algorithm has it.
    private func sorted(_ parts: [String]) -> String {
        parts.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }.joined()
    }

    // MARK: as JSON

    /// A member of an `eventList`, with neither its `recordTime` nor an `errorDeclaration`.
    public var json: JSON {
        let isAggregation = kind == .aggregation
        return .object([
            ("type", .string(kind.rawValue)), ("eventID", .string(id)), ("eventTime", .string(EPCISEvent.time(at))),
            ("eventTimeZoneOffset", "+00:00"), ("parentID", parent.map(JSON.string)),
            (isAggregation ? "childEPCs" : "epcList", names.isEmpty ? nil : .array(names.map(JSON.string))),
            (
                isAggregation ? "childQuantityList" : "quantityList",
                amounts.isEmpty
                    ? nil
                    : .array(
                        amounts.map {
                            .object([
                                ("epcClass", .string($0.name)), ("quantity", $0.quantity.json),
                                ("uom", $0.unit.map(JSON.string)),
                            ])
                        })
            ),
            ("action", .string(action.rawValue)), ("bizStep", .string(step.rawValue)),
            ("disposition", disposition.map { .string($0.rawValue) }),
            ("readPoint", seenAt.map { .object([("id", .string($0))]) }),
            ("bizLocation", place.map { .object([("id", .string($0))]) }),
            (
                "bizTransactionList",
                documents.isEmpty
                    ? nil
                    : .array(
                        documents.map {
                            .object([("type", .string($0.type)), ("bizTransaction", .string($0.name))])
                        })
            ),
        ])
    }

    /// Back from `json`; nil where it is none of ours.
    public init?(_ json: JSON) {
        guard let kind = json["type"]?.text.flatMap(Kind.init(rawValue:)),
            let at = json["eventTime"]?.text.flatMap(EPCISEvent.moment(of:)),
            let action = json["action"]?.text.flatMap(Action.init(rawValue:)),
            let step = json["bizStep"]?.text.flatMap(Step.init(rawValue:))
        else { return nil }
        self.init(kind, at: at, action, step, json["disposition"]?.text.flatMap(Disposition.init(rawValue:)))
        parent = json["parentID"]?.text
        names = (json["epcList"] ?? json["childEPCs"])?.list?.compactMap(\.text) ?? []
        amounts =
            (json["quantityList"] ?? json["childQuantityList"])?.list?.compactMap { one in
                guard let name = one["epcClass"]?.text, let quantity = one["quantity"].flatMap({ Quantity($0) }) else {
                    return nil
                }
                return Amount(name, quantity, unit: one["uom"]?.text)
            } ?? []
        (seenAt, place) = (json["readPoint"]?["id"]?.text, json["bizLocation"]?["id"]?.text)
        documents =
            json["bizTransactionList"]?.list?.compactMap { one in
                one["bizTransaction"]?.text.map { Document(one["type"]?.text ?? "", $0) }
            } ?? []
    }
}
