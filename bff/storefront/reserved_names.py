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
EXAMPLES: Final = {
    Place.PATH: 'cartId = "id"',
    Place.QUERY: 'siteCode = "site"',
    Place.HEADER: 'session-id = { from = "session.id" }',
}
"""A parameter whose name will do, by where it stands."""
_CLIENTS_OWN: Final = frozenset({"tenant", "tenantid", "clientid"})
"""The settings fill them in."""
_SECRETS: Final = frozenset({"apikey", "authorization", "jwt"})
_SECRETS_END: Final = ("token", "secret", "password")
"""A secret travels in a body, never in a URL."""
_SITES: Final = frozenset({"site", "sitecode"})
_WHO: Final = {
    "sessionid": SessionValue.SESSION_ID,
    "customerid": SessionValue.CUSTOMER_ID,
    "customernumber": SessionValue.CUSTOMER_ID,
    "legalentityid": SessionValue.LEGAL_ENTITY,
}
_MAKES: Final = frozenset({"create"})
"""A read with it makes what is not there (`GET-cart-retrieve-cart-by-criteria`)."""
_HEADERS: Final = frozenset(
    {
        "alt-svc", "authorization", "b3", "baggage", "cache-control", "client-ip", "connection", "cookie", "cookie2",
        "date", "dnt", "expect", "forwarded", "from", "host", "keep-alive", "legal-entity-id", "location", "origin",
        "pragma", "prefer", "priority", "range", "real-ip", "referer", "saas-token", "set-cookie", "te", "tenant",
        "trace-id", "traceparent", "tracestate", "trailer", "transfer-encoding", "true-client-ip", "upgrade",
        "user-agent", "vary", "via", "warning", "www-authenticate",
    }
)  # fmt: skip
_HEADER_FAMILIES: Final = (
    "accept", "access-control-", "cf-", "content-", "emporix-", "fastly-", "hybris-", "if-", "proxy-", "sec-", "x-",
)  # fmt: skip
"""`emporix-`, `hybris-`: in these the gateway tells the services whose call it is; `cf-`, `fastly-`: whose address."""


def name_fault(place: Place, name: str) -> str | None:
    """Return why a parameter may not be called so, whatever it is; None: it may."""
    pattern, written = _NAME[place]
    if not pattern.fullmatch(name):
        return f"is no name that fits here: {written}"
    if place is Place.HEADER and (name in _HEADERS or name.startswith(_HEADER_FAMILIES)):
        return "is a header field that no row may send"
    bare = _bare(name)
    if bare in _CLIENTS_OWN:
        return "is filled in by the settings"
    # A header field's value comes in our query.
    if bare in _SECRETS or bare.endswith(_SECRETS_END):
        return "is a secret's name, and a secret does not travel in a URL"
    return None


def verb_fault(method: str, place: Place, name: str) -> str | None:
    """Return why a parameter does not go with a verb; None: it does."""
    if method == "GET" and place is Place.QUERY and _bare(name) in _MAKES:
        return "makes something, and a GET changes nothing"
    return None


def whose(parameter: Parameter) -> SessionValue | None:
    """Return what of the session a parameter is, by its name; None: nothing of it."""
    return _WHO.get(_bare(parameter.name))


def names_site(parameter: Parameter) -> bool:
    """Tell whether a parameter is a site, by its name."""
    return _bare(parameter.name) in _SITES


def _bare(name: str) -> str:
    return re.sub(r"[._-]", "", name).lower()
