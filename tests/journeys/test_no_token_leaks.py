"""Drives every route and looks for Emporix's tokens where none may be: responses, log lines, Redis."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from leaks import BINARY, PLANTED, hits
from redis import Redis
from shop import Browser, Shop

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.faults import Answer, Cut, Fault, html
from bff.sandbox.mint import MARKER

NEW_PASSWORD = "Amber-Window-19"
ADDRESS = {"contactName": "Jane Doe", "city": "Ulm", "country": "DE"}
BODIES: dict[tuple[str, str], Any] = {
    ("GET", "/"): None,
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/static/<path:filename>"): None,
    ("GET", "/api/session"): None,
    ("GET", "/api/session/validate"): None,
    ("POST", "/api/session/refresh"): {"legalEntityId": LEGAL_ENTITIES[0].id},
    ("POST", "/api/login"): {"email": B2B_EMAIL, "password": B2B_PASSWORD},
    ("POST", "/api/logout"): None,
    ("POST", "/api/signup"): {"email": "new@example.com", "password": NEW_PASSWORD},
    ("POST", "/api/signup/optin"): {"token": "MAILED"},
    ("POST", "/api/signup/optin/refresh_token"): {"email": "new@example.com"},
    ("GET", "/api/me"): None,
    ("PATCH", "/api/me"): {"company": "Example"},
    ("DELETE", "/api/me"): None,
    ("POST", "/api/me/delete/confirm"): {"token": "MAILED"},
    ("POST", "/api/me/accounts/internal"): {"email": "second@example.com", "password": NEW_PASSWORD},
    ("GET", "/api/me/addresses"): None,
    ("POST", "/api/me/addresses"): ADDRESS,
    ("GET", "/api/me/addresses/<addressId>"): None,
    ("PATCH", "/api/me/addresses/<addressId>"): {"city": "Bonn"},
    ("DELETE", "/api/me/addresses/<addressId>"): None,
    ("POST", "/api/me/addresses/<addressId>/tags"): None,
    ("DELETE", "/api/me/addresses/<addressId>/tags"): None,
    ("POST", "/api/me/accounts/internal/email/change"): {
        "email": B2B_EMAIL,
        "password": B2B_PASSWORD,
        "newEmail": "john@example.com",
    },
    ("POST", "/api/me/accounts/internal/email/change/confirm"): {"token": "MAILED"},
    ("POST", "/api/password/reset"): {"email": B2B_EMAIL},
    ("POST", "/api/password/reset/update"): {"token": "MAILED", "password": NEW_PASSWORD},
    ("POST", "/api/password/change"): {"currentPassword": B2B_PASSWORD, "newPassword": B2B_PASSWORD},
}
"""What to send to each route; `MAILED` becomes the newest mailed token. A route that is missing here fails the test."""
QUERIES = {"/api/me": "?expand=addresses,mixin:*", "/api/me/addresses/<addressId>/tags": "?tags=BILLING,gift"}
LAST = (("POST", "/api/me/delete/confirm"), ("POST", "/api/logout"))
"""These end the session, so they come last."""


class Everything(logging.Handler):
    """Keeps each record as any handler could show it: text, exception, every attribute."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.text.write(logging.Formatter().format(record) + "\n" + repr(record.__dict__) + "\n")


@dataclass
class Watch:
    """All that could be seen of a run, and what must not be in it."""

    shop: Shop
    log: Everything
    responses: list[bytes] = field(default_factory=list)
    dumps: list[bytes] = field(default_factory=list)
    driven: set[tuple[str, str]] = field(default_factory=set)

    def secrets(self) -> list[bytes]:
        tokens = [issued.value for issued in self.shop.sandbox.issued if not issued.value.startswith(MARKER)]
        signatures = [token.rsplit(".", 1)[-1] for token in tokens if token.count(".") == 2]
        return [word.encode() for word in (MARKER, *tokens, *signatures, B2C_PASSWORD, B2B_PASSWORD, NEW_PASSWORD)]

    def drive(self, browser: Browser, method: str, rule: str, address_id: str) -> None:
        body = BODIES[method, rule]
        if body and "token" in body:
            mails = self.shop.sandbox.mails.newest_first
            body = {**body, "token": mails[0].token if mails else "none"}
        path = rule.replace("<addressId>", address_id).replace("<path:filename>", "site.css")
        kwargs = {} if body is None else {"json": body}
        response = browser.request(method, path + QUERIES.get(rule, ""), **kwargs)
        self.responses += [response.status.encode(), str(response.headers).encode(), response.get_data()]
        self.dumps += dump(self.shop.redis)
        self.driven.add((method, rule))

    def drive_all(self, browser: Browser, address_id: str) -> None:
        routes = sorted(
            routes_of(self.shop), key=lambda route: (route in LAST, LAST.index(route) if route in LAST else 0)
        )
        for method, rule in routes:
            self.drive(browser, method, rule, address_id)

    def findings(self) -> dict[str, set[str]]:
        secrets = self.secrets()
        places = {"responses": self.responses, "log": [self.log.text.getvalue().encode()], "redis": self.dumps}
        return {
            place: found
            for place, texts in places.items()
            if (found := set().union(*(hits(text, secrets) for text in texts)))
        }


