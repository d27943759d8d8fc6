/// Why something sealed can't be opened. Which byte or check it was is for nobody to learn.
package enum SealingError: Error, Equatable {
    /// Not the right key, or changed, or for another place.
    case refused
    /// The keyring has no key of this epoch.
    case missingKey(epoch: UInt32)
    /// A newer version sealed it.
    case unknownSuite(UInt32)
}
