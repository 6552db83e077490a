"""The rights that are declared are those that are used: a shop is driven while Redis tells what it is asked."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis

from bff.commands.checks.redis_uses import REDIS_USES, RedisUse
from bff.commands.embedded_redis import EmbeddedRedis
from bff.commands.sessions import revoke_all
from bff.crypto import encode
from bff.emporix.client import Call
from bff.errors import SessionStoreUnavailable
from bff.limits import CLIENT_ADDRESS
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.provider.settings import JANE
from bff.sessions.answers import FORM_KEY_BYTES, Answers, Claim, KeptAnswer, Submission
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Vault, WebRecord
from bff.sessions.rights import Right
from bff.sessions.store import Found, RowCount, SessionStore
from bff.wiring import Services
from tests.support.acl import url_of, user
from tests.support.fakes.shared_tokens import READING
from tests.support.journeys.leak_scenes import scene
from tests.support.journeys.leak_visitor import Role
from tests.support.oidc.hostile import mint_logout_token
from tests.support.shop import ShopMaker, SocialShop

DECLARED = frozenset(right for use in REDIS_USES for right in use.rights)
OF_CONNECTIONS = frozenset({"hello", "auth", "client|setinfo", "client|maint_notifications", "select"})
"""What the client library says first; every user may greet, and the rest is taken back where it is refused."""
OURS = re.compile(r"bff:")
_SECONDS = 120
_OF_THE_SHOP = 1
"""The database that is the shop's alone: what a test looks for in Redis is not what a shop does."""
_SUBCOMMANDS = frozenset({"script", "client", "config", "acl"})


class Overheard:
    """What clients and their scripts asked Redis for."""

    def __init__(self) -> None:
        self.rights: set[Right] = set()

    def hear(self, told: dict[str, Any]) -> bool:
        """Take one command; False: it is the last one."""
        words = told["command"].split(" ")
        if words[0] == "ECHO":
            return False
        if told["db"] != _OF_THE_SHOP:
            return True
        command = words[0].lower()
        if command in _SUBCOMMANDS:
            command = f"{command}|{words[1].lower()}"
        keys = [word for word in words[1:] if OURS.match(word)] if command != "scan" else []
        for key in keys or [None]:
            self.rights.add(Right(command, None if key is None else _glob(key)))
        return True


def _glob(key: str) -> str:
    found = [kept.glob for use in REDIS_USES for kept in use.kept if kept.matches(key)]
    assert len(found) == 1, key
    return found[0]


@contextmanager
def overhearing(server: EmbeddedRedis, asker: Redis) -> Iterator[Overheard]:
    overheard = Overheard()
    with Redis.from_url(server.url, socket_timeout=_SECONDS) as client, client.monitor() as monitor:
        listening = threading.Thread(target=lambda: all(overheard.hear(told) for told in monitor.listen()), daemon=True)
        listening.start()
        yield overheard
        asker.echo("the end")
        listening.join(_SECONDS)
        assert not listening.is_alive()


def click_twice(answers: Answers) -> None:
    """Have one answer with a new cookie, and have it once more."""
    sent = Submission.of(
        SessionCookie.fresh(), encode(bytes(FORM_KEY_BYTES)), path="/login", owner="", body=b"email=jane"
    )
    assert sent is not None
    claim = answers.begin(sent)
    assert isinstance(claim, Claim)
    answers.keep(claim, KeptAnswer(status=303, location="/", cookie=SessionCookie.fresh()))
    assert isinstance(answers.begin(sent), KeptAnswer)


def call_a_limited_row(store: SessionStore) -> None:
    """Have a session's call of a declared row counted."""
    cookie = SessionCookie.fresh()
    store.create(cookie, WebRecord(created=1.0), Vault(), 60)
    counted = store.load(cookie, row=RowCount(name="checkout_order", window_seconds=60))
    assert isinstance(counted, Found)
    assert counted.row_calls == 1