def routes_of(shop: Shop) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in shop.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def dump(redis: Redis) -> list[bytes]:
    """Every key, and everything under it, one by one."""
    parts: list[bytes] = []
    for key in sorted(redis.keys("*")):
        parts.append(key)
        kind = redis.type(key)
        if kind == b"string":
            parts.append(redis.get(key) or b"")
        elif kind == b"zset":
            parts.extend(member for member, _ in redis.zrange(key, 0, -1, withscores=True))
        else:
            raise AssertionError(f"nothing of kind {kind!r} should be in Redis")
    return parts


@pytest.fixture
def everything() -> Iterator[Everything]:
    handler, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def watch(shop: Shop, everything: Everything) -> Watch:
    return Watch(shop=shop, log=everything)


def customer(shop: Shop) -> tuple[Browser, str]:
    browser = shop.browser()
    browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    return browser, browser.post("/api/me/addresses", json=ADDRESS).get_json()["id"]


def test_no_route_is_left_out(shop: Shop) -> None:
    assert routes_of(shop) == set(BODIES)


def test_guest_sees_and_leaves_no_token_anywhere(watch: Watch) -> None:
    guest = watch.shop.browser()
    guest.session()
    watch.drive_all(guest, "nosuchaddress")
    assert watch.driven == set(BODIES)
    assert watch.findings() == {}


def test_customer_sees_and_leaves_no_token_anywhere(watch: Watch) -> None:
    browser, address_id = customer(watch.shop)
    watch.drive_all(browser, address_id)
    assert watch.driven == set(BODIES)
    assert watch.findings() == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(answer=html(500)),
        Fault(answer=Answer(status=401, body=b'{"fault":{"detail":{"errorcode":"oauth.v2.InvalidAccessToken"}}}')),
        Fault(cut=Cut.BEFORE_EFFECT),
        Fault(cut=Cut.AFTER_EFFECT),
        Fault(drop_fields=("access_token", "id")),
    ],
    ids=["500", "dead bearer", "cut before", "cut after", "field missing"],
)
def test_trouble_upstream_shows_no_token_either(watch: Watch, fault: Fault) -> None:
    browser, address_id = customer(watch.shop)
    for call in {call.operation for call in watch.shop.sandbox.recorder if call.operation} | {"logout", "signup_optin"}:
        watch.shop.sandbox.faults.add(getattr(call, "value", call), fault)
    for name in ("refresh_auth_token", "anonymous_refresh", "update_me", "change_password", "reset_password"):
        watch.shop.sandbox.faults.add(name, fault)
    watch.drive_all(browser, address_id)
    assert watch.findings() == {}


def test_the_search_has_something_to_find(watch: Watch) -> None:
    browser, address_id = customer(watch.shop)
    watch.drive_all(browser, address_id)
    kinds = {issued.kind.value for issued in watch.shop.sandbox.issued}
    assert len(kinds) > 4
    assert len(watch.responses) == 3 * len(BODIES)
    assert "upstream_call" in watch.log.text.getvalue()
    assert "urllib3.connectionpool" in watch.log.text.getvalue()
    assert any(key.endswith(b":tokens") for key in watch.dumps)


@pytest.mark.parametrize(
    ("place", "form"),
    [
        (place, form)
        for place in ("responses", "log", "redis")
        for form in PLANTED
        if place != "log" or form not in BINARY
    ],
)
def test_a_planted_token_is_found_in_each_form_and_place(watch: Watch, place: str, form: str) -> None:
    browser = watch.shop.signed_in()
    watch.drive(browser, "GET", "/api/me", "")
    token = next(issued.value for issued in watch.shop.sandbox.issued).encode()
    planted = PLANTED[form](token)
    if place == "responses":
        watch.responses.append(planted)
    elif place == "log":
        logging.getLogger("somewhere").debug("%s", planted.decode("latin-1"))
    else:
        watch.shop.redis.set("bff:planted", planted)
        watch.dumps += dump(watch.shop.redis)
    assert set(watch.findings()) == {place}


def test_a_planted_jwt_is_found(watch: Watch) -> None:
    watch.shop.signed_in()
    jwt = next(issued.value for issued in watch.shop.sandbox.issued if not issued.value.startswith(MARKER))
    watch.responses.append(jwt.encode())
    assert watch.findings() == {"responses": {"raw"}}
    assert B2C_EMAIL.encode() not in watch.secrets()
