import FaultyDisk
import Model
import Uplink

/// What can fail, drawn from the dice.
extension World {
    mutating func misfortune() {
        faults += 1
        let after = Int32.random(in: 0...25, using: &dice)
        switch Int.random(in: 0..<14, using: &dice) {
        case 0, 1:
            faulty_plan(agentDisk, FAULTY_KILL, after, dice.next())
            tell("the agent will be killed \(after) disk operations from now")
        case 2, 3:
            faulty_plan(agentDisk, FAULTY_POWER, after, dice.next())
            tell("the agent's power will go \(after) disk operations from now")
        case 4:
            faulty_plan(agentDisk, FAULTY_EIO, after, 0)
            tell("the agent's disk will answer with an error \(after) operations from now")
        case 5:
            faulty_plan(agentDisk, FAULTY_FULL, after, 0)
            tell("the agent's disk will be full \(after) operations from now")
        case 6:
            faulty_heal(agentDisk)
            faulty_heal(centreDisk)
        case 7:
            faulty_plan(centreDisk, FAULTY_KILL, after, 0)
            tell("the centre will be killed \(after) disk operations from now")
        case 8:
            faulty_plan(centreDisk, FAULTY_POWER, after, dice.next())
            tell("the centre's power will go \(after) disk operations from now")
        case 9:
            faulty_plan(centreDisk, chance(50) ? FAULTY_EIO : FAULTY_FULL, after, 0)
            tell("the centre's disk will fail \(after) operations from now")
        case 10:
            brokerUp.toggle()
            tell(brokerUp ? "the broker is back" : "the broker dies")
            if !brokerUp {
                // It forgets everything; connections break.
                toCentre = []
                toAgent = []
                unlink()
            }
        case 11:
            guard linked, chance(60) else {
                tell("the line breaks")
                return unlink()
            }
            tell("the connection of the scans breaks")
            bulkLinked = false
            converse(.down(.bulk))
        case 12:
            if agent != nil { die("at once") }
        default: restore()
        }
    }

    mutating func unlink() {
        (linked, bulkLinked) = (false, false)
        converse(.down(.bulk))
        converse(.down(.urgent))
    }

    /// The agent's disk goes back to an image taken earlier, or an image is taken.
    mutating func restore() {
        guard hasImage else {
            guard let agent, agent.outbox.now.trouble == nil else { return }
            faulty_copy(agentDisk, image)
            // The copy's handles are nobody's; the agent goes on.
            hasImage = true
            imaged = Set(notes.fates.filter { $0.value == .accepted }.keys)
            return tell("an image of the agent's disk is taken")
        }
        hasImage = false
        // The machine is off when its image is put back, and what it had sent has arrived or is gone.
        agent = nil
        toCentre.removeAll { piece in if case .frame = piece.message { true } else { false } }
        toAgent = []
        (linked, bulkLinked) = (false, false)
        faulty_heal(agentDisk)
        faulty_copy(image, agentDisk)
        agentBack = now + .milliseconds(Int64.random(in: 1...400, using: &dice))
        for (text, fate) in notes.fates where fate == .accepted && !imaged.contains(text) { lostWithDisk.insert(text) }
        tell("the agent's disk is restored from its image")
    }
}
