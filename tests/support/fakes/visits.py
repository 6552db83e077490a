"""Visitors one floor below the web: sessions opened as a request would open them, without Flask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from redis import Redis

from bff.emporix.client import Call
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import CustomerTokens, TokenSet
from bff.sessions.session import Session
from tests.support.redis_keys import keys_of, value_of
from tests.support.shop import Shop


def credentials(email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> Call:
    """Return the body of a sign-in."""
    return Call(body=json.dumps({"email": email, "password": password}).encode())


@dataclass(frozen=True, kw_only=True)
class Visits:
    """Opens sessions in one shop."""

    shop: Shop

    def open(self, cookie: SessionCookie | None = None, *, may_start: bool = True) -> Session:
        """Return the session of a new request; nothing is read yet."""
        return self.shop.services.sessions.open(cookie, may_start=may_start)

    def again(self, session: Session, *, may_start: bool = True) -> Session:
        """Return the session of the same browser's next request."""
        assert session.cookie is not None
        return self.open(SessionCookie(value=Secret(session.cookie.value.reveal())), may_start=may_start)

    def guest(self) -> Session:
        """Return a guest's session, with guest tokens."""
        session = self.open()
        session.start()
        self.shop.services.broker.anonymous(session)
        return self.again(session)

    def signed_in(self, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> Session:
        """Return a customer's session, signed in on top of a guest's."""
        session = self.guest()
        self.shop.services.login.with_password(session, email, credentials(email, password))
        return self.again(session)

    def kill_access(self, session: Session) -> None:
        """Let upstream disown the customer's access token, unnoticed here."""
        access = customer(session).access.reveal()
        answer = self.shop.sandbox.app.test_client().get(
            "/customer/demoshop/logout",
            query_string={"accessToken": access},
            headers={"Authorization": f"Bearer {access}"},
        )
        assert answer.status_code == 204
        self.shop.sandbox.recorder.clear()

    def spend_anonymous(self, session: Session) -> None:
        """Let somebody else spend the guest's refresh token; whether the access token dies is the sandbox's setting."""
        answer = self.shop.sandbox.app.test_client().get(
            "/customerlogin/auth/anonymous/refresh",
            query_string={
                "tenant": "demoshop",
                "client_id": "demo-storefront",
                "refresh_token": revealed(anonymous(session).refresh),
            },
        )
        assert answer.status_code == 200
        self.shop.sandbox.recorder.clear()

    def asked(self) -> list[str]:
        """Return the names of the operations that upstream was asked for since the recorder was cleared."""
        return [call.operation.value for call in self.shop.sandbox.recorder if call.operation is not None]


def customer(session: Session) -> CustomerTokens:
    """Return the customer's tokens, which must be there."""
    tokens = session.vault.customer
    assert tokens is not None
    return tokens


def anonymous(session: Session) -> TokenSet:
    """Return the guest's tokens, which must be there."""
    tokens = session.vault.anonymous
    assert tokens is not None
    return tokens


def revealed(secret: Secret[str] | None) -> str:
    """Return a secret that must be there."""
    assert secret is not None
    return secret.reveal()


def everything_in(redis: Redis) -> bytes:
    """Return every key and every value of a Redis, as a dump would hold them."""
    parts: list[bytes] = []
    for key in keys_of(redis):
        parts.append(key)
        if redis.type(key) == b"zset":
            members: Any = redis.zrange(key, 0, -1)
            parts.extend(members)
        else:
            parts.append(value_of(redis, key))
    return b"\n".join(parts)
