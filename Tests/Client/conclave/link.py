"""A channel over TCP: hello, handshake, records and frames. Sections 2 and 3."""

import os
import socket
import struct
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from noise.connection import Keypair, NoiseConnection

from . import schema

END, MORE, RESPONSE, ERROR = 1, 2, 4, 8
NODE, JOIN = 1, 2
RECORD = 16384
FRAME = 32768  # What a worker puts into one frame.


class Closed(Exception):
    """The other end closed the connection; `goodbye` is what it said before, if it did."""

    def __init__(self, goodbye=None):
        super().__init__(f"closed: {goodbye}" if goodbye else "closed without a word")
        self.goodbye = goodbye


def new_key():
    return os.urandom(32)


def public(key):
    return X25519PrivateKey.from_private_bytes(key).public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )


def priority(kind):
    """The class of a type, from the table in section 3.1."""
    return 0 if kind <= 16 else 2 if kind <= 18 else 1


def hello(purpose, epoch, handle):
    """Section 2.1."""
    return struct.pack(">4sBBBBII16s", b"CNCL", 1, 1, purpose, 0, epoch, 0, handle)


def padded(payload):
    """Section 2.2: 0x80 and zeros up to the next multiple of 512."""
    size = (len(payload) // 512 + 1) * 512
    return (payload + b"\x80").ljust(size, b"\0")


def unpadded(payload):
    payload = bytes(payload).rstrip(b"\0")
    if not payload.endswith(b"\x80"):
        raise ValueError("a handshake payload without padding")
    return payload[:-1]


def connect(address):
    host, _, port = address.rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class Wire:
    """A connection, byte by byte, with what went over it when a test wants to keep that."""

    def __init__(self, connection):
        self.connection = connection
        self.sent = bytearray()
        self.received = bytearray()
        self.buffer = bytearray()

    def send(self, data):
        self.sent += data
        try:
            self.connection.sendall(data)
        except OSError:
            raise Closed() from None

    def more(self):
        try:
            data = self.connection.recv(65536)
        except TimeoutError:
            raise
        except OSError:
            raise Closed() from None
        if not data:
            raise Closed()
        self.received += data
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.more()
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def take_piece(self):
        """A big-endian u16 and so many bytes."""
        while len(self.buffer) < 2:
            self.more()
        count = int.from_bytes(self.buffer[:2], "big")
        # Nothing is taken before all of it is here: a wait that ends early may go on later.
        while len(self.buffer) < 2 + count:
            self.more()
        return self.take(2 + count)[2:]


class Frames:
    """The frames of section 3 over a byte stream that a subclass carries."""

    def __init__(self):
        self.incoming = bytearray()
        self.parts = {}
        self.next_stream = 1
        self.goodbye = None

    def open_stream(self):
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        return stream

    def send(self, message, stream=0, flags=0):
        body = message.SerializeToString(deterministic=True)
        kind = schema.frame_type(type(message))
        while len(body) > FRAME:
            self.send_frame(kind, body[:FRAME], stream, flags & ~END | MORE)
            body = body[FRAME:]
        self.send_frame(kind, body, stream, flags)

    def send_frame(self, kind, body, stream=0, flags=0, length=None):
        length = len(body) if length is None else length
        self.send_stream(struct.pack("<IHBBI", length, kind, flags, priority(kind), stream) + body)

    def receive(self):
        """The next whole message with its stream and flags; pings are answered on the way."""
        while True:
            kind, flags, stream, body = self.receive_frame()
            whole = self.parts.pop((stream, kind), b"") + body
            if flags & MORE:
                self.parts[stream, kind] = whole
                continue
            message_class = schema.Failure if flags & ERROR else schema.of_frame_type(kind)
            message = message_class.FromString(whole)
            if isinstance(message, schema.Ping):
                self.send(schema.Pong(number=message.number))
            elif isinstance(message, schema.Goodbye):
                raise Closed(message)
            else:
                return message, stream, flags

    def receive_frame(self):
        while True:
            if len(self.incoming) >= 12:
                length, kind, flags, _, stream = struct.unpack("<IHBBI", self.incoming[:12])
                if len(self.incoming) >= 12 + length:
                    body = bytes(self.incoming[12 : 12 + length])
                    del self.incoming[: 12 + length]
                    return kind, flags, stream, body
            self.incoming += self.receive_stream()

    def expect(self, kind, timeout=20):
        """The next message of that class; others are skipped."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            message, _, _ = self.receive()
            if isinstance(message, kind):
                return message
        raise TimeoutError(f"no {kind.DESCRIPTOR.name} came")


class Link(Frames):
    """The dialler's end of a link over TCP."""

    def __init__(self, address, purpose, epoch, handle, shared_key, key):
        """Sends the hello and the first message of the handshake. `key` is the X25519 private key."""
        super().__init__()
        self.wire = Wire(connect(address))
        clear = hello(purpose, epoch, handle)
        self.noise = NoiseConnection.from_name(b"Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b")
        self.noise.set_as_initiator()
        self.noise.set_psks(shared_key)
        self.noise.set_prologue(b"conclave/link/v1\0" + clear)
        self.noise.set_keypair_from_private_bytes(Keypair.STATIC, key)
        self.noise.start_handshake()
        self.first = self.noise.write_message()
        self.wire.send(clear + struct.pack(">H", len(self.first)) + self.first)
        self.sent_records = 0
        self.received_records = 0

    def read_responder(self):
        """What the acceptor says of itself, and the key that Noise authenticated."""
        self.second = self.wire.take_piece()
        state = self.noise.noise_protocol.handshake_state
        payload = schema.ResponderPayload.FromString(unpadded(self.noise.read_message(self.second)))
        self.remote_key = state.rs.public_bytes
        return payload

    def write_initiator(self, payload):
        message = self.noise.write_message(padded(payload.SerializeToString(deterministic=True)))
        self.wire.send(struct.pack(">H", len(message)) + message)
        protocol = self.noise.noise_protocol
        self.keys = (bytes(protocol.cipher_state_encrypt.k), bytes(protocol.cipher_state_decrypt.k))

    def key_line(self):
        """What `Tools/wire dump --keys` needs to read a capture of this link."""
        parts = [self.first[:32], self.second[:32], *self.keys]
        return "LINK " + " ".join(part.hex() for part in parts)

    def seal_record(self, plain):
        sealed = self.noise.encrypt(plain)
        self.sent_records += 1
        if self.sent_records % 65536 == 0:
            self.noise.rekey_outbound_cipher()
        return struct.pack(">H", len(sealed)) + sealed

    def send_stream(self, data):
        for start in range(0, len(data), RECORD):
            self.wire.send(self.seal_record(data[start : start + RECORD]))

    def receive_stream(self):
        plain = self.noise.decrypt(self.wire.take_piece())
        self.received_records += 1
        if self.received_records % 65536 == 0:
            self.noise.rekey_inbound_cipher()
        return plain

    def close(self):
        try:
            self.send(schema.Goodbye())
        except Closed:
            pass
        self.wire.connection.close()


class Control(Frames):
    """The client's end of a unix socket: section 2.4."""

    def __init__(self, path):
        super().__init__()
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        connection.connect(path)
        self.wire = Wire(connection)
        self.send(schema.Welcome(parameters=schema.LinkParameters(version=1)))

    def send_stream(self, data):
        self.wire.send(data)

    def receive_stream(self):
        return self.wire.take(max(1, len(self.wire.buffer)))
