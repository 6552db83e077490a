"""Which Redis addresses are accepted: an allow-list of schemes and parameters, and what each of them names.

redis-py hands every query parameter of a URL to its connection, and two of them turn the check of the server's
certificate or name off; here they may only be spelled out as what they are anyway. Nothing connects here, and no text
made here holds any part of the URL but a scheme or the name of a parameter: the rest may be the password.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from bff.config.environment import UnacceptableError
from bff.config.parsers import is_loopback, split_url
from bff.secret import Secret

TLS_FILES: Final = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
TLS_CHECKS: Final = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}
_TLS: Final = TLS_FILES | TLS_CHECKS.keys()
_OF_SENTINEL: Final = frozenset({"sentinel_username", "sentinel_password"})
PARAMETERS: Final = {
    "redis": frozenset({"db"}),
    "rediss": _TLS | {"db"},
    "unix": frozenset({"db", "username", "password"}),
    "redis+sentinel": _OF_SENTINEL,
    "rediss+sentinel": _OF_SENTINEL | _TLS,
    "redis+cluster": frozenset[str](),
    "rediss+cluster": _TLS,
}
_SENTINEL_PORT: Final = 26379
_PORT: Final = 6379
_SERVICE: Final = re.compile(r"/([A-Za-z0-9._-]{1,200})(?:/([0-9]{1,5}))?")
"""Names of services as Sentinel takes them, and the number of a database."""
_KEY_IN_PEM: Final = "PRIVATE KEY-----"


class RedisKind(Enum):
    """What answers at an address."""

    SERVER = "server"
    SENTINEL = "sentinel"
    """Several that know which server is the primary of a service."""
    CLUSTER = "cluster"
    """Several that share the keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """What an accepted address names."""

    kind: RedisKind
    tls: bool
    hosts: tuple[tuple[str, int], ...]
    """Empty for a socket of this machine."""
    service: str = ""
    """Sentinel's name of the primary."""
    db: int = 0
    username: str | None = None
    password: Secret[str] | None = None
    sentinel_username: str | None = None
    sentinel_password: Secret[str] | None = None
    tls_files: Mapping[str, str]
    """Parameter and path."""

    @property
    def leaves_the_machine(self) -> bool:
        """Whether what is sent there goes over a network."""
        return not all(is_loopback(host) for host, _ in self.hosts)


def redis_url(value: str) -> Secret[str]:
    """Read the address of Redis."""
    if "#" in value:
        raise UnacceptableError("must not have a fragment: write a '#' of the password as %23")
    # Not `urlsplit`'s, which is in lower case: redis-py compares the text.
    scheme = value.partition("://")[0]
    if scheme not in PARAMETERS:
        split_url(value)
        raise UnacceptableError(
            "must begin with redis://, rediss:// or unix://, or with redis+sentinel://, rediss+sentinel://, "
            "redis+cluster:// or rediss+cluster://"
        )
    if "+" in scheme:
        rest = _check_places(value)
        query = rest.query
    else:
        url = split_url(value)
        _check_place(url)
        query = url.query
    _check_parameters(scheme, query)
    return Secret(value)


def address_of(url: str) -> RedisAddress:
    """Return what an address names that `redis_url` has accepted."""
    scheme = url.partition("://")[0]
    base, _, kind = scheme.partition("+")
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    given, _, hosts = parts.netloc.rpartition("@")
    user, _, password = given.partition(":")
    service = _SERVICE.fullmatch(parts.path) if kind == "sentinel" else None
    db = query.get("db", "") or parts.path.strip("/") if base != "unix" else query.get("db", "")
    sentinel_password = query.get("sentinel_password")
    return RedisAddress(
        kind=RedisKind(kind or "server"),
        tls=base == "rediss",
        hosts=tuple(
            _host_and_port(host, _SENTINEL_PORT if kind == "sentinel" else _PORT) for host in hosts.split(",") if host
        ),
        service=service[1] if service else "",
        db=int((service[2] if service else db) or 0),
        username=unquote(user) or query.get("username") or None,
        password=Secret(unquote(password) or query.get("password", "")) or None,
        sentinel_username=query.get("sentinel_username") or None,
        sentinel_password=Secret(sentinel_password) if sentinel_password else None,
        tls_files={name: path for name, path in query.items() if name in TLS_FILES},
    )


def place(url: str) -> str:
    """Return what may be told of an address: hosts and ports, or the path of a socket; no user, no parameter."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "unix" else parts.netloc.rpartition("@")[2]


def certificates(value: str) -> str:
    """Read the certificates of a private authority, PEM."""
    if _KEY_IN_PEM in value:
        raise UnacceptableError("holds a private key: it must be the authority's certificates alone")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=value)
    except (ssl.SSLError, ValueError):
        raise UnacceptableError("must be certificates in PEM (-----BEGIN CERTIFICATE-----)") from None
    return value


def _check_place(url: SplitResult) -> None:
    if url.scheme == "unix":
        if url.hostname or len(unquote(url.path)) < 2:
            raise UnacceptableError("must be unix:// and the absolute path of a socket")
    elif not url.hostname:
        raise UnacceptableError("must name a host")
    elif not re.fullmatch(r"(/[0-9]{0,5})?", url.path):
        raise UnacceptableError("must have the number of a database or nothing behind the host")


def _check_places(value: str) -> SplitResult:
    """Check each of several hosts by itself, and what stands behind them; return the URL with the first of them."""
    scheme, _, rest = value.partition("://")
    end = min((found for mark in "/?" if (found := rest.find(mark)) >= 0), default=len(rest))
    authority, behind = rest[:end], rest[end:]
    user, at, hosts = authority.rpartition("@")
    for host in hosts.split(","):
        one = split_url(f"{scheme}://{user}{at}{host}{behind}")
        if not one.hostname:
            raise UnacceptableError("must name hosts, with ',' between them")
    if scheme.endswith("sentinel") and not _SERVICE.fullmatch(one.path):
        raise UnacceptableError("must have Sentinel's name of the service behind the hosts, and may have /database")
    if scheme.endswith("cluster") and one.path not in {"", "/", "/0"}:
        raise UnacceptableError("must have nothing behind the hosts: a cluster has one database")
    return one


def _host_and_port(text: str, usual: int) -> tuple[str, int]:
    one = urlsplit(f"//{text}")
    return one.hostname or "", one.port or usual


def _check_parameters(scheme: str, query: str) -> None:
    seen: set[str] = set()
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=20)
    except ValueError:
        raise UnacceptableError("has a query that is not name=value") from None
    for name, value in pairs:
        if name not in PARAMETERS[scheme]:
            # A name that is not on any list may be a piece of a password with a `?` in it.
            shown = name if any(name in names for names in PARAMETERS.values()) else "that it has"
            raise UnacceptableError(f"the parameter {shown} is not allowed with {scheme}://")
        if name in seen:
            raise UnacceptableError(f"the parameter {name} is there twice")
        seen.add(name)
        _check_parameter(name, value)
    if "sentinel_username" in seen and "sentinel_password" not in seen:
        raise UnacceptableError("the parameter sentinel_username needs sentinel_password")


def _check_parameter(name: str, value: str) -> None:
    if name == "db" and not re.fullmatch(r"[0-9]{1,5}", value):
        raise UnacceptableError("the parameter db must be the number of a database")
    if name in TLS_CHECKS and value != TLS_CHECKS[name]:
        raise UnacceptableError(f"the parameter {name} may only be {TLS_CHECKS[name]}: the server is always checked")
    if name in TLS_FILES and not Path(value).is_file():
        raise UnacceptableError(f"the parameter {name} must name an existing file")
