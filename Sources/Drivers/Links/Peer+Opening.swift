import Bytes
import Link
import Model
import Primitives
import Seams
import Wire

// MARK: - Handshake

extension Peer {
    func pump() {
        guard !isComputing, !isClosed, handshake != nil, !inbox.isEmpty else { return }
        let bytes = inbox.removeFirst()
        compute { (handshake: inout LinkHandshake) throws(LinkError) in try handshake.receive(bytes) }
    }

    /// Runs a step of the handshake off the loop: it takes up to 100 µs, and there may be thousands.
    private func compute(
        _ step: @escaping @Sendable (inout LinkHandshake) throws(LinkError) -> LinkHandshake.Question?
    ) {
        guard let handshake else { return }
        isComputing = true
        environment.work.job(
            { () -> (LinkHandshake, Result<LinkHandshake.Question?, LinkError>) in
                var handshake = handshake
                do throws(LinkError) {
                    let question = try step(&handshake)
                    return (handshake, .success(question))
                } catch {
                    return (handshake, .failure(error))
                }
            },
            done: { [self] (handshake, result) in
                isComputing = false
                guard !isClosed else { return }
                self.handshake = handshake
                writeHandshake()
                switch result {
                case .failure(let error): end(error)
                case .success(nil): pump()
                case .success(let question?): answer(question)
                }
            })
    }

    func writeHandshake() {
        guard let pieces = handshake?.takeOutput(), !pieces.isEmpty else { return }
        connection.write(pieces)
    }

    private func answer(_ question: LinkHandshake.Question) {
        guard let authority else { return end(.refused) }
        do throws(LinkError) {
            switch question {
            case .key(let hello):
                self.hello = hello
                guard let (key, payload) = authority.answer(hello) else { throw .refused }
                let generator = environment.makeGenerator()
                compute { (handshake: inout LinkHandshake) throws(LinkError) in
                    var generator = generator
                    return try handshake.provide(key, payload: payload, generator: &generator)
                }
            case .opening(let ephemeral):
                guard authority.isFresh(ephemeral) else { throw .refused }
                compute { (handshake: inout LinkHandshake) throws(LinkError) in try handshake.admit() }
            case .responder(let payload, let key):
                parameters = payload.parameters ?? LinkParameters()
                remoteKey = key
                let own = try authority.judge(payload, key: key, peer: self)
                guard let established = try handshake?.answer(own) else { throw .damaged }
                writeHandshake()
                open(established)
            case .initiator(let payload, let key):
                guard let hello else { throw .damaged }
                parameters = payload.parameters ?? LinkParameters()
                remoteKey = key
                try authority.judge(payload, key: key, hello: hello, peer: self)
                guard let established = try handshake?.finish() else { throw .damaged }
                open(established)
            }
        } catch {
            end(error)
        }
    }

    private func open(_ established: LinkHandshake.Established) {
        handshake = nil
        records = established.records
        isOpen = true
        multiplexer = Multiplexer(
            isDialler ? .dialler : .acceptor, lane: isBulk ? .bulk : .control,
            frameBytes: role == .worker ? Limits.workerFrameBytes : Limits.frameBytes, at: environment.time.now)
        if role == .manager { multiplexer.mostRequests = Multiplexer.requestsOfManager }
        if authority?.isWorker == true { multiplexer.sentFrameBytes = Limits.workerFrameBytes }
        watch()
        onOpen?()
        if !established.rest.isEmpty { inbox.insert(established.rest, at: 0) }
        let waiting = inbox
        inbox = []
        for bytes in waiting { received(bytes) }
    }

    private func watch() {
        keepalive = environment.time.after(.seconds(1)) { [weak self] in
            guard let self, !isClosed else { return }
            do throws(LinkError) {
                try multiplexer.tick(at: environment.time.now)
                if isBulk, isDialler, multiplexer.idle(at: environment.time.now) >= idleLimit { return close() }
                flushSoon()
                authority?.weigh(self)
                watch()
            } catch {
                end(error)
            }
        }
    }
}
