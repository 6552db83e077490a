"""The headers of every response: who may frame, read, keep and sniff it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, request

from bff.config.settings import Settings
from bff.web.paths import is_static

_JSON_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
"""For everything but pages: opened by itself, it is a document that may do nothing, in an origin of its own."""
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'{issuer}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
_PERMISSIONS = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()"
)
_FILE_ANSWERS = frozenset({200, 206, 304})
"""The statuses of a static file, which sets its own `Cache-Control`."""
_HSTS = "max-age=63072000; includeSubDomains"
"""Two years. `includeSubDomains` reaches what lies below the public URL's host, never its siblings: without it, plain
http there could plant cookies for us. No `preload`: the owner of the domain has to decide that."""


def _page_policy(settings: Settings) -> str:
    if settings.social is None:
        return _PAGE_POLICY.format(issuer="")
    # Browsers check the redirect that answers a form against `form-action`: signing out leads to the issuer.
    parts = urlsplit(settings.social.issuer)
    return _PAGE_POLICY.format(issuer=f" {parts.scheme}://{parts.netloc}")


def add_headers(settings: Settings, response: Response) -> Response:
    """Set the security headers and the cache rule of a response."""
    headers = response.headers
    headers.update(_everywhere(settings))
    headers["Content-Security-Policy"] = _page_policy(settings) if response.mimetype == "text/html" else _JSON_POLICY
    if not (is_static(request.path) and response.status_code in _FILE_ANSWERS):
        headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    return response


def bare_headers(settings: Settings) -> dict[str, str]:
    """Return the headers of an answer in JSON to what never was a request of the application's."""
    return {**_everywhere(settings), "Content-Security-Policy": _JSON_POLICY, "Cache-Control": "no-store"}


def _everywhere(settings: Settings) -> dict[str, str]:
    return {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        # Not `no-referrer`: that would make browsers send `Origin: null` with the page's own form.
        "Referrer-Policy": "strict-origin",
        "Permissions-Policy": _PERMISSIONS,
        **({"Strict-Transport-Security": _HSTS} if settings.cookie.secure else {}),
    }
