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

MARK: Final = "onward"
"""The parameter of a navigation that was sent here by our own page for the step aside."""


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


def may_hide_cookie(request: Request, settings: Settings) -> bool:
    """Tell whether the browser may have a session cookie that it did not send with this request, which has none."""
    if settings.cookie.same_site is not SameSite.STRICT:
        return False
    if "Sec-Fetch-Site" in request.headers:
        return not is_click_on_our_page(request, settings)
    # A click of ours that another site redirects back here has our `Referer`, and no cookie. The step aside has nobody
    # in between.
    return is_navigation(request) and not (MARK in request.args and is_click_on_our_page(request, settings))
