"""A certificate for 127.0.0.1 that signs itself, made for one run, and what is to be trusted with it."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Files of a certificate authority that has issued one certificate."""

    certificate: Path
    """The server's."""
    key: Path
    root: Path
    bundle: Path
    """What certifi has, and the root: as large as what production reads."""


def make_authority(folder: Path, *, days: int = 1) -> Authority:
    """Write the files into a private folder.

    :param days: for how long the server's certificate is good; below 0: it no longer is
    """
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("bench root", "127.0.0.1")
    )
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    root = (
        _begun(root_name, root_name, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _begun(root_name, name, key.public_key(), days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(loopback, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    made = Authority(
        certificate=folder / "certificate.pem",
        key=folder / "key.pem",
        root=folder / "root.pem",
        bundle=folder / "bundle.pem",
    )
    root_pem = root.public_bytes(serialization.Encoding.PEM)
    made.certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    made.root.write_bytes(root_pem)
    made.bundle.write_bytes(Path(certifi.where()).read_bytes() + root_pem)
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def _begun(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: int = 1
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=7))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
