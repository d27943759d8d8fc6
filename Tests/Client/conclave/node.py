"""A worker: it joins, links, registers, takes assignments and reports. Sections 5 and 6."""

import json
import os
import time
from dataclasses import dataclass

from . import keys, schema
from .keys import demand
from .link import END, JOIN, NODE, Closed, Link, new_key, public

VERSION = 1


@dataclass
class Identity:
    """What a node keeps between its starts."""

    cluster: bytes
    node: bytes
    root_key: bytes
    certificate: bytes
    issuer: bytes
    ticket: bytes
    ticket_key: bytes
    ticket_epoch: int
    key: bytes
    incarnation: bytes
    managers: list

    def save(self, path):
        """Readable by its owner alone, since the keys are in it."""
        fields = {name: value.hex() if isinstance(value, bytes) else value for name, value in vars(self).items()}
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump(fields, file)

    @classmethod
    def load(cls, path):
        with open(path) as file:
            fields = json.load(file)
        return cls(**{name: bytes.fromhex(value) if isinstance(value, str) else value for name, value in fields.items()})


def parameters(cluster, incarnation, node=b""):
    return schema.LinkParameters(
        version=VERSION, cluster_id=cluster, node_id=node, incarnation=incarnation, max_frame=1 << 20,
        window=256 * 1024, time=time.time_ns(), level=1, software="conclave-test-client",
    )


def description(name):
    return schema.NodeDescription(
        hostname=name, os="linux", architecture="x86_64", cpu_nano=1_000_000_000, memory_bytes=1 << 30,
        protection=schema.Protection.Value("PROTECTION_SECURE"), runners=["process"],
    )


def join(address, token, name, sign=None):
    """Joins over any manager; follows a follower to the leader. `sign` signs in place of the token."""
    key, incarnation = new_key(), os.urandom(16)
    answer, root_key, link = enrol(address, token, name, key, incarnation, sign)
    if answer.failure.code == schema.FailureCode.Value("FAILURE_CODE_NOT_LEADER") and answer.leader:
        answer, root_key, link = enrol(answer.leader, token, name, key, incarnation, sign)
    if answer.HasField("failure"):
        return answer, link
    demand(answer.root_key == root_key, "the answer is of another root")
    body = keys.check_chain(answer.certificate, answer.issuer, answer.cluster_id, root_key)
    demand(body.key == public(key) and body.node_id == answer.node_id, "the certificate is not this node's")
    identity = Identity(
        answer.cluster_id, answer.node_id, root_key, answer.certificate, answer.issuer, answer.ticket,
        answer.ticket_key, answer.ticket_epoch, key, incarnation, [manager.address for manager in answer.managers],
    )
    return identity, link


def enrol(address, token, name, key, incarnation, sign):
    link = Link(address, JOIN, 0, token.handle, token.shared_key, key)
    responder = link.read_responder()
    cluster = responder.parameters.cluster_id
    token.check_root(cluster, responder.root_key)
    check_manager(responder, link, cluster, responder.root_key)
    own = public(key)
    enrolment = schema.Enrol(
        key=own, name=name, incarnation=incarnation, description=description(name), level=1,
        token_signature=(sign or token.signing_key).sign(keys.context("conclave/enrol/v1", own)).signature,
    )
    link.write_initiator(schema.InitiatorPayload(parameters=parameters(cluster, incarnation), enrol=enrolment))
    answer, stream, flags = link.receive()
    demand(isinstance(answer, schema.EnrolAnswer) and stream == 0 and flags & END, "no answer to the enrolment")
    return answer, responder.root_key, link


def check_manager(responder, link, cluster, root_key):
    """Section 2.2: the one who was dialled is a manager of the cluster."""
    body = keys.check_chain(responder.certificate, responder.issuer, cluster, root_key)
    demand(body.key == link.remote_key, "the certificate is of another key than the handshake's")
    demand(body.role == keys.MANAGER, "it is no manager")
    return body


def dial(address, identity, **changed):
    """A link to a manager. `changed`: what a test says in place of the truth."""
    link = Link(
        address, NODE, changed.get("ticket_epoch", identity.ticket_epoch), changed.get("ticket", identity.ticket),
        changed.get("ticket_key", identity.ticket_key), identity.key,
    )
    responder = link.read_responder()
    demand(responder.parameters.cluster_id == identity.cluster, "it is another cluster")
    manager = check_manager(responder, link, identity.cluster, identity.root_key)
    link.write_initiator(
        schema.InitiatorPayload(
            parameters=parameters(identity.cluster, identity.incarnation, identity.node),
            certificate=changed.get("certificate", identity.certificate),
            issuer=changed.get("issuer", identity.issuer), expected=manager.node_id,
        )
    )
    return link


