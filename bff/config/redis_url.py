"""Which Redis addresses are accepted: an allow-list of schemes and parameters.

redis-py hands every query parameter of a URL to its connection, and two of them turn the check of the server's
certificate or name off; here they may only be spelled out as what they are anyway. Nothing connects here, and no text
made here holds any part of the URL but a scheme or the name of a parameter: the rest may be the password.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from bff.config.environment import UnacceptableError
from bff.config.parsers import split_url
from bff.secret import Secret

PLANNED_SCHEMES: Final = frozenset({"redis+sentinel", "redis+cluster"})
TLS_FILES: Final = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
TLS_CHECKS: Final = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}
PARAMETERS: Final = {
    "redis": frozenset({"db"}),
    "rediss": TLS_FILES | TLS_CHECKS.keys() | {"db"},
    "unix": frozenset({"db", "username", "password"}),
}


def redis_url(value: str) -> Secret[str]:
    """Read the address of Redis."""
    if "#" in value:
        raise UnacceptableError("must not have a fragment: write a '#' of the password as %23")
    url = split_url(value)
    # Not `url.scheme`, which is in lower case: redis-py compares the text.
    scheme = value.partition("://")[0]
    if scheme in PLANNED_SCHEMES:
        raise UnacceptableError(f"{scheme}:// is not supported by this release yet")
    if scheme not in PARAMETERS:
        raise UnacceptableError("must begin with redis://, rediss:// or unix://")
    _check_place(url)
    _check_parameters(scheme, url.query)
    return Secret(value)


def place(url: str) -> str:
    """Return what may be told of an address: host and port, or the path of a socket; no user, no parameter."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "unix" else parts.netloc.rpartition("@")[2]


def _check_place(url: SplitResult) -> None:
    if url.scheme == "unix":
        if url.hostname or len(unquote(url.path)) < 2:
            raise UnacceptableError("must be unix:// and the absolute path of a socket")
    elif not url.hostname:
        raise UnacceptableError("must name a host")
    elif not re.fullmatch(r"(/[0-9]{0,5})?", url.path):
        raise UnacceptableError("must have the number of a database or nothing behind the host")


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


def _check_parameter(name: str, value: str) -> None:
    if name == "db" and not re.fullmatch(r"[0-9]{1,5}", value):
        raise UnacceptableError("the parameter db must be the number of a database")
    if name in TLS_CHECKS and value != TLS_CHECKS[name]:
        raise UnacceptableError(f"the parameter {name} may only be {TLS_CHECKS[name]}: the server is always checked")
    if name in TLS_FILES and not Path(value).is_file():
        raise UnacceptableError(f"the parameter {name} must name an existing file")
