import Seams

/// What the daemon is told by its flags.
package struct DaemonSettings: Sendable {
    package var listen: SocketAddress
    /// `host` or `host:port`; empty: the one address that is not loopback.
    package var advertise: String
    package var socket: String
    package var socketGroup: UInt32?
    package var stateDirectory: String
    package var name: String

    package init(
        listen: SocketAddress, advertise: String, socket: String, socketGroup: UInt32?, stateDirectory: String,
        name: String
    ) {
        self.listen = listen
        self.advertise = advertise
        self.socket = socket
        self.socketGroup = socketGroup
        self.stateDirectory = stateDirectory
        self.name = name
    }
}
