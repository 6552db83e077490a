"""One step aside for `SameSite=Strict`: the browser hides the cookie where anything but our own page leads here.

A mailed link, or the way back from the identity provider, is answered by a page that at once asks for the same path
again, this time from here, so that the cookie comes along. It consumes nothing and sets nothing; what stood in the
query travels sealed. The second request is marked, so that it neither loops nor is taken for a click on our page. The
mark lasts a minute: the address with it stays in the browser's history, and is opened again in later days.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import Request, Response, g
from werkzeug.datastructures import ImmutableMultiDict

from bff.config.settings import SameSite
from bff.web.navigation import MARK, is_navigation, may_hide_cookie, opened_mark, sealed_mark
from bff.web.paths import WITHOUT_SESSION
from bff.web.rendering import render
from bff.web.session_interface import session_cookies
from bff.wiring import Services


def step_aside(request: Request, services: Services) -> Response | None:
    """Answer a navigation that may hide a cookie with the step; restore the query of one that has made it."""
    if services.settings.cookie.same_site is not SameSite.STRICT or request.method != "GET":
        return None
    if request.path in WITHOUT_SESSION:
        return None
    hides = may_hide_cookie(request, services)
    query, has_stepped = request.query_string.decode("latin-1"), False
    if request.query_string and MARK in request.args:
        query, has_stepped = opened_mark(request, services)
        g.stepped_aside = True
        request.args = ImmutableMultiDict(parse_qsl(query, keep_blank_values=True))
    if has_stepped or not hides or not is_navigation(request):
        return None
    if session_cookies(request, services.settings.cookie.name):
        return None
    return render("bounce.html", onward=f"{request.path}?{MARK}={sealed_mark(request, services, query)}")


def came_from_elsewhere() -> bool:
    """Tell whether this request is the second half of a step: it looks like a click on our page, but is not."""
    stepped: bool = g.get("stepped_aside", False)
    return stepped
