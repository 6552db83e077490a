"""Which host names the application answers to: the public one, and no other but for the probes.

A foreign `Host` would otherwise reach absolute redirects, and let a rebound DNS name read a loopback server.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from bff.errors import Detail, InvalidInput
from bff.settings import Settings
from bff.web.paths import PROBES


def check_host(settings: Settings) -> None:
    """Refuse a request for another host; the port does not count, since proxies often leave it out.

    :raises InvalidInput:
    """
    if request.path in PROBES:
        return
    try:
        asked = urlsplit("//" + request.host).hostname
    except ValueError:
        asked = None
    if asked != urlsplit(settings.serving.public_url).hostname:
        raise InvalidInput(Detail(field="Host", type="invalid_value", message="This host is not served here."))
