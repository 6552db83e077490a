"""What no request may do to a signed-in cookie: a forged one, a late one, one with a cookie that lives no more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from werkzeug.test import TestResponse

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import Fault
from bff.sandbox.settings import SandboxSettings
from bff.sessions.cookie import SessionCookie
from tests.support.driven_routes import FORMS_FOR_ANYBODY, READING
from tests.support.fakes.clock import FakeClock
from tests.support.footprint import footprint, lasting_footprint
from tests.support.pages import PageBrowser
from tests.support.redis_keys import keys_of
from tests.support.shop import COOKIE, PUBLIC_URL, Browser, Shop, ShopMaker

RESET = {"email": B2C_EMAIL}


def set_cookies(answer: TestResponse) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


def tab(shop: Shop, of: Browser) -> Browser:
    """Return a browser with the same cookie, as a second request under way has it."""
    other = shop.browser()
    other.cookie, other.csrf = of.cookie, of.csrf
    return other


def live_records(shop: Shop) -> set[bytes]:
    """Name the records that hold something; a mark that a cookie was replaced does not."""
    return {
        *keys_of(shop.redis, "*:tokens"),
        *(key for key in keys_of(shop.redis, "*:web") if shop.redis.strlen(key) > 16),
    }


class Hold(threading.Event):
    """Tells when somebody has begun to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.reached.set()
        return super().wait(timeout)


@contextmanager
def held(shop: Shop, operation: str, request: Callable[[], TestResponse]) -> Iterator[Future[TestResponse]]:
    """Have a request wait upstream while the block runs; it is answered afterwards."""
    hold = Hold()
    shop.sandbox.faults.add(operation, Fault(hold_before=hold), times=1)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(request)
        try:
            assert hold.reached.wait(10)
            yield under_way
        finally:
            hold.set()
        under_way.result(20)


# A forged request.


