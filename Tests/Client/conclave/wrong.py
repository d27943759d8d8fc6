"""Wrong moves, each with what section 10 says of it."""

import dataclasses
import os

from nacl.signing import SigningKey

from . import keys, node, schema
from .keys import demand
from .link import END, ERROR, JOIN, RESPONSE, Closed, Control, Link, Wire, connect, hello, new_key, public

INVALID = schema.FailureCode.Value("FAILURE_CODE_INVALID")
DENIED = schema.FailureCode.Value("FAILURE_CODE_DENIED")
UNIMPLEMENTED = schema.FailureCode.Value("FAILURE_CODE_UNIMPLEMENTED")
REQUEST = schema.FrameType.Value("FRAME_TYPE_REQUEST")
REGISTER = schema.FrameType.Value("FRAME_TYPE_REGISTER")
UNKNOWN = 999


def expect_silence(action):
    """The connection is closed, and nothing was said."""
    try:
        answer = action()
    except Closed as closed:
        demand(closed.goodbye is None, f"a stranger was told {closed.goodbye}")
    else:
        raise keys.Refused(f"it was answered: {answer!r}")


def expect_goodbye(link, code):
    """The link is closed with a goodbye that says why."""
    try:
        while True:
            link.receive()
    except Closed as closed:
        demand(closed.goodbye is not None, "the link was closed without a goodbye")
        demand(closed.goodbye.failure.code == code, f"the goodbye says {closed.goodbye}")


