"""Drives every route and looks for Emporix's tokens where none may be: responses, log lines, Redis."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from leak_drives import ADDRESS, ALL, BODIES, FORMS, LAST, NEW_PASSWORD, PAGES_OF_A_MAIL, QUERIES
from leaks import BINARY, PLANTED, hits
from pages import PageBrowser
from redis import Redis
from shop import Browser, Shop

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import Answer, Cut, Fault, html
from bff.sandbox.mint import MARKER


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
    statuses: dict[tuple[str, str], int] = field(default_factory=dict)

    def secrets(self) -> list[bytes]:
        tokens = [issued.value for issued in self.shop.sandbox.issued if not issued.value.startswith(MARKER)]
        signatures = [token.rsplit(".", 1)[-1] for token in tokens if token.count(".") == 2]
        return [word.encode() for word in (MARKER, *tokens, *signatures, B2C_PASSWORD, B2B_PASSWORD, NEW_PASSWORD)]

    def drive(self, browser: Browser, method: str, rule: str, address_id: str) -> None:
        is_page = (method, rule) in FORMS
        body = FORMS[method, rule] if is_page else BODIES[method, rule]
        mails = self.shop.sandbox.mails.newest_first
        mailed = mails[0].token if mails else "none"
        if body and "token" in body:
            body = {**body, "token": mailed}
        path = (
            rule.replace("<addressId>", address_id)
            .replace("<path:filename>", "site.css")
            .replace("<connection>", "google-oauth2")
        )
        query = f"?token={mailed}" if method == "GET" and rule in PAGES_OF_A_MAIL else QUERIES.get(rule, "")
        kwargs: dict[str, Any] = {} if body is None else {"json": body}
        if is_page and body is not None:
            token = PageBrowser(browser).get("/logout").form("/logout").values["csrf_token"]
            kwargs = {"data": {**body, "csrf_token": token}}
        response = browser.request(method, path + query, **kwargs)
        assert response.status_code != 403 or not is_page, path
        text = response.get_data()
        if rule in PAGES_OF_A_MAIL:
            text = text.replace(hidden_field(mailed), b"", 1)
        self.responses += [response.status.encode(), str(response.headers).encode(), text]
        self.dumps += dump(self.shop.redis)
        self.driven.add((method, rule))
        self.statuses[method, rule] = response.status_code
        if is_page and method == "POST":
            # What JSON routes are asked with from here on, should the cookie have changed.
            browser.session()

    def drive_all(self, browser: Browser, address_id: str) -> None:
        for method, rule in sorted(routes_of(self.shop), key=_turn):
            self.drive(browser, method, rule, address_id)

    def findings(self) -> dict[str, set[str]]:
        secrets = self.secrets()
        places = {"responses": self.responses, "log": [self.log.text.getvalue().encode()], "redis": self.dumps}
        return {
            place: found
            for place, texts in places.items()
            if (found := set().union(*(hits(text, secrets) for text in texts)))
        }


def _turn(route: tuple[str, str]) -> tuple[int, bool, bool, str]:
    """What is read first, what deletes after all else that changes something, what ends the session last."""
    return LAST.index(route) if route in LAST else -1, route[0] != "GET", route[0] == "DELETE", route[1]


def hidden_field(token: str) -> bytes:
    return f'<input id="token" name="token" type="hidden" value="{token}">'.encode()


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
    assert routes_of(shop) == ALL
    assert not set(BODIES) & set(FORMS)


def test_guest_sees_and_leaves_no_token_anywhere(watch: Watch) -> None:
    guest = watch.shop.browser()
    guest.session()
    watch.drive_all(guest, "nosuchaddress")
    assert watch.driven == ALL
    assert watch.findings() == {}


def test_customer_sees_and_leaves_no_token_anywhere(watch: Watch) -> None:
    browser, address_id = customer(watch.shop)
    watch.drive_all(browser, address_id)
    assert watch.driven == ALL
    assert watch.findings() == {}


def test_pages_were_seen_and_not_only_the_way_to_the_sign_in(watch: Watch) -> None:
    browser, address_id = customer(watch.shop)
    watch.drive_all(browser, address_id)
    shown = {rule for (method, rule), status in watch.statuses.items() if method == "GET" and status == 200}
    elsewhere = {"/.well-known/change-password", "/login/social", "/login/social/<connection>", "/login/callback"}
    assert {rule for method, rule in FORMS if method == "GET"} - shown == elsewhere


@pytest.mark.parametrize("rule", sorted(PAGES_OF_A_MAIL))
def test_mailed_token_stands_in_the_hidden_field_and_nowhere_else(watch: Watch, rule: str) -> None:
    browser, _ = customer(watch.shop)
    browser.post("/api/password/reset", json={"email": B2B_EMAIL})
    token = watch.shop.sandbox.mails.newest_first[0].token
    text = browser.get(f"{rule}?token={token}").get_data()
    assert text.count(hidden_field(token)) == 1
    assert hits(text.replace(hidden_field(token), b""), [token.encode()]) == set()
    # The rule of the search takes away no more than that.
    watch.drive(browser, "GET", rule, "")
    assert watch.findings() == {}
    watch.responses.append(text)
    assert set(watch.findings()) == {"responses"}


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
    assert len(watch.responses) == 3 * len(ALL)
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
