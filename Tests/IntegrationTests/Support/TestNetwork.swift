import Foundation
import NetworkHosts

typealias TestNetwork = NetworkHosts<any Error>

extension NetworkHosts where E == any Error {
    convenience init(hosts count: Int) throws {
        let prefix = "cnclt-\(UUID().uuidString.prefix(6).lowercased())"
        try self.init(prefix, subnet: "10.213.0", count: count) { words in
            let finished = try run("/usr/sbin/ip", words)
            guard finished.code == 0 else { throw Trouble("ip \(words.joined(separator: " ")): \(finished.all)") }
        }
    }
}
