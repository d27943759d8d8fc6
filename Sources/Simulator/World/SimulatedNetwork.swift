import Glibc
import Model
import Seams

// MARK: - Network

extension SimulatedProcess: Network {
    package func listen(
        _ address: SocketAddress, _ options: ListenOptions, accepted: @escaping (any Connection) -> Void
    ) throws(SystemError) -> any Listener {
        guard host.listeners[address] == nil else {
            throw SystemError("listen on", "\(address)", code: EADDRINUSE, detail: "in use")
        }
        let listener = SimulatedListener(self, address, accepted)
        host.listeners[address] = listener
        listeners.append(listener)
        return listener
    }

    package func connect(
        _ address: SocketAddress, timeout: Duration, done: @escaping (Result<any Connection, SystemError>) -> Void
    ) -> any Dialing {
        let dialing = SimulatedDialing(self, address, done)
        dialing.begin(timeout)
        return dialing
    }

    package func addresses() -> [String] { [host.address] }
}

final class SimulatedListener: Listener {
    let process: SimulatedProcess
    let address: SocketAddress
    private var accepted: ((any Connection) -> Void)?

    init(_ process: SimulatedProcess, _ address: SocketAddress, _ accepted: @escaping (any Connection) -> Void) {
        self.process = process
        self.address = address
        self.accepted = accepted
    }

    func close() {
        accepted = nil
        if process.host.listeners[address] === self { process.host.listeners[address] = nil }
    }

    func accept(_ connection: SimulatedConnection) { accepted?(connection) }
}

/// One dial: a way there, a way back.
private final class SimulatedDialing: Dialing {
    private let process: SimulatedProcess
    private let address: SocketAddress
    private var done: ((Result<any Connection, SystemError>) -> Void)?

    init(
        _ process: SimulatedProcess, _ address: SocketAddress,
        _ done: @escaping (Result<any Connection, SystemError>) -> Void
    ) {
        self.process = process
        self.address = address
        self.done = done
    }

    func begin(_ timeout: Duration) {
        let world = process.world
        world.plan(after: timeout.milliseconds * 1000, in: process) { self.fail(ETIMEDOUT) }
        let target: SimulatedHost? =
            switch address {
            case .unix: process.host
            case .tcp(let name, _): world.host(at: name)
            }
        guard let target else { return fail(EHOSTUNREACH, after: 100) }
        let way = target === process.host ? 20 : world.delay(0)
        world.plan(after: way) { [self] in arrive(at: target, after: way) }
    }

    func cancel() { fail(ECANCELED, after: 0) }

    private func arrive(at target: SimulatedHost, after way: UInt64) {
        let world = process.world
        guard process.isAlive, done != nil, target.isUp, !world.isCut(process.host, target) else { return }
        guard let listener = target.listeners[address], listener.process.isAlive else {
            return fail(ECONNREFUSED, after: way)
        }
        world.plan(after: 0, in: listener.process) { [self] in
            guard process.isAlive, done != nil, target.listeners[address] === listener else {
                return fail(ECONNREFUSED, after: way)
            }
            let (near, far) = SimulatedConnection.pair(process, listener.process, address)
            listener.accept(far)
            world.plan(after: way, in: process) { [self] in
                // An answer that gets lost is a dial that gets no answer.
                guard let done, !world.isCut(target, process.host) else { return near.abandon() }
                self.done = nil
                done(.success(near))
            }
        }
    }

    private func fail(_ code: Int32, after microseconds: UInt64) {
        process.world.plan(after: microseconds, in: process) { self.fail(code) }
    }

    private func fail(_ code: Int32) {
        guard let done else { return }
        self.done = nil
        done(.failure(SystemError("connect to", "\(address)", code: code, detail: "error \(code)")))
    }
}
