import Model
import Text

/// The networks that tasks of this node asked for by name: each is made as it is needed, and removed with its last user.
///
/// One that was there before is used and never removed. Tasks take turns: two that look for the same network at once
/// would both make it, and engines keep two of one name; and one that is being removed would be taken as there.
final class ContainerNetworks {
    private typealias Turn = (_ over: @escaping () -> Void) -> Void

    private var users: [String: Set<TaskID>] = [:]
    /// At most one of each task that begins and of each that ends.
    private var waiting: [Turn] = []
    private var isBusy = false

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
        engine.network(name) { [self] result in
            switch result {
            case .success: make(names.dropFirst(), engine, done: done)
            case .failure(let error) where error.isMissing:
                engine.createNetwork(name, label: ContainerPlan.Label.network) { [self] result in
                    // Another daemon of this host may have been first.
                    if case .failure(let error) = result, error.status != 409 { return done(.failure(error)) }
                    make(names.dropFirst(), engine, done: done)
                }
            case .failure(let error): done(.failure(error))
            }
        }
    }

    /// `task` has left all networks: those of ours that nobody is in are removed. What is in use after all, by the
    /// container of another daemon, stays.
    func leave(_ task: TaskID, _ engine: Engine, done: @escaping () -> Void) {
        let left = users.keys.sorted().filter { users[$0]?.contains(task) ?? false }
        for name in left {
            users[name]?.remove(task)
            if users[name]?.isEmpty ?? false { users[name] = nil }
        }
        takeTurn { [self] over in
            remove(left.filter { users[$0] == nil }[...], engine) {
                over()
                done()
            }
        }
    }

    private func remove(_ names: ArraySlice<String>, _ engine: Engine, done: @escaping () -> Void) {
        guard let name = names.first else { return done() }
        engine.network(name) { [self] result in
            guard case .success(let found) = result, found["Labels"]?[ContainerPlan.Label.network] != nil else {
                return remove(names.dropFirst(), engine, done: done)
            }
            engine.containers(in: name) { [self] result in
                guard case .success(let inside) = result, inside.isEmpty, users[name] == nil else {
                    return remove(names.dropFirst(), engine, done: done)
                }
                engine.removeNetwork(name) { [self] _ in remove(names.dropFirst(), engine, done: done) }
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
