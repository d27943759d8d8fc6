import Linux
import Seams
import Testing

@testable import Drivers

@Test func `a task's user is a number or a name of this host`() throws {
    func resolve(_ text: String) throws -> [UInt32] {
        let user = try UserTable.resolve(text, in: LinuxFiles())
        return [user.uid, user.gid]
    }
    #expect(try resolve("5") == [5, 5])
    #expect(try resolve("5:6") == [5, 6])
    #expect(try resolve("root") == [0, 0])
    #expect(try resolve("root:7") == [0, 7])
    #expect(try resolve("7:root") == [7, 0])
    for wrong in ["", "no-such-user", "-1", "4294967295", "5:", "5:no-such-group", "99999999999"] {
        #expect(throws: SystemError.self) { try resolve(wrong) }
    }
}
