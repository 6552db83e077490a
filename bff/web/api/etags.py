"""Optimistic locking for clients that ask for it (RFC 9110 8.8.3, 13.1.1): `ETag` out, `If-Match` in; and `Prefer`."""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Request

from bff.account.versions import version_of
from bff.errors import Detail, InvalidInput
from bff.operations.model import Operation

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,15})(?:-gzip|-br|-zstd|--gzip|;gzip)?"')
"""A tag of ours, also as a server in front that compresses hands it on: made weak, or with the coding behind it."""
REPRESENTATION: Final = "return=representation"
"""RFC 7240 4.2: a write that succeeds is answered with what is there now."""


def etag_of(content: Any) -> str | None:
    """Return the entity tag of a profile or an address; None where it has no version."""
    version = version_of(content)
    return None if version is None else f'"{version}"'


def wanted_version(request: Request, operation: Operation) -> int | None:
    """Return the version that the request's `If-Match` names; None: any will do.

    :raises InvalidInput: the header is not one tag of the form `"3"`
    """
    wanted = request.headers.get("If-Match") if operation.versioned else None
    if wanted is None or wanted.strip() == "*":
        return None
    match = _ETAG.fullmatch(wanted.strip())
    if match is None:
        raise InvalidInput(Detail(field="If-Match", type="invalid_value", message='Expected one tag such as "3".'))
    return int(match.group(1))


def prefers_representation(request: Request) -> bool:
    """Tell whether the request asks for what is there after its write; the first `return` counts (RFC 7240 2)."""
    sent: str = request.environ.get("HTTP_PREFER", "")
    for preference in sent.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "return":
            return value.strip().strip('"') == "representation"
    return False
