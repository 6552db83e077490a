"""Optimistic locking for clients that ask for it: `ETag` out, `If-Match` in, over `metadata.version`.

How upstream answers a stale version on PATCH is not documented. So the version is compared before the write, and
sent along with it, for upstream to compare again; between the two there is no gap that loses a change unseen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import request

from bff.emporix.client import Call, Reply
from bff.errors import Detail, InvalidInput, PreconditionFailed, UpstreamRejected
from bff.operations.model import Operation, Place
from bff.sessions.session import Session
from bff.wiring import Services

_ETAG = re.compile(r'"(\d{1,15})"')
_STALE = frozenset({400, 409, 412})


def etag_of(content: Any) -> str | None:
    """Return the entity tag of a profile or an address; None where it has no version."""
    version = _version(content)
    return None if version is None else f'"{version}"'


def call_versioned(services: Services, session: Session, operation: Operation, call: Call, content: Any) -> Reply:
    """Send a write on, guarded by the request's `If-Match` where there is one.

    :raises PreconditionFailed: the version is not the newest
    :raises InvalidInput: the header cannot be read, or contradicts the body
    :raises BffError: as the broker's `call`
    """
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return services.broker.call(session, operation, call)
    match = _ETAG.fullmatch(wanted.strip())
    if match is None:
        raise InvalidInput(Detail(field="If-Match", type="invalid_value", message='Expected one tag such as "3".'))
    version = int(match.group(1))
    current = services.broker.call(session, _reading(services.operations, operation), _same_place(operation, call))
    if _version(current.content) != version:
        raise PreconditionFailed
    try:
        return services.broker.call(session, operation, replace(call, body=_with_version(content, version)))
    except UpstreamRejected as err:
        if err.status == 409 or (err.status in _STALE and "version" in _words(err)):
            raise PreconditionFailed from None
        raise


def _reading(operations: Mapping[str, Operation], operation: Operation) -> Operation:
    return next(row for row in operations.values() if row.path == operation.path and row.method == "GET")


def _same_place(operation: Operation, call: Call) -> Call:
    values = call.values or {}
    in_path = {p.name: values[p.name] for p in operation.parameters if p.place is Place.PATH and p.name in values}
    return Call(values=in_path, accept_language=call.accept_language)


def _with_version(content: dict[str, Any], version: int) -> bytes:
    metadata = content.get("metadata") or {}
    if metadata.get("version", version) != version:
        raise InvalidInput(Detail(field="metadata.version", type="invalid_value", message="This contradicts If-Match."))
    return json.dumps({**content, "metadata": {**metadata, "version": version}}).encode()


def _version(content: Any) -> int | None:
    metadata = content.get("metadata") if isinstance(content, dict) else None
    version = metadata.get("version") if isinstance(metadata, dict) else None
    return version if isinstance(version, int) and not isinstance(version, bool) else None


def _words(err: UpstreamRejected) -> str:
    return " ".join([err.message, *(f"{d.field} {d.message}" for d in err.details)]).lower()
