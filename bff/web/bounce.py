"""One step aside for `SameSite=Strict`: the browser hides the cookie where another site leads here.

A mailed link, or the way back from the identity provider, is answered by a page that at once asks for the same path
again, this time from here, so that the cookie comes along. It consumes nothing and sets nothing; what stood in the
query travels sealed. The second time is marked: nobody goes round in circles, or is taken for a click on our page.
"""

from __future__ import annotations

import base64
from typing import Final
from urllib.parse import parse_qsl

from flask import Response, g, request
from werkzeug.datastructures import ImmutableMultiDict

from bff.crypto import KEY_NUMBER_BYTES, KeyRing, encode
from bff.settings import SameSite
from bff.web.pages.visit import render
from bff.web.paths import PROBES, is_api, is_static
from bff.web.session_interface import session_cookies
from bff.wiring import Services

MARK: Final = "onward"
_PURPOSE: Final = b"bff/bounce"


def step_aside(services: Services) -> Response | None:
    """Answer a navigation from elsewhere with the step; restore the query of one that has made it."""
    if services.settings.cookie.same_site is not SameSite.STRICT or request.method != "GET":
        return None
    path = request.path
    if is_api(path) or is_static(path) or path in PROBES:
        return None
    sealed = request.args.get(MARK)
    if sealed is not None:
        query = _opened(services.ring, sealed, path)
        g.stepped_aside = True
        request.args = ImmutableMultiDict(parse_qsl(query or "", keep_blank_values=True))
        return None
    if session_cookies(request, services.settings.cookie.name) or not _leads_here_from_elsewhere():
        return None
    query = request.query_string.decode("latin-1")
    return render("bounce.html", onward=f"{path}?{MARK}={_sealed(services.ring, query, path)}")


def came_from_elsewhere() -> bool:
    """Tell whether this request is the second half of a step: it looks like a click on our page, and is none."""
    stepped: bool = g.get("stepped_aside", False)
    return stepped


def _leads_here_from_elsewhere() -> bool:
    headers = request.headers
    return headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and headers.get("Sec-Fetch-Mode") == "navigate"


def _sealed(ring: KeyRing, query: str, path: str) -> str:
    key = ring.newest
    return encode(key.number + key.seal(query.encode(), purpose=_PURPOSE, cookie=b"", bound_to=path.encode()))


def _opened(ring: KeyRing, sealed: str, path: str) -> str | None:
    try:
        raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    except ValueError:
        return None
    key = ring.numbered(raw[:KEY_NUMBER_BYTES])
    if key is None:
        return None
    plain = key.open(raw[KEY_NUMBER_BYTES:], purpose=_PURPOSE, cookie=b"", bound_to=path.encode())
    return None if plain is None else plain.decode()
