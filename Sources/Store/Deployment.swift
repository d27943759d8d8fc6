import Bytes
import Model

/// The pieces of a stack that wait to be published together.
struct Deployment: Equatable, Sendable {
    struct Piece: Equatable, Sendable {
        var content: StagedPiece
        /// A new value's envelope; empty: none.
        var sealed = Bytes()
    }

    /// When its first piece came; it is dropped `StoreLimits.stagedNanoseconds` later.
    var begun: Timestamp
    var pieces: [Piece] = []

    /// Bytes that it takes, about.
    var weight: Int { pieces.reduce(0) { $0 + $1.weight } }
}

extension Deployment.Piece {
    var weight: Int {
        switch content {
        case .secret: sealed.count + 1024
        case .config(let config): config.data.count + 1024
        case .service: 4096
        }
    }
}
