import Model
import SQLite
import Uplink

/// The broker with its lines, and what befalls processes, lines and servers.
extension CentresWorld {
    // MARK: - Processes

    func live(_ index: Int) {
        if processes[index] == nil, now >= starts[index] {
            runs += 1
            processes[index] = CentreProcess(index, run: runs, in: self)
        }
        guard let process = processes[index] else { return }
        let mayConnect = process.isReady && brokerUp && brokerRoads[index]
        if mayConnect, !process.isConnected, !process.isStopped {
            process.isConnected = true
            for agent in agents { announce(index, lives: true, to: agent.index) }
        }
        process.live()
    }

    /// It ends, however; it is begun anew after a while.
    func fell(_ index: Int, _ how: String, again: Int64? = nil) {
        guard let process = processes[index], !process.isDead else { return }
        tell("\(process.id) ends \(how)")
        part(index)
        process.end()
        processes[index] = nil
        starts[index] = now + (again ?? draw(200...1500))
    }

    /// From the broker, which says so.
    private func part(_ index: Int) {
        guard let process = processes[index], process.isConnected else { return }
        process.isConnected = false
        for agent in agents { announce(index, lives: false, to: agent.index) }
    }

    // MARK: - The broker

    private var delay: Int64 { draw(1...(isFaulty ? 120 : 5)) }

    func send(_ message: Message, from agent: Int) {
        guard brokerUp, !(isFaulty && chance(4)) else { return }
        var piece = Travelling(at: now + delay, agent: agent, connection: agents[agent].connection, content: message)
        // An agent's messages keep their order.
        if let before = toCentre.last(where: { $0.agent == agent }), before.at > piece.at { piece.at = before.at }
        for _ in 0..<(isFaulty && chance(6) ? 2 : 1) { toCentre.append(piece) }
    }

    func send(_ answer: Answer, to agent: Int) {
        guard brokerUp, !(isFaulty && chance(4)) else { return }
        toAgent.append(
            Travelling(at: now + delay, agent: agent, connection: agents[agent].connection, content: answer))
    }

    /// In order, and never lost while the connection stands.
    func announce(_ index: Int, lives: Bool, to agent: Int) {
        guard brokerUp, agents[agent].isLinked else { return }
        var piece = Travelling(
            at: now + delay, agent: agent, connection: agents[agent].connection,
            content: Answer.presence(index, lives: lives))
        let before = toAgent.last { if case .presence = $0.content { $0.agent == agent } else { false } }
        if let before, before.at > piece.at { piece.at = before.at }
        toAgent.append(piece)
    }

    func deliver() {
        let up = toCentre.filter { $0.at <= now }
        toCentre.removeAll { $0.at <= now }
        for piece in up {
            let listeners = processes.compactMap { $0 }.filter(\.isConnected)
            if listeners.isEmpty { send(.unheard, to: piece.agent) }
            for process in listeners { process.inbox.append((piece.agent, piece.content)) }
        }
        let down = toAgent.filter { $0.at <= now }
        toAgent.removeAll { $0.at <= now }
        for piece in down {
            let agent = agents[piece.agent]
            guard agent.isLinked, agent.connection == piece.connection else { continue }
            switch piece.content {
            case .ack(let ack): agent.take(.ack(ack))
            case .presence(let index, let lives): agent.take(.presence(instance: "\(index)", lives: lives))
            case .unheard: agent.take(.unheard)
            }
        }
    }

    // MARK: - What goes wrong

    func misfortune() {
        faults += 1
        let index = Int(draw(0...2))
        let process = processes[index]
        let name = process?.id ?? "a centre that is down"
        switch draw(0...14) {
        case 0: fell(index, "at once")
        case 1:
            process?.kill = Int(draw(0...30))
            tell("\(name) will be killed")
        case 2:
            let time = draw(100...9000)
            process?.stoppedUntil = now + time
            tell("\(name) is stopped for \(time) ms")
        case 3, 4: process?.stop = (Int(draw(0...30)), draw(100...9000))
        case 5: road(index, .refused, for: draw(100...6000))
        case 6: road(index, .swallowed, for: draw(500...10_000))
        case 7, 8:
            fate = [.lostBefore, .lostAfter, .late(draw(50...14_000))][Int(draw(0...2))]
            tell("a commit will be \(fate!)")
        case 9:
            tell("the server ends all connections")
            server.endAll()
        case 10: down(for: draw(100...4000)) {}
        case 11: failOver()
        case 12:
            if brokerUp {
                tell("the broker dies, and forgets")
                brokerUp = false
                (toCentre, toAgent) = ([], [])
                for index in processes.indices { processes[index]?.isConnected = false }
                for agent in agents { agent.unlink(for: draw(50...800)) }
            } else {
                brokerUp = true
            }
        case 13:
            if chance(50) { return agents[Int(draw(0...1))].unlink(for: draw(50...800)) }
            tell("\(name) loses the broker")
            part(index)
            brokerRoads[index].toggle()
        default:
            tell("\(name) is told to end")
            process?.isToldToEnd = true
        }
        if isAsynchronous, !server.isDown, chance(40) { server.ship(to: standbyDisk) }
    }

    private func road(_ index: Int, _ road: SimulatedConnection.Road, for time: Int64) {
        tell("centre \(index)'s line to the server is \(road) for \(time) ms")
        roads[index] = road
        later.append((now + time, { [unowned self] in roads[index] = .open }))
    }

    private func down(for time: Int64, then what: @escaping () -> Void) {
        guard !server.isDown else { return }
        tell("the server is down for \(time) ms")
        server.endAll()
        server.isDown = true
        later.append(
            (
                now + time,
                { [unowned self] in
                    server.isDown = false
                    what()
                }
            ))
    }

    private func failOver() {
        down(for: draw(300...4000)) { [unowned self] in
            tell(isAsynchronous ? "a standby takes over that may lack the last commits" : "the standby takes over")
            if isAsynchronous { hasLost = true }
            server.failOver()
            server.straying = 40
            later.append((now + 3000, { [unowned self] in server.straying = 0 }))
        }
    }

    /// But for one that was stopped: nobody waits for it.
    func heal() {
        tell("everything is healed")
        (isFaulty, brokerUp, fate) = (false, true, nil)
        (roads, brokerRoads) = ([.open, .open, .open], [true, true, true])
        let frozen = processes.first { $0.map { $0.isStopped && $0.epoch != nil && isOutermost($0) } ?? false } ?? nil
        for process in processes {
            process?.stoppedUntil = process === frozen && frozen != nil ? now + CentresWorld.frozen : 0
            process?.stop = nil
            process?.kill = nil
        }
        if let frozen { tell("\(frozen.id) stays stopped") }
    }
}
