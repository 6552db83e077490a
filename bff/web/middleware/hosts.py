"""Which host names the application answers to: the public one, and no other but for the probes.

A foreign `Host` would otherwise reach absolute redirects, and let a rebound DNS name read a loopback server.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from bff.config.settings import Settings
from bff.errors import Detail, InvalidInput
from bff.web.paths import PROBES


def check_host(settings: Settings) -> None:
    """Refuse a request for another host, or for none; the port does not count, since proxies often leave it out.

    :raises InvalidInput: `Host` or a whole URL as the target names no host, or another than the public one
    """
    if request.path in PROBES:
        return
    asked = {_host_name("//" + request.host if "Host" in request.headers else "")}
    target = request.environ.get("RAW_URI", "")
    if not target.startswith("/"):
        # RFC 9112 3.2.2: a whole URL as the target says more than `Host`; gunicorn reads no more than its path.
        asked.add(_host_name(target or "//" + request.host))
    if asked != {_host_name(settings.serving.public_url)}:
        raise InvalidInput(Detail(field="Host", type="invalid_value", message="This host is not served here."))


def _host_name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
