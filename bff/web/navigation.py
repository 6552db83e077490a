"""Where a request comes from, as far as its browser tells: a page of ours, or anything else.

Fetch Metadata tells it. An engine without that (Safari before 16.4) sends no more than a `Referer`. Neither is believed
where a `SameSite=Strict` cookie may be at stake: Firefox calls a redirect of another site's quiet page `none`, and a
`Referer` stays what it was through every redirect.
"""

from __future__ import annotations

from typing import Final

from flask import Request

from bff.config.settings import SameSite, Settings
from bff.web.paths import is_api
from bff.wiring import Services

MARK: Final = "onward"
"""The parameter of a navigation that was sent here by our own page for the step aside."""
_PURPOSE: Final = b"bff/bounce"
_MARKED_SECONDS: Final = 60


def is_click_on_our_page(request: Request, settings: Settings) -> bool:
    """Tell whether a page of ours made this request; without Fetch Metadata, its `Referer` says so."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    # `strict-origin` is what our pages send: the origin, and a slash.
    return request.headers.get("Referer", "").startswith(settings.serving.public_url + "/")


def is_navigation(request: Request) -> bool:
    """Tell whether a browser opens this as a page; in doubt, a page of ours is, and a JSON route is not."""
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    return not is_api(request.path) or "text/html" in request.headers.get("Accept", "")


def may_hide_cookie(request: Request, services: Services) -> bool:
    """Tell whether the browser may have a session cookie that it did not send with this request, which has none."""
    if services.settings.cookie.same_site is not SameSite.STRICT:
        return False
    is_click = is_click_on_our_page(request, services.settings)
    if "Sec-Fetch-Site" in request.headers:
        return not is_click
    # A click of ours that another site redirects back here has our `Referer`, and no cookie. The step aside goes by
    # way of no other site.
    return is_navigation(request) and not (is_click and opened_mark(request, services)[1])


def sealed_mark(request: Request, services: Services, query: str) -> str:
    """Return the mark for a second request for the same path, which holds the query."""
    text = f"{int(services.now())}?{query}"
    return services.ring.seal_text(text, purpose=_PURPOSE, bound_to=request.path.encode())


def opened_mark(request: Request, services: Services) -> tuple[str, bool]:
    """Return the query that a mark holds, and whether it is of just now; what is no mark of ours holds nothing."""
    sealed = request.args.get(MARK, "")
    text = services.ring.open_text(sealed, purpose=_PURPOSE, bound_to=request.path.encode())
    made, _, query = (text or "0?").partition("?")
    return query, abs(services.now() - int(made)) <= _MARKED_SECONDS
