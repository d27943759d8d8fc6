import Wire

/// Why something was not done. The numbers are stable; each has one exit code of the command line.
@frozen
public struct FailureCode: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Something else; exit code 1.
    @inlinable public static var unspecified: FailureCode { FailureCode(rawValue: 0) }
    /// An invalid value, or one over a limit; exit code 2.
    public static let invalid = FailureCode(rawValue: 2)
    /// Exit code 3.
    public static let notFound = FailureCode(rawValue: 3)
    /// Exit code 4.
    public static let denied = FailureCode(rawValue: 4)
    /// Exists, in use, or a stale revision; exit code 5.
    public static let conflict = FailureCode(rawValue: 5)
    /// No leader, unreachable, or busy; exit code 6.
    public static let unavailable = FailureCode(rawValue: 6)
    /// Exit code 7.
    public static let locked = FailureCode(rawValue: 7)
    /// Exit code 8.
    public static let timedOut = FailureCode(rawValue: 8)
    /// Corruption or a state that must not be; exit code 9.
    public static let integrity = FailureCode(rawValue: 9)
    /// Known, but not in this version; exit code 1.
    public static let unimplemented = FailureCode(rawValue: 32)
    /// A follower was asked what only the leader may answer; never reaches a person.
    public static let notLeader = FailureCode(rawValue: 33)
    /// The result of a request can no longer be known; exit code 1.
    public static let unknownOutcome = FailureCode(rawValue: 34)
    /// The program of an `exec` can't be executed; exit code 126.
    public static let notExecutable = FailureCode(rawValue: 126)
    /// The program of an `exec` was not found; exit code 127.
    public static let programNotFound = FailureCode(rawValue: 127)
    public static let names: [(Int32, String)] = [
        (0, "FAILURE_CODE_UNSPECIFIED"),
        (2, "FAILURE_CODE_INVALID"),
        (3, "FAILURE_CODE_NOT_FOUND"),
        (4, "FAILURE_CODE_DENIED"),
        (5, "FAILURE_CODE_CONFLICT"),
        (6, "FAILURE_CODE_UNAVAILABLE"),
        (7, "FAILURE_CODE_LOCKED"),
        (8, "FAILURE_CODE_TIMED_OUT"),
        (9, "FAILURE_CODE_INTEGRITY"),
        (32, "FAILURE_CODE_UNIMPLEMENTED"),
        (33, "FAILURE_CODE_NOT_LEADER"),
        (34, "FAILURE_CODE_UNKNOWN_OUTCOME"),
        (126, "FAILURE_CODE_NOT_EXECUTABLE"),
        (127, "FAILURE_CODE_PROGRAM_NOT_FOUND"),
    ]

    /// What the command line exits with.
    public var exitCode: Int32 {
        switch self {
        case .invalid, .notFound, .denied, .conflict, .unavailable, .locked, .timedOut, .integrity, .notExecutable,
            .programNotFound:
            rawValue
        case .notLeader: Self.unavailable.rawValue
        default: 1
        }
    }
}

/// Why something was not done, for a person. `Failure` in `proto/link.proto`. Never holds a secret's value.
@frozen
public struct Failure: Message, Error {
    public var code = FailureCode.unspecified
    /// What happened, in one sentence.
    public var message = ""
    /// Why; empty: the message says it.
    public var why = ""
    /// What to do now; empty: nothing helps.
    public var advice = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    public init(_ code: FailureCode, _ message: String, why: String = "", try advice: String = "") {
        self.code = code
        self.message = message
        self.why = why
        self.advice = advice
    }

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "code", &code)
        try coder.string(2, "message", &message)
        try coder.string(3, "why", &why)
        try coder.string(4, "advice", &advice)
        try coder.unknown(&unknown)
    }
}
