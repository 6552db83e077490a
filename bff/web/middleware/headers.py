"""The headers of every response: who may frame, read, keep and sniff it.

They are prepared once and put on where a response leaves the application: Werkzeug's headers look through all there are
for each one that is set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from bff.config.settings import Settings
from bff.log import request_id_to_tell
from bff.web.paths import is_static

REQUEST_ID_HEADER = "X-Request-ID"
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
_KEPT_ANSWERS = ("200", "206", "304")
"""The statuses of what sets its own `Cache-Control`: a static file, and what every visitor may read."""
FOR_CACHES = "public, max-age="
"""How `Cache-Control` begins where every visitor gets the same answer."""
_OF_ONE_VISITOR = frozenset({"set-cookie", "x-csrf-token"})
_HSTS = "max-age=63072000; includeSubDomains"
"""Two years. `includeSubDomains` reaches what lies below the public URL's host, never its siblings: without it, plain
http there could plant cookies for us. No `preload`: the owner of the domain has to decide that."""
_NOT_KEPT = [("Cache-Control", "no-store"), ("Vary", "Cookie")]

Lines = list[tuple[str, str]]
StartResponse = Callable[..., Any]


def _page_policy(settings: Settings) -> str:
    if settings.social is None:
        return _PAGE_POLICY.format(issuer="")
    # Browsers check the redirect that answers a form against `form-action`: signing out leads to the issuer.
    parts = urlsplit(settings.social.issuer)
    return _PAGE_POLICY.format(issuer=f" {parts.scheme}://{parts.netloc}")


class ResponseHeaders:
    """What one configuration puts on each response."""

    def __init__(self, settings: Settings) -> None:
        everywhere = list(_everywhere(settings).items())
        self._of_pages: Lines = [*everywhere, ("Content-Security-Policy", _page_policy(settings))]
        self._of_others: Lines = [*everywhere, ("Content-Security-Policy", _JSON_POLICY)]

    def added_to(self, start_response: StartResponse, path: str) -> StartResponse:
        """Return WSGI's `start_response` for a request for a path, with all headers put on what it is given."""

        def start(status: str, headers: Lines, *error: Any) -> Any:
            named = {name.lower(): value for name, value in headers}
            is_page = named.get("content-type", "").startswith("text/html")
            added = [*(self._of_pages if is_page else self._of_others), (REQUEST_ID_HEADER, request_id_to_tell() or "")]
            if status[:3] in _KEPT_ANSWERS and (is_static(path) or _is_for_caches(named)):
                return start_response(status, headers + added, *error)
            if "vary" in named or "cache-control" in named:
                headers = [(name, value) for name, value in headers if name.lower() not in ("vary", "cache-control")]
                varies = [value for value in (named.get("vary"), "Cookie") if value]
                return start_response(
                    status, [*headers, *added, ("Cache-Control", "no-store"), ("Vary", ", ".join(varies))], *error
                )
            return start_response(status, headers + added + _NOT_KEPT, *error)

        return start


def _is_for_caches(named: Mapping[str, str]) -> bool:
    """Tell whether an answer says that it is everybody's, and bears nothing that is one visitor's."""
    return named.get("cache-control", "").startswith(FOR_CACHES) and _OF_ONE_VISITOR.isdisjoint(named)


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
