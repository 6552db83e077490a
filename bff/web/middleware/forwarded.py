"""What the declared reverse proxies say about a request: the client's address, the scheme, the host.

Each of `X-Forwarded-For`, `-Proto` and `-Host` is read from its end, one entry for each declared proxy; any client can
send the entries further in front. Werkzeug's own `ProxyFix` reads these fields as lists with quoted strings, so that
a quote sent in front would swallow the entries that the proxies have added behind it. Nothing else is believed: not
`-Port`, not `-Prefix`, not `Forwarded` (RFC 7239). Where no proxy is declared, this is not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([0-9.]+):\d+")
"""How some proxies write an address: `[2001:db8::1]:443`, `192.0.2.1:443`."""


class DeclaredProxies:
    """A WSGI application behind so many `proxies`, at least 1; each adds one entry to each field."""

    def __init__(self, app: WSGIApplication, proxies: int) -> None:
        self.app = app
        self.proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Replace address, scheme and host of the connection by what the outermost declared proxy saw."""
        address = _address(self._entry(environ, "HTTP_X_FORWARDED_FOR"))
        if address is not None:
            environ["REMOTE_ADDR"] = address
        scheme = self._entry(environ, "HTTP_X_FORWARDED_PROTO").lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        host = self._entry(environ, "HTTP_X_FORWARDED_HOST")
        if host:
            environ["HTTP_HOST"] = host
        return self.app(environ, start_response)

    def _entry(self, environ: WSGIEnvironment, field: str) -> str:
        entries = str(environ.get(field, "")).split(",")
        # Fewer entries than proxies: the request came past one of them, so no entry is known to be theirs.
        return entries[-self.proxies].strip(" \t") if len(entries) >= self.proxies else ""


def _address(entry: str) -> str | None:
    written = _WITH_PORT.fullmatch(entry)
    try:
        return str(ip_address((written[1] or written[2]) if written else entry))
    except ValueError:
        # `unknown`, or a name that hides the address: the address of the connection stays.
        return None
