"""Names of parameters that no row may use: those that say who somebody is, and header fields that are ours."""

from __future__ import annotations

import re
from typing import Final

from bff.operations.declared import SessionValue
from bff.operations.model import Parameter, Place

_NAME: Final = {
    Place.PATH: (re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}"), "1 to 40 letters, digits and '_', a letter first"),
    Place.QUERY: (
        re.compile(r"[A-Za-z](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9])){0,63}"),
        "1 to 64 letters, digits, '_', '-' and single '.', a letter first",
    ),
    Place.HEADER: (re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,39}"), "1 to 40 lower-case letters, digits and '-'"),
}
_CLIENTS_OWN: Final = frozenset({"tenant", "client_id"})
"""The settings fill them in."""
_TOKENS: Final = frozenset(
    {"token", "accesstoken", "saastoken", "refreshtoken", "subjectaccesstoken", "idtoken", "password", "authorization"}
)
"""A secret travels in a body, never in a URL."""
_WHO: Final = {
    "sessionid": SessionValue.SESSION_ID,
    "customerid": SessionValue.CUSTOMER_ID,
    "customernumber": SessionValue.CUSTOMER_ID,
    "legalentityid": SessionValue.LEGAL_ENTITY,
}
_HEADERS: Final = frozenset(
    {
        "alt-svc", "authorization", "baggage", "cache-control", "connection", "cookie", "cookie2", "date", "dnt",
        "emporix-tenant", "expect", "forwarded", "from", "host", "hybris-tenant", "keep-alive", "legal-entity-id",
        "location", "origin", "pragma", "prefer", "priority", "range", "referer", "saas-token", "set-cookie", "te",
        "tenant", "trace-id", "traceparent", "tracestate", "trailer", "transfer-encoding", "upgrade", "user-agent",
        "vary", "via", "warning", "www-authenticate",
    }
)  # fmt: skip
_HEADER_FAMILIES: Final = ("accept", "access-control-", "content-", "if-", "proxy-", "sec-", "x-")


def name_fault(place: Place, name: str) -> str | None:
    """Return why a parameter may not be called so, whatever it is; None: it may."""
    pattern, written = _NAME[place]
    if not pattern.fullmatch(name):
        return f"is no name that fits here: {written}"
    if name in _CLIENTS_OWN:
        return "is filled in by the settings"
    if _bare(name) in _TOKENS and place is not Place.HEADER:
        return "is a secret's name, and a secret does not travel in a URL"
    if place is Place.HEADER and (name in _HEADERS or name.startswith(_HEADER_FAMILIES)):
        return "is a header field that no row may send"
    return None


def whose(parameter: Parameter) -> SessionValue | None:
    """Return what of the session a parameter is, by its name; None: nothing of it."""
    return _WHO.get(_bare(parameter.name))


def _bare(name: str) -> str:
    return re.sub(r"[._-]", "", name).lower()
