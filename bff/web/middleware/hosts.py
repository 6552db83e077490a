"""Which host names the application answers to: the public one, and no other but for the probes.

A foreign `Host` would otherwise reach absolute redirects, and let a rebound DNS name read a loopback server. Who came
by another name is told the right one, and is not redirected: a server in front that rewrites `Host` would loop.

With a public URL of plain http, which is on loopback, a dev server stands in front: many of them write the address that
the program listens on into `Host`. That one is ours too then, and what the browser says of itself tells the name.
"""

from __future__ import annotations

import threading
from typing import Final
from urllib.parse import urlsplit

from flask import Request, Response

from bff.config.parsers import is_loopback
from bff.config.settings import ServingSettings
from bff.errors import Detail, InvalidInput
from bff.events import Event
from bff.web.paths import HOME, PROBES, is_api, is_static
from bff.web.rendering import render
from bff.web.return_path import is_plain_path
from bff.wiring import Services

SECONDS_BETWEEN_LINES: Final = 60
"""Scanners come by many names; a misconfigured proxy or public URL is told by one line a minute and process."""


class HostCheck:
    """Refuses requests for another host, or for none; safe to share between threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        serving = services.settings.serving
        self._public_url = serving.public_url
        self._netloc = urlsplit(self._public_url).netloc
        self._host_name = _host_name(self._public_url)
        self._is_for_developers = serving.public_url.startswith("http://")
        self._bind = _bind_of_developers(serving)
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def refusal(self, request: Request) -> Response | None:
        """Return the page that names the public URL; None: the host is ours, or the path is a probe's.

        The port does not count, since proxies often leave it out.

        :raises InvalidInput: a JSON route was asked for under another host
        """
        if self._is_ours(request) or request.path in PROBES:
            return None
        field = self._wrong_field(request)
        if field is None:
            return None
        self._report()
        if is_api(request.path):
            expected = self._netloc if field == "Host" else self._public_url
            raise InvalidInput(Detail(field=field, type="invalid_value", message=f"Expected {expected}."))
        # The query stays behind: a mailed link's token belongs to the address that it was mailed with.
        # As it was sent: `request.path` folds slashes at its start.
        sent = request.environ.get("PATH_INFO", "")
        path = sent if is_plain_path(sent) else HOME
        return render("other_host.html", status=400, onward=self._public_url + path)

    def _wrong_field(self, request: Request) -> str | None:
        """Return the header field that names another host than ours; None: there is none."""
        is_bind = self._bind is not None and _written_host(request) == self._bind
        if not is_bind and _asked_for(request) != {self._host_name}:
            return "Host"
        if not self._is_for_developers or is_static(request.path):
            return None
        # `Host` may be the dev server's word. Of a request by a page of the same origin, this is the browser's own.
        if request.headers.get("Sec-Fetch-Site") != "same-origin":
            return None
        field = "Origin" if "Origin" in request.headers else "Referer"
        origin = request.headers.get(field, "null")
        return None if origin == "null" or _host_name(origin) == self._host_name else field

    def _is_ours(self, request: Request) -> bool:
        """Tell whether the host is ours letter by letter, as it nearly always is."""
        return _written_host(request) == self._netloc

    def _report(self) -> None:
        now = self._services.now()
        with self._lock:
            if now < self._silent_until:
                return
            self._silent_until = now + SECONDS_BETWEEN_LINES
        # The host that was asked for is the sender's own text, and has no place in the log.
        self._services.log.emit(Event.HOST_REFUSED, expected=self._public_url)


def _bind_of_developers(serving: ServingSettings) -> str | None:
    """Return host and port that the program listens on, if a dev server may name them: on loopback, as the public URL.

    A shop for others has an https URL, and what reaches it by this name has gone past its proxy, or the proxy is wrong.
    """
    if serving.bind.startswith("unix:") or not serving.public_url.startswith("http://"):
        return None
    return serving.bind if is_loopback(_host_name("//" + serving.bind) or "") else None


def _written_host(request: Request) -> str | None:
    """Return `Host`, where it alone names the host."""
    environ = request.environ
    return environ.get("HTTP_HOST") if environ.get("RAW_URI", "").startswith("/") else None


def _asked_for(request: Request) -> set[str | None]:
    asked = {_host_name("//" + request.host if "Host" in request.headers else "")}
    target = request.environ.get("RAW_URI", "")
    if not target.startswith("/"):
        # RFC 9112 3.2.2: a whole URL as the target says more than `Host`; gunicorn reads no more than its path.
        asked.add(_host_name(target or "//" + request.host))
    return asked


def _host_name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
