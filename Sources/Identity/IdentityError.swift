/// Why an identity, a certificate or a token is refused. For the own log; a peer is told nothing.
package enum IdentityError: Error, Equatable {
    /// The certificate is not what the cluster's root has signed, or not for this use; says which check failed.
    case certificate(String)
    /// The node table does not have this node, key, serial or ticket; says which.
    case notListed(String)
    /// The text is not a join token; says why, for the person who typed it.
    case token(String)
}
