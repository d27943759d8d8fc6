import Model
import Seams
import Text

/// The networks that tasks of this node asked for by name: each is made as it is needed, and removed with its last user.
///
/// One that was there before is used and never removed. Tasks take turns, or two that look for the same network at once
/// would both make it, and one that is being removed would be taken as there. Daemons that share an engine can't: so
/// whoever made a network looks whether it is the only one of its name, and of several the oldest stays.
final class ContainerNetworks {
    private typealias Turn = (_ over: @escaping () -> Void) -> Void

    private let time: any Time
    /// Names this daemon among those that share the engine.
    private let node: String
    private var users: [String: Set<TaskID>] = [:]
    /// At most one of each task that begins and of each that ends, and one that sweeps.
    private var waiting: [Turn] = []
    private var isBusy = false

    /// Between two looks at networks of one name, and how often another daemon is given time to remove its own.
    private static let pause = Duration.milliseconds(50)
    private static let mostTries = 20

    init(node: String, time: any Time) {
        self.node = node
        self.time = time
    }

    /// Counts `task` among the users of a network that is there already.
    func use(_ name: String, by task: TaskID) { users[name, default: []].insert(task) }

    /// Sees to it that all of `names` are there.
    func make(_ names: [String], for task: TaskID, _ engine: Engine, done: @escaping Engine.Answer<Void>) {
        // Counted first, so that nobody removes them meanwhile.
        for name in names { use(name, by: task) }
        takeTurn { [self] over in
            make(names[...], engine) { result in
                over()
                done(result)
            }
        }
    }

    private func make(_ names: ArraySlice<String>, _ engine: Engine, done: @escaping Engine.Answer<Void>) {
        guard let name = names.first else { return done(.success(())) }
        let next = { [self] (result: Result<Void, EngineError>) in
            guard case .success = result else { return done(result) }
            make(names.dropFirst(), engine, done: done)
        }
        engine.network(name) { [self] result in
            switch result {
            case .success: next(.success(()))
            case .failure(let error) where error.isMissing: make(name, engine, done: next)
            // There are several, perhaps.
            case .failure(let error): settle(name, engine, own: nil, error, done: next)
            }
        }
    }

    private func make(_ name: String, _ engine: Engine, done: @escaping Engine.Answer<Void>) {
        let labels: JSON = .object([ContainerPlan.Label.network: JSON(name), ContainerPlan.Label.node: JSON(node)])
        engine.createNetwork(name, labels: labels) { [self] result in
            switch result {
            case .success(let id):
                settle(name, engine, own: id, .refused(status: 404, "the network is gone"), done: done)
            // Another daemon of this host may have been first.
            case .failure(let error): settle(name, engine, own: nil, error, done: done)
            }
        }
    }

    // MARK: - One of a name

    /// Sees to it that there is only one network of the name: whoever made a younger one than another removes it.
    ///
    /// - Parameters:
    ///   - own: the one that was just made here; `nil`: none.
    ///   - error: why there is none, if there is none.
    private func settle(
        _ name: String, _ engine: Engine, own: String?, _ error: EngineError, tries: Int = ContainerNetworks.mostTries,
        done: @escaping Engine.Answer<Void>
    ) {
        engine.networks((name: "name", value: name)) { [self] result in
            guard case .success(let found) = result else { return done(result.map { _ in }) }
            // The engine looks for what has the name in it.
            let all = found.filter { $0.name == name }
            guard all.count > 1 else { return done(all.isEmpty ? .failure(error) : .success(())) }
            if let own, own != all[0].id {
                engine.removeNetwork(own) { [self] _ in settle(name, engine, own: nil, error, tries: tries, done: done)
                }
            } else if tries > 0 {
                time.after(Self.pause) { [self] in settle(name, engine, own: own, error, tries: tries - 1, done: done) }
            } else {
                thin(all.filter(\.isOurs)[...], of: all.count, engine, done: done)
            }
        }
    }

    /// Nobody removes what is left, since a daemon died or another one is in use: so the younger go first, but for what
    /// a container is in, which the engine refuses to remove.
    private func thin(
        _ rest: ArraySlice<EngineNetwork>, of count: Int, _ engine: Engine, done: @escaping Engine.Answer<Void>
    ) {
        guard count > 1 else { return done(.success(())) }
        guard let youngest = rest.last else {
            return done(.failure(.refused(status: 409, "there are \(count) networks of one name")))
        }
        engine.removeNetwork(youngest.id) { [self] result in
            if case .success = result {
                thin(rest.dropLast(), of: count - 1, engine, done: done)
            } else {
                thin(rest.dropLast(), of: count, engine, done: done)
            }
        }
    }

    // MARK: - Removal

    /// `task` has left all networks: those of ours that nobody is in are removed. What is in use after all, by the
    /// container of another daemon, stays.
    func leave(_ task: TaskID, _ engine: Engine, done: @escaping () -> Void) {
        let left = users.keys.sorted().filter { users[$0]?.contains(task) ?? false }
        for name in left {
            users[name]?.remove(task)
            if users[name]?.isEmpty ?? false { users[name] = nil }
        }
        takeTurn { [self] over in
            remove(left[...], engine) {
                over()
                done()
            }
        }
    }

    /// Removes those that this daemon made and that nobody uses: an agent died between its last task and its network.
    func sweep(_ engine: Engine) {
        takeTurn { [self] over in
            engine.networks((name: "label", value: "\(ContainerPlan.Label.node)=\(node)")) { [self] result in
                let names = ((try? result.get()) ?? []).map(\.name)
                remove(names[...], engine, done: over)
            }
        }
    }

    private func remove(_ names: ArraySlice<String>, _ engine: Engine, done: @escaping () -> Void) {
        guard let name = names.first else { return done() }
        let next = { [self] in remove(names.dropFirst(), engine, done: done) }
        guard users[name] == nil else { return next() }
        engine.network(name) { [self] result in
            guard case .success(let found) = result, found.isOurs else { return next() }
            engine.containers(in: name) { [self] result in
                guard case .success(let inside) = result, inside.isEmpty, users[name] == nil else { return next() }
                engine.removeNetwork(found.id) { _ in next() }
            }
        }
    }

    private func takeTurn(_ turn: @escaping Turn) {
        waiting.append(turn)
        next()
    }

    private func next() {
        guard !isBusy, !waiting.isEmpty else { return }
        isBusy = true
        waiting.removeFirst()({ [self] in
            isBusy = false
            next()
        })
    }
}
