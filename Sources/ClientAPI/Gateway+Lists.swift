import Bytes
import Model
import Store
import Wire

// MARK: - Answers from the store

extension Gateway {
    /// The answer to a request for objects, as one or more replies; the last one ends the stream.
    ///
    /// - Throws: `Failure` for what is not found, or a filter that is not known.
    package func read(_ request: Request, _ observed: Observations, asked: NodeID) throws(Failure) -> Answer {
        switch request.operation {
        case .listNodes(let list): return .nodes(try nodes(list, observed, asked: asked))
        case .listSecrets(let list): return .secrets(try secrets(list, observed))
        case .listConfigs(let list): return .configs(try configs(list))
        case .listServices(let list): return .services(try services(list, observed))
        case .listTasks(let list): return .tasks(try tasks(list, observed))
        case .getStatus, .initCluster, .joinCluster, .leaveCluster, .getJoinToken, .changeNode, .deleteNode,
            .putSecret, .replaceSecret, .deleteSecret, .putConfig, .deleteConfig, .putService, .replaceService,
            .deleteService, .putPiece, .deployStack, .watchEvents, nil:
            throw Failure(.unimplemented, "this manager does not know that request")
        }
    }

    /// The objects that are named, in that order; where none is, all that a filter accepts, in the order of names.
    private func chosen<Object>(
        _ list: ListObjects, all: [Object], name: (Object) -> String, find: (String) throws(Failure) -> Object,
        _ accept: (Object) -> Bool
    ) throws(Failure) -> [Object] {
        guard !list.references.isEmpty else {
            return all.filter(accept).sorted { name($0).precedesNaturally(name($1)) }
        }
        var found: [Object] = []
        for reference in list.references { found.append(try find(reference)) }
        return found
    }

    private func nodes(_ list: ListObjects, _ observed: Observations, asked: NodeID) throws(Failure) -> NodeList {
        let filters = try Filters(
            list.filters, known: ["id", "label", "membership", "name", "node.label", "role"],
            choices: ["membership": ["accepted", "pending"], "role": ["manager", "worker"]])
        let nodes = try chosen(list, all: store.allNodes, name: \.name, find: store.findNode) { node in
            filters.accept(
                id: node.id.description, name: node.name, labels: node.spec?.labels
            ) { key in
                switch key {
                case "role": node.role == .manager ? "manager" : "worker"
                case "membership": "accepted"
                default: nil
                }
            }
        }
        var answer = NodeList()
        answer.asked = asked
        answer.nodes = nodes.map { node in
            var shown = ShownNode()
            shown.node = node
            shown.leader = node.id == observed.leader
            shown.reachable = observed.reachable.contains(node.id)
            return shown
        }
        return answer
    }

    private func secrets(_ list: ListObjects, _ observed: Observations) throws(Failure) -> SecretList {
        let filters = try Filters(list.filters, known: ["id", "label", "name"])
        let secrets = try chosen(list, all: store.allSecrets, name: \.name, find: store.findSecret) { secret in
            filters.accept(
                id: secret.id.description, name: secret.name, labels: secret.spec?.labels)
        }
        let running = store.allTasks.filter { observed.status(of: $0).state == .running }
        var answer = SecretList()
        answer.secrets = secrets.map { secret in
            var shown = ShownSecret()
            shown.current = secret.versions.last?.number ?? 0
            var bare = secret
            for place in bare.versions.indices { bare.versions[place].sealed = Bytes() }
            shown.secret = bare
            for task in running {
                guard (task.spec?.program?.secrets ?? []).contains(where: { $0.secretID == secret.id }) else {
                    continue
                }
                shown.using += 1
                let held = observed.held[task.id]?.first { $0.secretID == secret.id }
                if held?.version == shown.current, held?.stage == .swapped { shown.holding += 1 }
            }
            shown.services = store.users(of: secret.id)
            return shown
        }
        return answer
    }

    private func configs(_ list: ListObjects) throws(Failure) -> ConfigList {
        let filters = try Filters(list.filters, known: ["id", "label", "name"])
        let configs = try chosen(list, all: store.allConfigs, name: \.name, find: store.findConfig) { config in
            filters.accept(
                id: config.id.description, name: config.name, labels: config.spec?.labels)
        }
        var answer = ConfigList()
        answer.configs = configs.map { config in
            var shown = ShownConfig()
            shown.config = config
            // The data of a few configs would fill a message.
            if list.references.isEmpty { shown.config?.data = Bytes() }
            shown.services = store.users(of: config.id)
            return shown
        }
        return answer
    }

    private func services(_ list: ListObjects, _ observed: Observations) throws(Failure) -> ServiceList {
        let filters = try Filters(
            list.filters, known: ["id", "label", "mode", "name"], choices: ["mode": ["replicated", "global"]])
        let services = try chosen(list, all: store.allServices, name: \.name, find: store.findService) { service in
            filters.accept(
                id: service.id.description, name: service.name, labels: service.spec?.labels
            ) { $0 == "mode" ? service.spec?.global == nil ? "replicated" : "global" : nil }
        }
        let census = TaskCensus(store.allTasks, observed)
        var answer = ServiceList()
        answer.services = services.map { service in
            var shown = ShownService()
            shown.service = service
            shown.desired = desired(service, census)
            shown.running = census.running[service.id] ?? 0
            return shown
        }
        return answer
    }

    /// How many tasks the service should have now.
    private func desired(_ service: Service, _ census: TaskCensus) -> UInt64 {
        guard service.spec?.global != nil, let spec = service.spec?.task else {
            return service.spec?.replicated?.replicas ?? 0
        }
        let constraints = spec.constraints
        let nodes = census.nodes[service.id] ?? []
        return UInt64(
            store.allNodes.count {
                GlobalNodes.includes($0, spec, constraints, hasTask: nodes.contains($0.id))
            })
    }

    private func tasks(_ list: ListTasks, _ observed: Observations) throws(Failure) -> TaskList {
        let nodeNames = Dictionary(uniqueKeysWithValues: store.allNodes.map { ($0.id, $0.name) })
        let selection = try TaskSelection(list, store, nodeNames: nodeNames)
        let tasks = store.allTasks.filter(selection.includes).sorted(by: TaskSelection.precedes)
        var answer = TaskList()
        answer.tasks = tasks.map { task in
            var shown = ShownTask()
            shown.task = task
            shown.task?.status = observed.status(of: task)
            shown.nodeName = nodeNames[task.nodeID] ?? ""
            shown.held = observed.held[task.id] ?? []
            return shown
        }
        return answer
    }
}

/// How many tasks of each service run, and where it has any that should: counted once for a whole list.
private struct TaskCensus {
    private(set) var running: [ServiceID: UInt64] = [:]
    private(set) var nodes: [ServiceID: Set<NodeID>] = [:]

    init(_ tasks: [StoredTask], _ observed: Observations) {
        for task in tasks where task.desired == .running && !task.hasEnded {
            nodes[task.serviceID, default: []].insert(task.nodeID)
            if observed.status(of: task).state == .running { running[task.serviceID, default: 0] += 1 }
        }
    }
}
