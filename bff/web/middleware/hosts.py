"""Which host names the application answers to: the public one, and no other but for the probes.

A foreign `Host` would otherwise reach absolute redirects, and let a rebound DNS name read a loopback server. Who came
by another name is told the right one, and is not redirected: a server in front that rewrites `Host` would loop.
"""

from __future__ import annotations

import threading
from typing import Final
from urllib.parse import urlsplit

from flask import Request, Response

from bff.errors import Detail, InvalidInput
from bff.events import Event
from bff.web.paths import HOME, PROBES, is_api
from bff.web.rendering import render
from bff.web.return_path import is_plain_path
from bff.wiring import Services

SECONDS_BETWEEN_LINES: Final = 60
"""Scanners come by many names; a misconfigured proxy or public URL is told by one line a minute and process."""


class HostCheck:
    """Refuses requests for another host, or for none; safe to share between threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._public_url = services.settings.serving.public_url
        self._netloc = urlsplit(self._public_url).netloc
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def refusal(self, request: Request) -> Response | None:
        """Return the page that names the public URL; None: the host is ours, or the path is a probe's.

        The port does not count, since proxies often leave it out.

        :raises InvalidInput: a JSON route was asked for under another host
        """
        if self._is_ours(request) or request.path in PROBES or _asked_for(request) == {_host_name(self._public_url)}:
            return None
        self._report()
        if is_api(request.path):
            raise InvalidInput(Detail(field="Host", type="invalid_value", message=f"Expected {self._netloc}."))
        # The query stays behind: a mailed link's token belongs to the address that it was mailed with.
        # As it was sent: `request.path` folds slashes at its start.
        sent = request.environ.get("PATH_INFO", "")
        path = sent if is_plain_path(sent) else HOME
        return render("other_host.html", status=400, onward=self._public_url + path)

    def _is_ours(self, request: Request) -> bool:
        """Tell whether the host is ours letter by letter, as it nearly always is."""
        environ = request.environ
        return environ.get("HTTP_HOST") == self._netloc and environ.get("RAW_URI", "").startswith("/")

    def _report(self) -> None:
        now = self._services.now()
        with self._lock:
            if now < self._silent_until:
                return
            self._silent_until = now + SECONDS_BETWEEN_LINES
        # The host that was asked for is the sender's own text, and has no place in the log.
        self._services.log.emit(Event.HOST_REFUSED, expected=self._public_url)


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
