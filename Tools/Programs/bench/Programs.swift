import Linux
import Model
import Seams

extension Loop {
    /// Runs a program of the host to its end; its output goes where this program's errors go.
    ///
    /// - Throws: when it can't be started, does not end in time or ends with another code than 0.
    func runToEnd(_ words: [String], limit: Duration = .seconds(30)) throws(Failure) {
        var status: ExitStatus?
        do throws(SystemError) {
            var request = SpawnRequest(
                program: words[0], arguments: words,
                environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
            request.descriptors = [(1, 2), (2, 2)]
            try spawn(request).onExit { status = $0 }
        } catch {
            throw Failure(.unspecified, "\(words[0]) can't be run", why: "\(error)")
        }
        guard run(until: { status != nil }, limit: limit), status?.code == 0 else {
            throw Failure(.unspecified, "\(words.joined(separator: " ")) failed")
        }
    }
}
