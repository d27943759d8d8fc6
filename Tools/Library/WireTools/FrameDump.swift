import Bytes
import Link
import Model
import Wire

/// Turns a captured stream of frames into text: each frame's header, and each message where its last part ends.
package struct FrameDump {
    package private(set) var lines: [String] = []
    private var reader = FrameReader()
    private var offset = 0
    /// Parts of messages by stream and type.
    private var parts: [Key: [UInt8]] = [:]

    private struct Key: Hashable {
        var stream: UInt32
        var type: UInt16
    }

    package init() {}

    /// - Throws: `Failure` where the bytes are no frames, or end inside one; `lines` holds what came before.
    package mutating func read(_ stream: Bytes) throws(Failure) {
        reader.append(stream)
        do throws(FrameError) {
            while let frame = try reader.next() { take(frame) }
        } catch {
            throw Failure(.integrity, "there is no frame at byte \(offset) of the stream", why: "\(error)")
        }
        if !reader.isBetweenFrames {
            throw Failure(.integrity, "the stream ends inside the frame at byte \(offset)")
        }
        for (key, bytes) in parts.sorted(by: { ($0.key.stream, $0.key.type) < ($1.key.stream, $1.key.type) }) {
            lines.append("unfinished: \(Self.name(key.type)) on stream \(key.stream), \(bytes.count) bytes so far")
        }
    }

    private mutating func take(_ frame: Frame) {
        let header = frame.header
        let flags = [
            (FrameFlags.end, "END"), (.more, "MORE"), (.response, "RESPONSE"), (.error, "ERROR"),
        ].filter { header.flags.contains($0.0) }.map { " \($0.1)" }.joined()
        lines.append(
            "@\(offset) \(Self.name(header.type)) stream \(header.stream) class \(header.priority)\(flags), "
                + "\(header.length) bytes")
        offset += FrameHeader.byteCount + frame.body.count
        let key = Key(stream: header.stream, type: header.type)
        if header.flags.contains(.more) {
            parts[key, default: []] += frame.body
            return
        }
        let whole = parts.removeValue(forKey: key).map { Bytes($0 + frame.body.array) } ?? frame.body
        let name = header.flags.contains(.error) ? Failure.messageName : Self.message(header.type)
        guard let name, let type = AllMessages.type(named: name) else { return }
        let isSecret = FrameType(rawValue: header.type).isSecret
        lines += Self.lines(of: type, whole, isSecret ? .lengths : .people)
    }

    /// The lines of one message, or the one that says why there are none. Never content that does not decode.
    package static func lines<M: Message>(
        of type: M.Type, _ bytes: Bytes, _ style: TextCoder.Style, indent: String = "    "
    ) -> [String] {
        do throws(WireError) {
            return TextCoder.lines(try M.decode(bytes), style, indent: indent)
        } catch {
            return ["\(indent)# no \(M.messageName): \(error)"]
        }
    }

    private static func message(_ type: UInt16) -> String? {
        FrameType.messages.first { $0.0.rawValue == type }?.1
    }

    private static func name(_ type: UInt16) -> String {
        "\(message(type) ?? "unknown type") (\(type))"
    }
}