@pytest.mark.parametrize("path", ["/api/login", "/api/logout", "/api/password/reset", "/api/signup/optin", "/", "/x"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
@pytest.mark.parametrize("with_cookie", [True, False])
def test_forged_post_leaves_the_signed_in_cookie_alone(
    shop: Shop, path: str, site: str | None, with_cookie: bool
) -> None:
    browser = shop.signed_in()
    before = footprint(shop)
    forged = shop.app.test_client(use_cookies=False).post(
        path,
        base_url=PUBLIC_URL,
        data=b'{"email": "evil@example.com", "password": "x"}',
        content_type="text/plain",
        headers={
            "Origin": "https://evil.example",
            **({"Sec-Fetch-Site": site} if site else {}),
            **({"Cookie": f"{COOKIE}={browser.cookie}"} if with_cookie else {}),
        },
    )
    assert forged.status_code in (403, 404, 405)
    assert set_cookies(forged) == []
    assert footprint(shop) == before
    assert browser.session()["state"] == "authenticated"


def test_sign_in_with_anothers_cookie_and_token_is_not_to_be_had_by_a_form(shop: Shop) -> None:
    attacker, victim = shop.browser(), shop.signed_in()
    attacker.session()
    cookie = victim.cookie
    forged = victim.client.post(
        "/api/login",
        base_url=PUBLIC_URL,
        json={"email": B2C_EMAIL, "password": B2C_PASSWORD},
        headers={"X-CSRF-Token": str(attacker.csrf)},
    )
    assert (forged.status_code, set_cookies(forged)) == (403, [])
    assert victim.cookie == cookie


# A cookie that somebody else has planted: a sibling host over http, say.


@pytest.mark.parametrize(
    "header",
    [
        'lang="; {session}; z="',
        '{session}; lang="canary; theme=canary"; flash=canary',
        "lang=<b>canary</b>; {session}; theme=canary; csrf_token=canary; next=//canary.example; session=canary",
        "{session}; __Secure-session=canary; __Host-Http-session=canary; _session=canary; $Version=canary",
    ],
)
def test_planted_cookies_neither_hide_the_session_nor_come_back_on_any_page(shop: Shop, header: str) -> None:
    browser = shop.signed_in()
    client = shop.app.test_client(use_cookies=False)
    sent = {"Cookie": header.format(session=f"{COOKIE}={browser.cookie}")}
    for path in READING.values():
        answer = client.get(path, base_url=PUBLIC_URL, headers=sent, buffered=True)
        said = f"{answer.headers}{answer.get_data(as_text=True)}"
        assert "canary" not in said, path
        assert str(browser.cookie) not in said, path
        assert set_cookies(answer) == []
    assert client.get("/api/session", base_url=PUBLIC_URL, headers=sent).get_json()["state"] == "authenticated"


@pytest.mark.parametrize("page", [True, False])
def test_cookie_that_somebody_planted_is_not_the_one_that_is_signed_in(shop: Shop, page: bool) -> None:
    planted = SessionCookie.fresh().value.reveal()
    victim, attacker = shop.browser(), shop.browser()
    victim.cookie = attacker.cookie = planted
    if page:
        PageBrowser(victim).sign_in()
    else:
        victim.sign_in()
    assert victim.cookie != planted
    assert victim.session()["state"] == "authenticated"
    assert attacker.session()["state"] == "guest"


def test_session_that_somebody_began_is_not_the_one_that_is_signed_in(shop: Shop) -> None:
    attacker, victim = shop.browser(), shop.browser()
    attacker.session()
    victim.cookie, victim.csrf = attacker.cookie, attacker.csrf
    victim.sign_in()
    assert victim.cookie != attacker.cookie
    state = attacker.session()
    assert (state["state"], state["customer"]) == ("guest", None)


# A late answer: the request was under way, upstream held it, and meanwhile the cookie was replaced.


def sign_in(browser: Browser) -> None:
    browser.sign_in()


def sign_out(browser: Browser) -> None:
    assert browser.post("/api/logout").status_code == 200


def test_late_answer_to_a_read_leaves_the_new_cookie(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    browser.get("/api/me")
    late = tab(shop, browser)
    with held(shop, "get_me", lambda: late.get("/api/me")) as under_way:
        # The sign-in's own question who it is must not wait behind it.
        browser.sign_in()
        cookie, records = browser.cookie, live_records(shop)
    answer = under_way.result()
    assert (answer.status_code, set_cookies(answer)) == (200, [])
    assert "X-CSRF-Token" not in answer.headers
    assert live_records(shop) == records
    assert browser.cookie == cookie
    assert browser.session()["state"] == "authenticated"


@pytest.mark.parametrize("held_operation", ["anonymous_login", "request_password_reset"])
def test_late_answer_to_a_post_that_needed_a_guest_token_leaves_the_new_cookie(shop: Shop, held_operation: str) -> None:
    browser = shop.browser()
    browser.session()
    late = tab(shop, browser)
    with held(shop, held_operation, lambda: late.post("/api/password/reset", json=RESET)) as under_way:
        # A sign-in with this session would wait for the guest's token; a sign-out does not.
        sign_out(browser)
        browser.sign_in()
        cookie, records = browser.cookie, live_records(shop)
    answer = under_way.result()
    assert set_cookies(answer) == []
    assert answer.status_code == (401 if held_operation == "anonymous_login" else 204)
    assert live_records(shop) == records
    assert browser.cookie == cookie
    assert browser.session()["state"] == "authenticated"


def test_late_sign_in_of_a_newcomer_while_another_token_is_fetched_keeps_one_session(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    browser.get("/api/me")
    late = tab(shop, browser)
    with held(shop, "request_password_reset", lambda: late.post("/api/password/reset", json=RESET)) as under_way:
        browser.sign_in()
        records = live_records(shop)
    assert (under_way.result().status_code, set_cookies(under_way.result())) == (204, [])
    assert live_records(shop) == records


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_late_refresh_resurrects_nothing(make_shop: ShopMaker, clock: FakeClock, method: str) -> None:
    shop = make_shop(SandboxSettings(customer_access_seconds=3600), clock=clock)
    browser = shop.signed_in()
    clock.advance(3500)
    late = tab(shop, browser)
    address = {"contactName": "Jane Doe", "city": "Ulm", "country": "DE"}

    def ask() -> TestResponse:
        return late.request(method, "/api/me/addresses", **({"json": address} if method == "POST" else {}))

    with held(shop, "refresh_auth_token", ask) as under_way:
        sign_out(browser)
        cookie, records = browser.cookie, live_records(shop)
    answer = under_way.result()
    assert (answer.status_code, answer.get_json()["type"]) == (401, "session_expired")
    assert set_cookies(answer) == []
    assert live_records(shop) == records == set()
    # The one that signed out, and the one that came too late to be kept.
    assert shop.sandbox.recorder.count("logout") == 2
    assert browser.cookie == cookie
    assert browser.session()["state"] == "guest"


# A late request: it arrives with the old cookie after the cookie was replaced.


@pytest.mark.parametrize("rotate", [sign_in, sign_out])
@pytest.mark.parametrize("start", ["guest", "customer"])
def test_late_request_with_the_old_cookie_pushes_nothing_out(
    shop: Shop, rotate: Callable[[Browser], None], start: str
) -> None:
    browser = shop.browser() if start == "guest" else shop.signed_in()
    if start == "guest":
        browser.session()
    late = tab(shop, browser)
    rotate(browser)
    cookie, records = browser.cookie, live_records(shop)
    asks: tuple[Callable[[], TestResponse], ...] = (
        lambda: late.get("/"),
        lambda: late.get("/api/session"),
        lambda: late.get("/api/me"),
        lambda: late.get("/api/me/addresses"),
        lambda: late.request("HEAD", "/api/me"),
        lambda: late.post("/api/password/reset", json=RESET),
        lambda: late.post("/api/signup/optin/refresh_token", json=RESET),
        lambda: late.patch("/api/me", json={"company": "One"}),
        lambda: late.post("/api/session/refresh"),
        lambda: late.post("/api/logout"),
        lambda: late.post("/api/login", json={"email": B2C_EMAIL, "password": "not the password"}),
    )
    for ask in asks:
        answer = ask()
        assert set_cookies(answer) == []
        assert answer.status_code in (200, 202, 204, 401)
        assert live_records(shop) == records
    assert browser.cookie == cookie
    assert browser.session()["state"] == ("authenticated" if rotate is sign_in else "guest")


# A visitor who only looks.


def test_looking_costs_nothing(shop: Shop) -> None:
    browser = shop.browser()
    before = footprint(shop)
    for path in ("/", "/static/site.css", "/healthz", "/readyz", "/nothing", "/api/nothing", "/api/me/addresses"):
        for method in ("GET", "HEAD"):
            answer = browser.request(method, path)
            assert set_cookies(answer) == []
    assert footprint(shop) == before


def test_form_page_gives_a_newcomer_a_cookie_and_makes_no_record(shop: Shop) -> None:
    before = footprint(shop)
    for path in READING.values():
        if path.startswith("/api"):
            continue
        newcomer = shop.browser()
        answer = newcomer.get(path)
        shows_a_form = b"<form" in answer.get_data()
        assert shows_a_form == (path in FORMS_FOR_ANYBODY), path
        assert len(set_cookies(answer)) == shows_a_form, path
        assert newcomer.request("HEAD", path).headers.getlist("Set-Cookie") == []
        assert set_cookies(newcomer.get(path)) == [], "a cookie it has is not replaced"
    assert footprint(shop) == before


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}],
)
def test_form_page_that_another_site_embeds_sets_no_cookie(shop: Shop, headers: dict[str, str]) -> None:
    for path in FORMS_FOR_ANYBODY:
        assert set_cookies(shop.browser().get(path, headers=headers)) == [], path


def test_mailed_link_opened_from_a_mailbox_gets_its_cookie(shop: Shop) -> None:
    navigation = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert len(set_cookies(shop.browser().get("/password/reset?token=x", headers=navigation))) == 1


def test_refused_read_of_a_newcomer_sets_nothing(shop: Shop) -> None:
    browser = shop.browser()
    before = footprint(shop)
    for path, status in (("/api/session?x=1", 400), ("/api/me?x=1", 400), ("/api/session/validate", 401)):
        answer = browser.get(path)
        assert (answer.status_code, set_cookies(answer)) == (status, [])
    assert footprint(shop) == before


def test_customer_keeps_the_cookie_through_everything_but_rotations(shop: Shop) -> None:
    browser = shop.signed_in()
    assert set_cookies(browser.get("/")) == []
    before = lasting_footprint(shop)
    for path in ("/api/session", "/api/session?extend=false", "/nothing", "/api/me?x=1", "/static/site.css"):
        assert set_cookies(browser.get(path)) == []
    assert set_cookies(browser.post("/api/session/refresh", json={"x": 1})) == []
    assert lasting_footprint(shop) == before
    assert set_cookies(browser.patch("/api/me", json={"company": "One"})) == []
    assert set_cookies(browser.post("/api/session/refresh")) == []
