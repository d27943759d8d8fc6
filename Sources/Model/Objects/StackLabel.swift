/// Labels that the cluster itself gives a meaning.
public enum StackLabel {
    /// Which stack an object belongs to.
    public static let namespace = "conclave.stack.namespace"
}
