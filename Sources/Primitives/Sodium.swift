import CSodium

/// The crypto library, prepared once.
package enum Sodium {
    private static let ready: Bool = {
        let answer = sodium_init()
        precondition(answer >= 0, "libsodium did not start: \(answer)")
        return true
    }()

    /// Prepares the library, or does nothing when it is prepared; every function of the module calls it.
    ///
    /// Bug: the library can't start (no source of randomness); nothing may run without it.
    @inline(__always)
    package static func start() {
        _ = ready
    }
}

/// Why an operation of this module refuses its input. Which byte, key or check it was is for nobody to learn.
package enum PrimitivesError: Error, Equatable {
    /// A ciphertext, signature or padding is not what the key's owner made.
    case forged
    /// A public key of small order: an agreement with it would not be secret.
    case weakKey
    /// A text is not base32, or its check does not fit.
    case text
}

// An empty buffer may have no address, and the library's declarations want one: any that is not null does, since
// nothing is read there.

extension UnsafeRawBufferPointer {
    /// The same bytes as the library wants them.
    @inline(__always)
    var octets: UnsafePointer<UInt8> {
        unsafe baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(bitPattern: 64)!
    }
}

extension UnsafeMutableRawBufferPointer {
    @inline(__always)
    var octets: UnsafeMutablePointer<UInt8> {
        unsafe baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafeMutablePointer(bitPattern: 64)!
    }
}
