"""Processes of one shop that ask with the server's own guest token: each holds its own, on one Redis."""

from __future__ import annotations

from dataclasses import replace

from redis import Redis

from bff.crypto import KeyRing
from bff.emporix.client import Call, Reply
from bff.operations.model import Credential
from bff.operations.table import OPERATIONS
from bff.sessions.model import TokenSet
from bff.sessions.shared_token import SharedTokenRecord
from bff.tokens.renewal import Renewal
from bff.tokens.shared import SharedToken
from tests.support.redis_keys import keys_of
from tests.support.shop import Shop

READING = replace(OPERATIONS["get_me"], name="read_shared", accepts=(Credential.SHARED,))
"""A row that takes the shared token; upstream answers a guest."""
GOT_WITH = ("demoshop", "demo-storefront", None)


class Process:
    """One process of a shop."""

    def __init__(
        self,
        shop: Shop,
        *,
        redis: Redis | None = None,
        ring: KeyRing | None = None,
        got_with: tuple[str | None, ...] = GOT_WITH,
    ) -> None:
        services = shop.services
        settings, log = services.settings, services.log
        self.record = SharedTokenRecord(redis or services.redis, ring or services.ring, log, got_with)
        renewal = Renewal(services.client, OPERATIONS, settings.emporix, services.broker._limits, services.now, log)
        self.token = SharedToken(services.client, renewal, self.record, settings.emporix, services.now, log)
        self._shop = shop

    def read(self) -> Reply:
        """Ask a row that takes the shared token."""
        return self.token.call(READING, Call())

    @property
    def held(self) -> TokenSet:
        """The tokens that it holds, which must be there."""
        tokens = self.token._held
        assert tokens is not None
        return tokens

    def kill(self) -> None:
        """Let upstream disown its access token, unnoticed here: somebody else spends the refresh token."""
        tokens = self.held
        assert tokens.refresh is not None
        answer = self._shop.sandbox.app.test_client().get(
            "/customerlogin/auth/anonymous/refresh",
            query_string={
                "tenant": "demoshop",
                "client_id": "demo-storefront",
                "refresh_token": tokens.refresh.reveal(),
            },
        )
        assert answer.status_code == 200
        self._shop.sandbox.recorder.clear()


def shared_keys(redis: Redis) -> list[bytes]:
    """Return where the tokens of all processes lie."""
    return sorted(key for key in keys_of(redis) if key.startswith(b"bff:shared:") and key.endswith(b":token"))