class Worker:
    """A session: one link to the leader, what it assigned, and what is reported of it."""

    def __init__(self, address, identity, name):
        self.identity = identity
        self.seal_key = new_key()
        self.register(address, name)
        self.tasks = {}
        self.values = {}
        self.changes = []
        self.number = 0
        self.reports = 0

    def register(self, address, name):
        """Registers with the manager at `address`, or with the leader that it names."""
        for _ in range(50):
            self.link = dial(address, self.identity)
            self.asked = time.monotonic()
            self.link.send(schema.Register(description=description(name), seal_key=public(self.seal_key)))
            answer, _, _ = self.link.receive()
            if isinstance(answer, schema.Registered):
                self.session = answer.session
                self.lease = answer.lease_ms / 1000
                return
            demand(isinstance(answer, schema.Redirect), f"no answer to Register, but {answer}")
            self.link.close()
            if answer.HasField("leader"):
                address = answer.leader.address
            else:
                time.sleep(0.1)  # An election is under way; the answer decides, not the time.
        raise TimeoutError("no manager leads")

    def wait(self, condition, timeout=60):
        """Takes what comes, with heartbeats between, until the condition holds."""
        end = time.monotonic() + timeout
        while not condition():
            demand(time.monotonic() < end, "what was awaited did not come")
            if time.monotonic() - self.asked > self.lease / 3:
                self.asked = time.monotonic()
                self.link.send(schema.Heartbeat(session=self.session, applied=self.number))
            self.link.wire.connection.settimeout(min(1, self.lease / 6))
            try:
                message, _, _ = self.link.receive()
            except TimeoutError:
                continue
            self.take(message)

    def take(self, message):
        if isinstance(message, schema.Assignment):
            self.assign(message)
        elif isinstance(message, schema.HeartbeatAnswer):
            self.lease = message.lease_ms / 1000
        elif isinstance(message, schema.ReportTasksAnswer):
            self.answered = message.number
        else:
            raise keys.Refused(f"unexpected: {message.DESCRIPTOR.name}")

    def assign(self, message):
        """Collects the parts of an assignment, then applies and acknowledges it."""
        demand(message.session == self.session, "an assignment of another session")
        self.changes += message.changes
        if message.more:
            return
        complete = message.kind == schema.AssignmentKind.Value("ASSIGNMENT_KIND_COMPLETE")
        demand(message.number == self.number + 1, "an assignment is missing")
        demand(complete or message.applies_to == self.number, "an assignment to another state")
        if complete:
            self.tasks, self.values = {}, {}
        for change in self.changes:
            self.apply(change)
        self.changes = []
        self.number = message.number
        held = [
            schema.HeldVersion(
                task_id=task, secret_id=secret, version=version,
                stage=schema.DeliveryStage.Value("DELIVERY_STAGE_SWAPPED"),
            )
            for (task, secret), (version, _) in self.values.items()
        ]
        self.link.send(schema.AssignmentApplied(session=self.session, number=self.number, held=held))

    def apply(self, change):
        kind = change.WhichOneof("thing")
        if kind == "task":
            self.tasks[change.task.id] = change.task
        elif kind == "removed_task":
            removed = change.removed_task.task_id
            self.tasks.pop(removed, None)
            self.values = {key: value for key, value in self.values.items() if key[0] != removed}
        elif kind == "value":
            value = change.value
            self.values[value.task_id, value.secret_id] = value.version, keys.open_delivery(
                value.sealed, self.seal_key, self.link.remote_key, self.identity.cluster, value.secret_id,
                value.version, value.task_id, self.identity.node,
            )
        elif kind == "removed_value":
            self.values.pop((change.removed_value.task_id, change.removed_value.secret_id), None)

    def report(self, task, state, message="", session=None):
        """Reports a task's state and waits until the report is answered."""
        self.reports += 1
        self.answered = 0
        status = schema.TaskStatus(
            state=schema.TaskState.Value(f"TASK_STATE_{state}"), since=time.time_ns(), message=message, pid=os.getpid()
        )
        if state in ("COMPLETE", "SHUTDOWN"):
            status.exit_code = 0
        report = schema.TaskReport(task_id=task, status=status)
        self.link.send(schema.ReportTasks(session=session or self.session, number=self.reports, tasks=[report]))
        self.wait(lambda: self.answered == self.reports)


__all__ = ["Closed", "Identity", "Worker", "dial", "join"]
