"""Checks that our own page made a request: Fetch Metadata, else Origin, and a token bound to the cookie.

Everything but GET and HEAD is checked. Flask-WTF signs and compares the tokens; it is called from here because by
itself it reads the body first, and would answer 413 where the answer is 403.
"""

from __future__ import annotations

from flask import Request, g
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from bff.errors import CsrfFailed, Detail, Forbidden, InvalidInput, OriginRefused
from bff.events import Event
from bff.sessions.audit_fields import audit_subject
from bff.web.paths import is_api
from bff.web.session_interface import CSRF_FIELD, browser_session
from bff.wiring import Services

CSRF_HEADER = "X-CSRF-Token"
_SITE = "HTTP_SEC_FETCH_SITE"
_SAFE = frozenset({"GET", "HEAD"})


def check_origin(request: Request, services: Services) -> None:
    """Refuse a request that another site made.

    :raises Forbidden: a read of a JSON route, from another site
    :raises OriginRefused: a request that may change something, from another site
    """
    site = request.environ.get(_SITE)
    if request.method in _SAFE:
        if is_api(request.path) and site in ("cross-site", "same-site"):
            _report(services, "a read from another site")
            raise Forbidden
        return
    if not _may_be_ours(request, services):
        _report(services, "another origin")
        if site not in (None, "none"):
            raise OriginRefused(_not_ours("Sec-Fetch-Site", "same-origin"))
        raise OriginRefused(_not_ours("Origin", services.settings.serving.public_url))


def _not_ours(header: str, expected: str) -> Detail:
    return Detail(field=header, type="invalid_value", message=f"Expected {expected}.")


def _may_be_ours(request: Request, services: Services) -> bool:
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site == "none":
        # Firefox says so of another site's quiet form that is redirected on its way, and withholds the form's origin.
        return origin in (None, services.settings.serving.public_url)
    return site == "same-origin" if site is not None else origin in (None, "null", services.settings.serving.public_url)


def check_cookies(services: Services) -> None:
    """Refuse two session cookies: one is not ours, and nothing tells which.

    A malformed cookie is treated as absent and audited.

    :raises InvalidInput: more than one session cookie came
    """
    browser = browser_session()
    if browser.session.cookie is not None and not browser.session.cookie.is_well_formed:
        services.log.audit(Event.COOKIE_REFUSED, reason="malformed")
    if browser.several_cookies:
        services.log.audit(Event.COOKIE_REFUSED, reason="several")
        raise InvalidInput(
            Detail(field="Cookie", type="invalid_value", message="There is more than one session cookie.")
        )


def has_right_token(request: Request) -> bool:
    """Tell whether a change carries the token of this browser; says nothing to the log."""
    return _fault_of_the_token(request) is None


def check_token(request: Request, services: Services) -> None:
    """Refuse a change without the token of this browser; JSON routes take it from a header, pages from their form.

    :raises CsrfFailed: the token is missing, stale or another browser's; `origin_is_ours` unless `Origin` is `null`
    """
    if request.method in _SAFE:
        return
    if (fault := _fault_of_the_token(request)) is not None:
        _report(services, fault)
        # `check_origin` lets `null` through, but a page in another site's sandboxed frame sends it too.
        raise CsrfFailed(origin_is_ours=request.headers.get("Origin") != "null")
    # Flask-WTF's forms look at this and do not check again.
    g.csrf_valid = True


def _fault_of_the_token(request: Request) -> str | None:
    try:
        validate_csrf(_sent_token(request))
    except ValidationError as err:
        # Flask-WTF has five texts, and none of them repeats what was sent.
        return str(err)
    return None


def _report(services: Services, reason: str) -> None:
    # The session has not been read, and is not read for this: a flood of forged requests must stay cheap.
    services.log.audit(Event.CSRF_REFUSED, reason=reason, **audit_subject(browser_session().session))


def _sent_token(request: Request) -> str | None:
    return request.headers.get(CSRF_HEADER) if is_api(request.path) else request.form.get(CSRF_FIELD)
