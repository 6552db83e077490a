"""A way upstream that ends in the process: each answer tells who has asked for what, in words that are no secret."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from bff.transport import HttpResponse, Transport

_LIFE: Final = {"expires_in": 10**8, "refresh_token_expires_in": 10**8}


class TellingUpstream(Transport):
    """Believes every request, and says with which bearer and values it came."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", connections=1, max_body_bytes=1)
        self.words: dict[str, str] = {}
        """What each token is called."""
        self.told = 0
        """How many answers were told, to questions that are no sign-in."""
        self.guests = 0

    def send(self, method: str, target: str, *, headers: Any, body: bytes | None, **how: Any) -> HttpResponse:
        """Answer a request."""
        parts = urlsplit(target)
        if parts.path.endswith("/anonymous/login"):
            self.guests += 1
            return _json(self._tokens(f"guest {self.guests}", "sessionId"))
        if parts.path.endswith("/login"):
            name = json.loads(body or b"{}")["email"].partition("@")[0]
            return _json(self._tokens(f"customer {name}", "session_id"))
        bearer = self.words[headers.get("Authorization", "").removeprefix("Bearer ")]
        if parts.path.endswith("/me"):
            name = bearer.partition(" ")[2]
            return _json({"id": f"id of {name}", "firstName": name, "accounts": [{"id": f"{name}@example.com"}]})
        self.told += 1
        query = [[name, self.words.get(value, value)] for name, value in parse_qsl(parts.query)]
        told = {
            "bearer": bearer,
            "path": parts.path,
            "query": sorted(query, key=lambda pair: pair[0]),
            "language": headers.get("Accept-Language"),
        }
        return _json({**told, "number": self.told})

    def _tokens(self, name: str, session_id: str) -> dict[str, Any]:
        secrets = {
            kind: f"a-secret-{kind}-{name.replace(' ', '-')}" for kind in ("access_token", "refresh_token", session_id)
        }
        self.words |= dict.fromkeys(secrets.values(), name)
        return {**secrets, **_LIFE}


def _json(content: Any) -> HttpResponse:
    return HttpResponse(status=200, headers={}, body=json.dumps(content).encode())
