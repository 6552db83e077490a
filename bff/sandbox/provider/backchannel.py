"""Delivers logout tokens to the registered URL (OpenID Connect Back-Channel Logout 1.0 section 2.5)."""

from __future__ import annotations

from typing import Protocol

import requests

_TIMEOUT_SECONDS = (2.0, 10.0)


class Delivery(Protocol):
    """Posts one logout token."""

    def __call__(self, url: str, logout_token: str) -> int | None:
        """Return the status that came back; None if no answer came."""
        ...


def deliver(url: str, logout_token: str) -> int | None:
    """Post a logout token over HTTP."""
    with requests.Session() as http:
        # No proxy, no .netrc: the shop is on this machine.
        http.trust_env = False
        try:
            reply = http.post(url, data={"logout_token": logout_token}, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException:
            return None
        return reply.status_code
