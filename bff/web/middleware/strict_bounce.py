"""One step aside for `SameSite=Strict`: the browser hides the cookie where another site leads here.

A mailed link, or the way back from the identity provider, is answered by a page that at once asks for the same path
again, this time from here, so that the cookie comes along. It consumes nothing and sets nothing; what stood in the
query travels sealed. The second request is marked, so that it neither loops nor is taken for a click on our page.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from flask import Response, g, request
from werkzeug.datastructures import ImmutableMultiDict

from bff.config.settings import SameSite
from bff.web.paths import PROBES, is_api, is_static
from bff.web.rendering import render
from bff.web.session_interface import session_cookies
from bff.wiring import Services

MARK: Final = "onward"
_PURPOSE: Final = b"bff/bounce"


def step_aside(services: Services) -> Response | None:
    """Answer a navigation from another site with the step; restore the query of one that has made it."""
    if services.settings.cookie.same_site is not SameSite.STRICT or request.method != "GET":
        return None
    path = request.path
    if is_api(path) or is_static(path) or path in PROBES:
        return None
    sealed = request.args.get(MARK)
    if sealed is not None:
        query = services.ring.open_text(sealed, purpose=_PURPOSE, bound_to=path.encode())
        g.stepped_aside = True
        request.args = ImmutableMultiDict(parse_qsl(query or "", keep_blank_values=True))
        return None
    if session_cookies(request, services.settings.cookie.name) or not _leads_here_from_elsewhere():
        return None
    query = request.query_string.decode("latin-1")
    onward = services.ring.seal_text(query, purpose=_PURPOSE, bound_to=path.encode())
    return render("bounce.html", onward=f"{path}?{MARK}={onward}")


def came_from_elsewhere() -> bool:
    """Tell whether this request is the second half of a step: it looks like a click on our page, but is not."""
    stepped: bool = g.get("stepped_aside", False)
    return stepped


def _leads_here_from_elsewhere() -> bool:
    headers = request.headers
    return headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and headers.get("Sec-Fetch-Mode") == "navigate"
