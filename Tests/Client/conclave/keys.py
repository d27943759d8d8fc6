"""Keys, seals, tokens and certificates: sections 5 and 8."""

import hashlib
import hmac
import os
import time
from dataclasses import dataclass

from nacl import bindings
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey
from noise.connection import Keypair, NoiseConnection

from . import schema


class Refused(Exception):
    """Something that the other end said is not what section 8 demands."""


def demand(condition, what):
    if not condition:
        raise Refused(what)


def digest(data, personal=b""):
    """H."""
    return hashlib.blake2b(data, digest_size=32, person=personal.ljust(16, b"\0")).digest()


def derive(count, key, data, personal=b""):
    return hashlib.blake2b(data, digest_size=count, key=key, person=personal.ljust(16, b"\0")).digest()


def identifier(text):
    """The 16 bytes that people see as 25 digits of base 36: section 1."""
    return int(text, 36).to_bytes(16, "big")


def context(domain, *parts):
    """A domain and a zero byte, then IDs as they are."""
    return domain.encode() + b"\0" + b"".join(parts)


def open_committed(key, commitment, associated, personal, sealed):
    """Opens XSeal under a committed key: the commitment first."""
    both = derive(64, key, associated, personal)
    demand(hmac.compare_digest(both[32:], commitment), "the commitment is of another key")
    return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed[24:], associated, sealed[:24], both[:32])


def padded_size(count):
    """What a value of that many bytes is padded to."""
    length = count + 1
    if length <= 256:
        return 256
    if length <= 4096:
        return 1 << (length - 1).bit_length()
    exponent = length.bit_length() - 1
    step = 1 << (exponent - (exponent.bit_length() - 1 + 1))
    return -(-length // step) * step


def unpadded(data):
    value = data.rstrip(b"\0")
    demand(value.endswith(b"\x80"), "there is no padding")
    value = value[:-1]
    demand(value and len(data) == padded_size(len(value)), "the padding is not the one size")
    return value


# Section 5


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class Token:
    root_digest: bytes
    handle: bytes
    secret: bytes

    @classmethod
    def parse(cls, text):
        prefix, letters = text[:10], text[10:].upper().replace("O", "0").replace("I", "1").replace("L", "1")
        demand(prefix in ("CNCLT-1-w-", "CNCLT-1-m-") and len(letters) == 135, "this is no token")
        number = 0
        for letter in letters:
            demand(letter in ALPHABET, "a token has no such letter")
            number = number << 5 | ALPHABET.index(letter)
        # 84 bytes are 672 bits; 135 letters have three more.
        demand(number & 7 == 0, "the token does not end in zeros")
        data = (number >> 3).to_bytes(84, "big")
        demand(digest(data[:80], b"cnclt-check")[:4] == data[80:], "the token is mistyped")
        return cls(data[:32], data[32:48], data[48:80])

    @property
    def shared_key(self):
        return derive(32, self.secret, b"psk", b"cnclt-psk")

    @property
    def signing_key(self):
        return SigningKey(derive(32, self.secret, b"seed", b"cnclt-seed"))

    def check_root(self, cluster, root_key):
        demand(digest(context("conclave/root/v1", cluster, root_key)) == self.root_digest, "it is another cluster's root")


# Section 8.5

MANAGER = schema.Role.Value("ROLE_MANAGER")
LINKS, ISSUING = 1, 2


def check_chain(certificate, issuer, cluster, root_key):
    """The body of a node's certificate whose chain ends in the root."""
    issuing = _body(issuer, root_key, cluster)
    demand(issuing.usage == ISSUING and issuing.role == MANAGER, "the issuer may not issue")
    demand(len(issuing.signing_key) == 32 and not issuing.key, "the issuer has another kind of key")
    node = _body(certificate, issuing.signing_key, cluster)
    demand(node.usage == LINKS and len(node.key) == 32 and not node.signing_key, "it is no node's certificate")
    return node


def _body(encoded, signer, cluster):
    demand(len(encoded) <= 1024, "a certificate is at most 1024 bytes")
    certificate = schema.Certificate.FromString(encoded)
    demand(certificate.SerializeToString(deterministic=True) == encoded, "the certificate is not canonical")
    demand(certificate.issuer_key_id == key_id(signer), "the certificate names another signer")
    try:
        VerifyKey(signer).verify(context("conclave/cert/v1", certificate.body), certificate.signature)
    except BadSignatureError:
        raise Refused("the signature is wrong") from None
    body = schema.CertificateBody.FromString(certificate.body)
    demand(body.SerializeToString(deterministic=True) == certificate.body, "the certificate is not canonical")
    now = time.time()
    demand(body.format == 1 and body.cluster_id == cluster, "it is another cluster's")
    demand(any(body.node_id) and any(body.serial), "an ID is missing")
    demand(body.not_before_s <= now + 300 and now <= body.not_after_s + 300, "it is not in force")
    demand(body.not_after_s - body.not_before_s <= 30 * 86400, "it is in force for too long")
    return body


def key_id(signer):
    return digest(context("conclave/key/v1", signer))[:8]


def certify(signer, **fields):
    """A certificate as section 8.5 makes them; the client has no right to, and a test shows that it is refused."""
    now = int(time.time())
    body = schema.CertificateBody(
        format=1, serial=os.urandom(16), epoch=1, not_before_s=now, not_after_s=now + 86400, **fields
    ).SerializeToString(deterministic=True)
    signature = signer.sign(context("conclave/cert/v1", body)).signature
    key = signer.verify_key.encode()
    return schema.Certificate(body=body, issuer_key_id=key_id(key), signature=signature).SerializeToString(
        deterministic=True
    )


# Section 8.3


def open_delivery(sealed, seal_key, sender, cluster, secret, version, task, node):
    """The value in a SealedDelivery, whose sender is the node key of the manager that sent it."""
    delivery = schema.SealedDelivery.FromString(sealed)
    demand(delivery.suite == 1, "the delivery is of another suite")
    bound = context("conclave/seal/v1", cluster, secret, version.to_bytes(8, "big"), task, node)
    noise = NoiseConnection.from_name(b"Noise_X_25519_ChaChaPoly_BLAKE2b")
    noise.set_as_responder()
    noise.set_keypair_from_private_bytes(Keypair.STATIC, seal_key)
    noise.set_prologue(bound)
    noise.start_handshake()
    handshake = noise.noise_protocol.handshake_state
    content_key = bytes(noise.read_message(delivery.message))
    demand(handshake.rs.public_bytes == sender, "the delivery is of another manager")
    return unpadded(open_committed(content_key, delivery.commitment, bound, b"cncl-deliver", delivery.ciphertext))