class Moves:
    def __init__(self, address, socket, identity, token, others_task):
        self.address = address
        self.socket = socket
        self.identity = identity
        self.token = token
        self.others_task = others_task

    def all(self, say):
        """Makes every move, in the order below, and proves after each that a right one still works."""
        for name, move in vars(Moves).items():
            if not name.startswith("_") and name not in ("all", "dial"):
                move(self)
                link = self.dial()
                self._ping(link)
                link.close()
                say(f"right: {name}")

    def dial(self, **changed):
        return node.dial(self.address, self.identity, **changed)

    def _ping(self, link):
        link.send(schema.Ping(number=7))
        demand(link.expect(schema.Pong).number == 7, "the pong is of another ping")

    def _worker(self):
        return node.Worker(self.address, self.identity, "python")

    # Before there is a channel

    def garbage(self):
        wire = Wire(connect(self.address))
        wire.send(b"\x16\x03\x01" + os.urandom(61))
        expect_silence(lambda: wire.take(1))

    def another_version(self):
        wire = Wire(connect(self.address))
        clear = bytearray(hello(node.NODE, self.identity.ticket_epoch, self.identity.ticket))
        clear[4] = 2
        wire.send(clear)
        expect_silence(lambda: wire.take(1))

    def unknown_token(self):
        unknown = dataclasses.replace(self.token, handle=os.urandom(16))
        expect_silence(lambda: node.join(self.address, unknown, "python"))

    def wrong_token(self):
        wrong = dataclasses.replace(self.token, secret=os.urandom(32))
        expect_silence(lambda: node.join(self.address, wrong, "python"))

    def enrolment_signed_by_another(self):
        answer, link = node.join(self.address, self.token, "python", sign=SigningKey.generate())
        demand(isinstance(answer, schema.EnrolAnswer) and answer.failure.code == DENIED, f"answered {answer}")
        link.close()

    def enrolment_of_another_key(self):
        link = Link(self.address, JOIN, 0, self.token.handle, self.token.shared_key, new_key())
        link.read_responder()
        other = public(new_key())
        signature = self.token.signing_key.sign(keys.context("conclave/enrol/v1", other)).signature
        enrolment = schema.Enrol(key=other, name="python", incarnation=os.urandom(16), token_signature=signature)
        link.write_initiator(schema.InitiatorPayload(enrol=enrolment))
        expect_silence(link.receive)

    def wrong_ticket(self):
        expect_silence(lambda: self.dial(ticket_key=os.urandom(32)))

    def another_nodes_ticket(self):
        # Any handle has a key, which only managers can derive; without it this is as a wrong key.
        expect_silence(lambda: self.dial(ticket=os.urandom(16)))

    def foreign_certificate(self):
        root, issuing = SigningKey.generate(), SigningKey.generate()
        cluster, identity = self.identity.cluster, self.identity
        issuer = keys.certify(
            root, cluster_id=cluster, node_id=os.urandom(16), role=keys.MANAGER, usage=keys.ISSUING,
            signing_key=issuing.verify_key.encode(),
        )
        certificate = keys.certify(
            issuing, cluster_id=cluster, node_id=identity.node, role=keys.MANAGER, usage=keys.LINKS,
            key=public(identity.key),
        )
        keys.check_chain(certificate, issuer, cluster, root.verify_key.encode())
        link = self.dial(certificate=certificate, issuer=issuer)
        expect_silence(link.receive)

    def certificate_of_another_key(self):
        thief = dataclasses.replace(self.identity, key=new_key())
        link = node.dial(self.address, thief)
        expect_silence(link.receive)

    def replayed_handshake(self):
        link = self.dial()
        opening = bytes(link.wire.sent[: 32 + 2 + len(link.first)])
        link.close()
        wire = Wire(connect(self.address))
        wire.send(opening)
        expect_silence(lambda: wire.take(1))

    # Records and frames

    def bad_record(self):
        link = self.dial()
        self._ping(link)
        record = bytearray(link.seal_record(b"\0" * 12))
        record[-1] ^= 1
        link.wire.send(record)
        expect_silence(link.receive)

    def repeated_record(self):
        link = self.dial()
        self._ping(link)
        record = link.seal_record(bytes(12))
        link.wire.send(record)
        link.wire.send(record)
        expect_silence(link.receive)

    def oversized_frame(self):
        link = self.dial()
        link.send_frame(REGISTER, b"", length=65536 + 1)
        expect_goodbye(link, INVALID)

    def unknown_flag(self):
        link = self.dial()
        link.send_frame(REGISTER, b"", flags=16)
        expect_goodbye(link, INVALID)

    def stream_that_is_not_ours(self):
        link = self.dial()
        link.send_frame(REQUEST, b"", stream=2, flags=END)
        expect_goodbye(link, INVALID)

    def unknown_type(self):
        link = self.dial()
        link.send_frame(UNKNOWN, b"whatever")
        link.send_frame(UNKNOWN, b"whatever", stream=link.open_stream(), flags=END)
        self._ping(link)
        link.close()

    def unknown_type_on_the_socket(self):
        control = Control(self.socket)
        control.expect(schema.Welcome)
        stream = control.open_stream()
        control.send_frame(UNKNOWN, b"", stream=stream, flags=END)
        failure, answered, flags = control.receive()
        demand(failure.code == UNIMPLEMENTED and answered == stream, f"answered {failure}")
        demand(flags == END | RESPONSE | ERROR, f"answered with the flags {flags}")
        control.send_frame(UNKNOWN, b"")
        expect_goodbye(control, INVALID)

    # Sessions

    def message_that_does_not_decode(self):
        link = self.dial()
        link.send_frame(REGISTER, b"\xff")
        expect_goodbye(link, 0)

    def request_of_a_worker(self):
        link = self.dial()
        stream = link.open_stream()
        link.send(schema.Request(id=os.urandom(16), list_secrets=schema.ListObjects()), stream, END)
        failure, answered, flags = link.receive()
        demand(isinstance(failure, schema.Failure) and failure.code == DENIED, f"answered {failure}")
        demand(answered == stream and flags & ERROR, "the failure is not on the request's stream")
        link.close()

    def stale_session(self):
        stale = self._worker().session
        worker = self._worker()
        for message in (
            schema.Heartbeat(session=stale), schema.AssignmentApplied(session=stale, number=1),
            schema.ReportTasks(session=stale, number=1),
        ):
            worker.link.send(message)
            demand(worker.link.expect(schema.Unregistered).session == stale, "another session is not registered")
        worker.link.close()

    def another_nodes_task(self):
        worker = self._worker()
        # Answered, and left out: the test looks at the task.
        worker.report(self.others_task, "FAILED", "a lie")
        worker.link.close()