def read_without_a_session(services: Services) -> int:
    """Have every visitor's read, which takes the server's own token, and count it for an address."""
    token = CLIENT_ADDRESS.set("192.0.2.1")
    try:
        visitor = services.sessions.open(None, may_start=False)
        return services.calls._shared.read(visitor, READING, Call()).status
    finally:
        CLIENT_ADDRESS.reset(token)


def test_rights_that_are_declared_are_those_that_a_driven_shop_takes(
    make_shop: ShopMaker, redis_server: EmbeddedRedis, redis: Redis
) -> None:
    redis.script_flush()
    with scene(make_shop, REDIS_URL=f"{redis_server.url}&db={_OF_THE_SHOP}") as opened:
        services = opened.watch.shop.services
        with overhearing(redis_server, redis) as overheard:
            for role in Role:
                opened.visitor(role).drive_all()
            click_twice(services.answers)
            call_a_limited_row(services.store)
            read_without_a_session(services)
            revoke_all(services)
            services.redis.close()
    used = {right for right in overheard.rights if right.command not in OF_CONNECTIONS}
    assert used - DECLARED == set()
    assert DECLARED - used == set()


GLOBS = sorted({right.glob for right in DECLARED if right.glob is not None})


class Without:
    """A shop whose user of Redis lacks the rights of one use."""

    def __init__(self, social: SocialShop) -> None:
        self.social = social
        self.shop = social.shop

    def login(self) -> int:
        browser = self.shop.browser()
        browser.session()
        return browser.post("/api/login", json={"email": B2C_EMAIL, "password": B2C_PASSWORD}).status_code

    def sessions(self) -> bool:
        return self.shop.browser().get("/api/session").status_code == 503

    def forms_sent_twice(self) -> bool:
        with pytest.raises(SessionStoreUnavailable, match="NOPERM"):
            click_twice(self.shop.services.answers)
        return self.login() == 200

    def signing_in_and_ending_sessions_elsewhere(self) -> bool:
        return self.login() == 503

    def known_browsers(self) -> bool:
        return self.login() == 503

    def back_channel_logout(self) -> bool:
        token = mint_logout_token(self.social.provider, claims={"sub": JANE.subject})
        answer = self.shop.browser().request("POST", "/login/backchannel-logout", data={"logout_token": token})
        return (answer.status_code, self.login()) == (503, 200)

    def readiness(self) -> bool:
        return (self.shop.browser().get("/readyz").status_code, self.login()) == (503, 200)

    def limits(self) -> bool:
        return self.login() == 200

    def limits_of_declared_rows(self) -> bool:
        with pytest.raises(SessionStoreUnavailable, match="NOPERM"):
            call_a_limited_row(self.shop.services.store)
        return self.login() == 200

    def reads_without_a_session(self) -> bool:
        statuses = {read_without_a_session(self.shop.services) for _ in range(3)}
        return statuses == {200} and self.login() == 200

    def bff_sessions_revoke_all(self) -> bool:
        with pytest.raises(SessionStoreUnavailable, match="NOPERM scan"):
            revoke_all(self.shop.services)
        return self.login() == 200


@pytest.mark.parametrize("use", REDIS_USES, ids=[use.name for use in REDIS_USES])
def test_what_goes_without_a_use_is_what_is_said_of_it(
    make_shop: ShopMaker, redis_server: EmbeddedRedis, redis: Redis, use: RedisUse
) -> None:
    lacking = {kept.glob for kept in use.kept}
    rules = [*(f"~{glob}" for glob in GLOBS if glob not in lacking), "+@all", *([] if lacking else ["-scan"])]
    with user(redis, redis_server, *rules):
        without = Without(make_shop.with_provider(REDIS_URL=url_of(redis_server)))
        name = "_".join(re.findall(r"[a-z]+", use.name))
        assert getattr(without, name)()
        without.shop.services.redis.close()
