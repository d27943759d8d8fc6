/// Why compressed bytes are refused. Names no content.
package enum CompressionError: Error, Equatable {
    /// The stated length is over the caller's limit, or more than the format can hold in so few bytes.
    case tooLarge(stated: Int)
    /// The bytes do not decompress to exactly the stated length.
    case malformed
}
