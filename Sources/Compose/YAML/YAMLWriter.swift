import CYAML

extension YAMLNode {
    /// The tree as YAML again, two spaces a level.
    package var yaml: String {
        var writer = YAMLWriter()
        return writer.text(of: self)
    }
}

/// libyaml's emitter over a tree.
///
/// Safe: libyaml copies what an event points to before the call that makes the event returns.
@safe
private struct YAMLWriter {
    private var emitter = unsafe yaml_emitter_t()
    private final class Output {
        var bytes: [UInt8] = []
    }

    mutating func text(of node: YAMLNode) -> String {
        let output = Output()
        precondition(unsafe yaml_emitter_initialize(&emitter) == 1, "there is no memory for the emitter")
        defer { unsafe yaml_emitter_delete(&emitter) }
        withExtendedLifetime(output) {
            unsafe yaml_emitter_set_output(
                &emitter,
                { data, buffer, size in
                    guard let data = unsafe data, let buffer = unsafe buffer else { return 0 }
                    let output = unsafe Unmanaged<Output>.fromOpaque(data).takeUnretainedValue()
                    unsafe output.bytes.append(contentsOf: UnsafeBufferPointer(start: buffer, count: size))
                    return 1
                }, Unmanaged.passUnretained(output).toOpaque())
            unsafe yaml_emitter_set_unicode(&emitter, 1)
            unsafe yaml_emitter_set_width(&emitter, -1)
            unsafe emit { unsafe yaml_stream_start_event_initialize(&$0, YAML_UTF8_ENCODING) }
            unsafe emit { unsafe yaml_document_start_event_initialize(&$0, nil, nil, nil, 1) }
            write(node)
            unsafe emit { unsafe yaml_document_end_event_initialize(&$0, 1) }
            unsafe emit { unsafe yaml_stream_end_event_initialize(&$0) }
        }
        return String(decoding: output.bytes, as: UTF8.self)
    }

    private mutating func write(_ node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar): write(scalar)
        case .sequence(let items):
            unsafe emit { unsafe yaml_sequence_start_event_initialize(&$0, nil, nil, 1, YAML_BLOCK_SEQUENCE_STYLE) }
            for item in items { write(item) }
            unsafe emit { unsafe yaml_sequence_end_event_initialize(&$0) }
        case .mapping(let mapping):
            unsafe emit { unsafe yaml_mapping_start_event_initialize(&$0, nil, nil, 1, YAML_BLOCK_MAPPING_STYLE) }
            for pair in mapping.pairs {
                // Without quotes this key would merge.
                write(Scalar(pair.key, isPlain: pair.key != "<<"))
                write(pair.value)
            }
            unsafe emit { unsafe yaml_mapping_end_event_initialize(&$0) }
        }
    }

    /// A text that was quoted stays quoted: without quotes it might be a number.
    private mutating func write(_ scalar: Scalar) {
        // With a byte behind it: libyaml wants a pointer also to nothing.
        var text = Array(scalar.text.utf8) + [0]
        let style =
            scalar.isPlain
            ? YAML_PLAIN_SCALAR_STYLE
            : scalar.text.contains("\n") ? YAML_LITERAL_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE
        unsafe emit { event in
            unsafe text.withUnsafeMutableBufferPointer { bytes in
                unsafe yaml_scalar_event_initialize(
                    &event, nil, nil, bytes.baseAddress, Int32(bytes.count - 1), 1, 1, style)
            }
        }
    }

    private mutating func emit(_ make: (inout yaml_event_t) -> Int32) {
        var event = unsafe yaml_event_t()
        precondition(unsafe make(&event) == 1, "there is no memory for an event")
        // The emitter owns the event from here on.
        precondition(unsafe yaml_emitter_emit(&emitter, &event) == 1, "a tree that was read can't be written")
    }
}
