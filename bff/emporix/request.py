"""What one call sends: path and query, header fields, and which of it must not be read back out of a refusal.

No view writes a URL or a header. Path parts pass the row's patterns; of a browser's fields only its languages go along,
where the row says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from bff.config.settings import EmporixSettings
from bff.errors import Detail, InvalidInput
from bff.log import TRACE
from bff.operations import model
from bff.operations.body import secret_properties
from bff.operations.declared import BROWSER_LANGUAGE, NO_LANGUAGE
from bff.operations.json_patch import names_pointed_at
from bff.operations.model import Operation, Parameter, Place, ResponseShape
from bff.secret import Secret

PDF: Final = "application/pdf"
SAAS_TOKEN: Final = "saas-token"  # nosec B105 # noqa: S105 - the name of a header field
TOTAL: Final = "X-Total-Count"
"""Asks upstream how many there are in all."""
_TOTAL_BY_QUERY: Final = "X-Count"
"""The field in which the site service answers that, which is asked by its query."""
_CONTENT_TYPE: Final = "Content-Type"
_USER_AGENT: Final = "emporix-bff"
_TAG: Final = re.compile(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")
"""One language of `Accept-Language`, with its weight (RFC 9110 12.5.4)."""

Value: TypeAlias = "str | Secret[str] | tuple[str, ...]"
"""Of one parameter; several where it is repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one call sends, beside what the row says already."""

    values: Mapping[str, Value] | None = None
    """Parameters by name; the tenant and the client id are the client's own to fill in."""
    body: bytes | None = None
    media_type: str = model.JSON
    accept_language: str | None = None
    """What the browser asks for."""


def placed(operation: Operation, call: Call, settings: EmporixSettings) -> tuple[str, dict[str, str]]:
    """Return path and query, and the parameters that stand in header fields.

    :raises InvalidInput: a value is missing, or does not match its parameter's pattern
    """
    values = dict(call.values or {})
    values.setdefault("tenant", settings.tenant)
    values.setdefault("client_id", settings.client_id)
    path, query, headers = operation.path, [], {}
    for parameter in operation.parameters:
        for text in _texts(parameter, values):
            if parameter.place is Place.PATH:
                path = path.replace("{" + parameter.name + "}", quote(text, safe=""))
            elif parameter.place is Place.QUERY:
                query.append(f"{parameter.name}={quote(text, safe='')}")
            else:
                headers[parameter.name] = text
    if operation.total_from == _TOTAL_BY_QUERY:
        query.append("totalCount=true")
    return path + ("?" + "&".join(query) if query else ""), headers


def headers_of(
    operation: Operation, call: Call, bearer: Secret[str] | None, saas_token: Secret[str] | None
) -> dict[str, str]:
    """Return the header fields that are ours to say."""
    headers = {
        "Accept": PDF if operation.answer is ResponseShape.PDF else model.JSON,
        # Without compression, the size limit counts what is really read.
        "Accept-Encoding": "identity",
        "User-Agent": _USER_AGENT,
    }
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer.reveal()}"
    if saas_token is not None:
        headers[SAAS_TOKEN] = saas_token.reveal()
    if call.body is not None:
        headers["Content-Type"] = call.media_type
    if (accepted := language_sent(operation, call.accept_language)) is not None:
        headers["Accept-Language"] = accepted
    if operation.content_language != NO_LANGUAGE and (written := _content_language(operation, call)) is not None:
        headers["Content-Language"] = written
    if operation.total_from is not None and operation.total_from != _TOTAL_BY_QUERY:
        headers[TOTAL] = "true"
    if (trace := TRACE.get()) is not None:
        # Without `tracestate`: what stands there is between those who have set it.
        headers["traceparent"] = trace.parent
    return headers


def language_sent(operation: Operation, accepted: str | None) -> str | None:
    """Return the `Accept-Language` that goes upstream, where the browser accepts these languages; None: none does."""
    if operation.language == BROWSER_LANGUAGE:
        return accepted
    return None if operation.language == NO_LANGUAGE else operation.language


def wanted_headers(operation: Operation) -> tuple[str, ...]:
    """Return which header fields of the answer are read."""
    if operation.answer is ResponseShape.PDF:
        return (_CONTENT_TYPE,)
    return () if operation.total_from is None else (operation.total_from,)


def secrets_in(
    operation: Operation, call: Call, bearer: Secret[str] | None, held: Iterable[Secret[str]]
) -> Iterator[str]:
    """Give what the row declares to be secret and what the session holds; nothing else that the sender chose."""
    if bearer is not None:
        yield bearer.reveal()
    for token in held:
        yield token.reveal()
    for name, value in (call.values or {}).items():
        if isinstance(value, Secret):
            yield value.reveal()
        elif operation.parameter(name).secret:
            yield from (value,) if isinstance(value, str) else value
    paths = () if call.body is None or operation.body is None else secret_properties(operation.body)
    content = json.loads(call.body) if paths and call.body is not None else None
    for path in paths:
        found = content
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, str):
            yield found
    free = operation.free_body
    if free is not None and free.secrets and call.body is not None:
        yield from _inside(json.loads(call.body), free.secrets)


def _inside(content: Any, names: frozenset[str]) -> Iterator[str]:
    """Give every text and number inside of the properties of these names, at any depth, and of what points at them."""
    waiting = [(content, False)]
    while waiting:
        value, is_secret = waiting.pop()
        if isinstance(value, dict):
            is_secret = is_secret or not names.isdisjoint(names_pointed_at(value))
            waiting += [(inner, is_secret or name in names) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, is_secret) for inner in value]
        elif is_secret and value is not None and not isinstance(value, bool):
            yield str(value)


def _texts(parameter: Parameter, values: Mapping[str, Value]) -> tuple[str, ...]:
    value = values.get(parameter.name)
    if value is None:
        if parameter.required:
            raise InvalidInput(
                Detail(field=parameter.name, type="missing_value", message="This parameter is required.")
            )
        return ()
    texts = value if isinstance(value, tuple) else (value.reveal() if isinstance(value, Secret) else value,)
    for text in texts:
        if not parameter.admits(text):
            raise InvalidInput(
                Detail(
                    field=parameter.name,
                    type="invalid_value",
                    message="This value has characters, or a length, that cannot be.",
                )
            )
    return texts


def _content_language(operation: Operation, call: Call) -> str | None:
    if operation.content_language != BROWSER_LANGUAGE:
        return operation.content_language
    found = (_TAG.fullmatch(part) for part in (call.accept_language or "").split(","))
    weighed = [(-float(tag[2] or 1), place, tag[1]) for place, tag in enumerate(found) if tag is not None]
    return min(weighed)[2] if weighed else None
