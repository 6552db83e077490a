"""Rate limits from end to end: what gets through to upstream, in JSON and by the pages, from one address or many."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import Fault
from bff.sandbox.settings import SandboxSettings
from tests.support.fakes.answers import empty
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.upstream import DUE_SECONDS, LIFE_SECONDS, OVER_SECONDS
from tests.support.pages import PageBrowser, customer, visitor
from tests.support.shop import Browser, Shop, ShopMaker

NOBODY, NEW_EMAIL = "nobody@example.com", "new@example.com"
WRONG, NEW_PASSWORD = "Wrong-Harbour-00", "Amber-Window-19"
PER_PAIR = "2/minute;100/minute;100/hour"
PER_ADDRESS = "100/minute;3/minute;100/hour"
PER_EMAIL = "100/minute;100/minute;3/hour"


def guess(browser: Browser, email: str = B2C_EMAIL, *, password: str = WRONG, **headers: str) -> TestResponse:
    if browser.csrf is None:
        browser.session()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.post("/api/login", json={"email": email, "password": password}, headers=named)


def assert_limited(answer: TestResponse, *, at_most_seconds: int = 60) -> None:
    content = answer.get_json()
    assert set(content) == {"status", "type", "message", "details", "requestId"}
    assert (answer.status_code, content["status"], content["type"]) == (429, 429, "rate_limited"), content
    assert 0 < int(answer.headers["Retry-After"]) <= at_most_seconds
    assert "Set-Cookie" not in answer.headers


def asked_since(shop: Shop, calls: int) -> list[str]:
    return [call.target for call in shop.sandbox.recorder][calls:]


# Guesses


def test_guesses_over_the_limit_do_not_reach_upstream_not_even_with_the_right_password(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_PAIR)
    browser = shop.browser()
    assert [guess(browser).status_code for _ in range(2)] == [401, 401]
    calls, cookie = len(shop.sandbox.recorder), browser.cookie
    assert_limited(guess(browser))
    assert_limited(guess(browser, password=B2C_PASSWORD))
    # Without a session, a guest's tokens would have to be made first.
    stranger = shop.browser()
    stranger.get("/login")
    stranger.csrf = None
    assert_limited(guess(stranger))
    assert asked_since(shop, calls) == []
    assert browser.cookie == cookie
    assert browser.session()["state"] == "guest"
    assert guess(browser, B2B_EMAIL, password=B2B_PASSWORD).status_code == 200


def test_parallel_guesses_get_no_more_through_than_the_limit(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="5/minute;6/minute;7/hour")
    browsers = [shop.browser() for _ in range(20)]
    for browser in browsers:
        browser.session()
    start, answers = threading.Barrier(len(browsers)), []

    def run(browser: Browser) -> None:
        start.wait()
        answers.append(guess(browser).status_code)

    together = [threading.Thread(target=run, args=(browser,)) for browser in browsers]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert set(answers) == {401, 429}
    assert len(answers) == 20
    assert 1 <= shop.sandbox.recorder.count("login") == answers.count(401) <= 5


def test_success_gives_its_attempt_back(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="1/minute;1/minute;1/hour")
    for _ in range(4):
        shop.signed_in()
    assert shop.redis.keys("bff:limit:login/*") == []
    assert guess(shop.browser()).status_code == 401
    assert_limited(guess(shop.browser(), password=B2C_PASSWORD), at_most_seconds=3600)


@pytest.mark.parametrize("operation", ["login", "anonymous_login"])
def test_sign_in_that_upstream_did_not_answer_counts_for_nothing(make_shop: ShopMaker, operation: str) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="1/minute;1/minute;1/hour", EMPORIX_READ_TIMEOUT="3")
    browser = shop.browser()
    for fault, status in (
        (Fault(answer=empty(503)), 503),
        (Fault(answer=empty(500)), 502),
        (Fault(delay_before_seconds=6.0), 504),
    ):
        shop.sandbox.faults.add(operation, fault)
        assert guess(browser).status_code == status
        shop.sandbox.faults.clear()
    assert guess(browser).status_code == 401
    assert_limited(guess(browser))


def test_limit_per_address_holds_over_many_emails_and_the_one_per_email_over_many_addresses(
    make_shop: ShopMaker,
) -> None:
    per_address = make_shop(BFF_RATE_LIMIT_LOGIN=PER_ADDRESS, BFF_TRUSTED_PROXIES="1")
    for number in range(3):
        browser = per_address.browser()
        assert guess(browser, f"n{number}@example.com", X_Forwarded_For="192.0.2.1").status_code == 401
    assert_limited(guess(per_address.browser(), "n3@example.com", X_Forwarded_For="192.0.2.1"))
    assert guess(per_address.browser(), "n3@example.com", X_Forwarded_For="192.0.2.2").status_code == 401
    per_email = make_shop(BFF_RATE_LIMIT_LOGIN=PER_EMAIL, BFF_TRUSTED_PROXIES="1")
    for number in range(3):
        assert guess(per_email.browser(), X_Forwarded_For=f"198.51.100.{number}").status_code == 401
    assert_limited(guess(per_email.browser(), X_Forwarded_For="198.51.100.9"), at_most_seconds=3600)
    assert guess(per_email.browser(), NOBODY, X_Forwarded_For="198.51.100.9").status_code == 401


def test_ipv6_counts_by_its_network(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_ADDRESS, BFF_TRUSTED_PROXIES="1")
    for number in range(3):
        answer = guess(shop.browser(), f"n{number}@example.com", X_Forwarded_For=f"2001:db8:1:2::{number}")
        assert answer.status_code == 401
    assert_limited(guess(shop.browser(), NOBODY, X_Forwarded_For="2001:db8:1:2:ffff::1"))
    assert guess(shop.browser(), NOBODY, X_Forwarded_For="2001:db8:1:3::1").status_code == 401


@pytest.mark.parametrize("proxies", [0, 1])
def test_nobody_leaves_their_bucket_by_a_header_of_their_own(make_shop: ShopMaker, proxies: int) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_ADDRESS, BFF_TRUSTED_PROXIES=str(proxies))
    seen = ", 192.0.2.1" if proxies else ""
    for number in range(3):
        claimed = {"X_Forwarded_For": f"203.0.113.{number}{seen}", "X_Real_IP": f"203.0.113.{number}"}
        assert guess(shop.browser(), f"n{number}@example.com", **claimed).status_code == 401
    claimed = {"X_Forwarded_For": f"203.0.113.9{seen}", "Forwarded": "for=203.0.113.9"}
    assert_limited(guess(shop.browser(), NOBODY, **claimed))


PASSWORD_CHECKS: list[tuple[str, dict[str, Any]]] = [
    ("/api/password/change", {"currentPassword": WRONG, "newPassword": NEW_PASSWORD}),
    ("/api/me/accounts/internal/email/change", {"email": B2C_EMAIL, "password": WRONG, "newEmail": NEW_EMAIL}),
]


@pytest.mark.parametrize(("path", "content"), PASSWORD_CHECKS)
def test_password_cannot_be_guessed_by_another_operation_either(
    make_shop: ShopMaker, path: str, content: dict[str, Any]
) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="3/minute;100/minute;100/hour")
    jane = shop.signed_in()
    assert guess(shop.browser()).status_code == 401
    for _ in range(2):
        assert jane.post(path, json=content).status_code in (400, 401)
    calls = len(shop.sandbox.recorder)
    for other_path, other in PASSWORD_CHECKS:
        assert_limited(jane.post(other_path, json=other))
    # Nor by naming somebody else's e-mail: it is the customer's own that counts.
    assert_limited(jane.post(PASSWORD_CHECKS[1][0], json={**PASSWORD_CHECKS[1][1], "email": NOBODY}))
    assert_limited(guess(shop.browser(), password=B2C_PASSWORD))
    assert asked_since(shop, calls) == []
    assert jane.session()["state"] == "authenticated"


def test_changing_the_password_rightly_is_not_limited(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="1/minute;1/minute;1/hour")
    jane = shop.signed_in()
    for before, after in ((B2C_PASSWORD, NEW_PASSWORD), (NEW_PASSWORD, B2C_PASSWORD)):
        answer = jane.post("/api/password/change", json={"currentPassword": before, "newPassword": after})
        assert answer.status_code == 204


# Mails

ANYBODYS_MAILS: list[tuple[str, dict[str, Any], int]] = [
    ("/api/password/reset", {}, 204),
    ("/api/signup/optin/refresh_token", {}, 202),
    ("/api/signup", {"password": NEW_PASSWORD}, 202),
]


@pytest.mark.parametrize(("path", "content", "status"), ANYBODYS_MAILS)
def test_mails_are_limited_alike_whether_the_address_is_known(
    make_shop: ShopMaker, path: str, content: dict[str, Any], status: int
) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="2/hour")
    for email in (B2C_EMAIL, NOBODY):
        browser = shop.browser()
        browser.session()
        for _ in range(2):
            assert browser.post(path, json={**content, "email": email}).status_code == status
        calls = len(shop.sandbox.recorder)
        # One count for every kind of mail, whoever asks.
        other = shop.browser()
        other.session()
        for one in (browser, other):
            for each, more, _ in ANYBODYS_MAILS:
                assert_limited(one.post(each, json={**more, "email": email.upper()}), at_most_seconds=3600)
        assert asked_since(shop, calls) == []


def test_mail_to_a_new_sign_in_address_counts_for_that_address(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="2/hour")
    jane = shop.signed_in()
    wish = {"email": B2C_EMAIL, "password": B2C_PASSWORD, "newEmail": NEW_EMAIL}
    path = "/api/me/accounts/internal/email/change"
    assert jane.post(path, json={**wish, "password": WRONG}).status_code in (400, 401)
    assert [jane.post(path, json=wish).status_code for _ in range(3)] == [204, 204, 429]
    assert jane.post(path, json={**wish, "newEmail": "third@example.com"}).status_code == 204
    assert jane.post("/api/password/reset", json={"email": NEW_EMAIL}).status_code == 429
    assert jane.post("/api/password/reset", json={"email": B2C_EMAIL}).status_code == 204


def test_deletion_is_limited_where_it_is_asked_for_and_not_where_it_is_confirmed(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="1/hour")
    jane = shop.signed_in()
    assert jane.delete("/api/me").status_code == 204
    token = next(iter(shop.sandbox.mails)).token
    assert_limited(jane.delete("/api/me"), at_most_seconds=3600)
    assert len(shop.sandbox.mails) == 1
    assert jane.post("/api/me/delete/confirm", json={"token": token}).status_code == 202


def test_every_mail_that_the_sandbox_sends_is_counted(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="5/hour")
    jane = shop.signed_in()
    wish = {"email": B2C_EMAIL, "password": B2C_PASSWORD, "newEmail": "third@example.com"}
    asks: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", "/api/signup", {"email": NEW_EMAIL, "password": NEW_PASSWORD}),
        ("POST", "/api/signup/optin/refresh_token", {"email": NEW_EMAIL}),
        ("POST", "/api/password/reset", {"email": B2C_EMAIL}),
        ("POST", "/api/me/accounts/internal/email/change", wish),
        ("DELETE", "/api/me", None),
    ]
    for number, (method, path, content) in enumerate(asks, 1):
        assert jane.request(method, path, **({} if content is None else {"json": content})).status_code < 300
        assert len(shop.sandbox.mails) == number
    assert sum(shop.redis.llen(key) for key in shop.redis.keys("bff:limit:mail/*")) == len(asks)


# Guests


def test_new_guests_are_limited_per_address_and_those_there_are_not_refused(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_GUEST="2/minute", BFF_TRUSTED_PROXIES="1")
    here, there = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
    guests = [shop.browser() for _ in range(2)]
    for guest in guests:
        assert guest.get("/api/me", headers=here).status_code == 200
    assert_limited(shop.browser().get("/api/me", headers=here))
    assert shop.sandbox.recorder.count("anonymous_login") == 2
    for guest in guests:
        assert guest.get("/api/me", headers=here).status_code == 200
    assert shop.browser().get("/api/me", headers=there).status_code == 200
    # Who only looks costs upstream no token.
    assert shop.browser().get("/api/session", headers=here).status_code == 200
    assert shop.browser().get("/login", headers=here).status_code == 200


def test_guest_that_could_not_be_made_does_not_count(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_GUEST="1/minute")
    shop.sandbox.faults.add("anonymous_login", Fault(answer=empty(503)))
    assert [shop.browser().get("/api/me").status_code for _ in range(3)] == [503, 503, 503]
    shop.sandbox.faults.clear()
    assert shop.browser().get("/api/me").status_code == 200
    assert_limited(shop.browser().get("/api/me"))


def test_customer_is_not_refused_for_the_many_guests_of_their_address(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = make_shop(
        SandboxSettings(anonymous_access_seconds=LIFE_SECONDS), clock=clock, BFF_RATE_LIMIT_GUEST="1/minute"
    )
    jane = shop.signed_in()
    assert_limited(shop.browser().get("/api/me"))
    made = shop.sandbox.recorder.count("anonymous_login")
    # The guest's tokens behind hers are over, and cannot be renewed either: her refresh needs new ones.
    clock.advance(OVER_SECONDS)
    shop.sandbox.faults.add("anonymous_refresh", Fault(answer=empty(400)))
    assert jane.post("/api/session/refresh").status_code == 200
    assert shop.sandbox.recorder.count("anonymous_login") == made + 1
    assert jane.get("/api/me").status_code == 200


def test_guest_whose_tokens_still_live_is_not_refused_when_new_ones_would_be_too_many(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    shop = make_shop(
        SandboxSettings(anonymous_access_seconds=LIFE_SECONDS), clock=clock, BFF_RATE_LIMIT_GUEST="1/minute"
    )
    guest = shop.browser()
    assert guest.get("/api/me").status_code == 200
    shop.sandbox.faults.add("anonymous_refresh", Fault(answer=empty(400)))
    clock.advance(DUE_SECONDS)
    assert guest.get("/api/me").status_code == 200
    clock.advance(OVER_SECONDS - DUE_SECONDS)
    assert_limited(guest.get("/api/me"))


# The pages


def assert_page_says_when(somebody: PageBrowser, words: str) -> None:
    assert somebody.status == 429
    assert int(somebody.answer.headers["Retry-After"]) > 0
    assert f"Too many tries. You can try again in {words}." in somebody.page.words
    assert somebody.page.title.startswith("Error:")


def test_sign_in_page_says_how_long_to_wait_and_keeps_the_address(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_PAIR)
    somebody = visitor(shop)
    somebody.get("/login?next=/account/addresses")
    for _ in range(2):
        somebody.send("/login", email=B2C_EMAIL, password=WRONG)
        assert somebody.status == 422
    page = somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    assert_page_says_when(somebody, "1 minute")
    values = page.form("/login").values
    assert (values["email"], values["password"], values["next"]) == (B2C_EMAIL, "", "/account/addresses")
    assert B2C_PASSWORD not in page.text
    assert shop.sandbox.recorder.count("login") == 2


def test_sign_up_page_says_how_long_to_wait_and_keeps_what_was_typed(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="1/hour")
    somebody = visitor(shop)
    for expected in (303, 429):
        somebody.get("/signup")
        somebody.send("/signup", firstName="Jane", lastName="Doe", email=NEW_EMAIL, password=NEW_PASSWORD)
        assert somebody.status == expected
    assert_page_says_when(somebody, "60 minutes")
    values = somebody.page.form("/signup").values
    assert (values["firstName"], values["email"], values["password"]) == ("Jane", NEW_EMAIL, "")
    assert NEW_PASSWORD not in somebody.page.text


@pytest.mark.parametrize("email", [B2C_EMAIL, NOBODY])
def test_forgotten_password_page_says_how_long_to_wait_to_anybody(make_shop: ShopMaker, email: str) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="1/hour")
    somebody = visitor(shop, Accept_Language="de")
    for expected in (303, 429):
        somebody.get("/password/forgot")
        somebody.send("/password/forgot", email=email)
        assert somebody.status == expected
    assert "Zu viele Versuche. Sie können es in 60 Minuten noch einmal versuchen." in somebody.page.words
    assert somebody.page.form("/password/forgot").values["email"] == email
    assert int(somebody.answer.headers["Retry-After"]) > 3500


def test_password_page_stops_guesses_at_the_current_password(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_PAIR)
    jane = customer(shop)
    jane.get("/account/password")
    for _ in range(2):
        jane.send("/account/password", currentPassword=WRONG, newPassword=NEW_PASSWORD)
        assert jane.status == 422
    jane.send("/account/password", currentPassword=B2C_PASSWORD, newPassword=NEW_PASSWORD)
    assert_page_says_when(jane, "1 minute")
    assert B2C_PASSWORD not in jane.page.text
    assert shop.sandbox.recorder.count("change_password") == 2


# Off, and Redis away


def test_limits_that_are_off_refuse_nobody(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="off", BFF_RATE_LIMIT_MAIL="off", BFF_RATE_LIMIT_GUEST="off")
    browser = shop.browser()
    assert {guess(browser).status_code for _ in range(12)} == {401}
    assert {browser.post("/api/password/reset", json={"email": NOBODY}).status_code for _ in range(7)} == {204}
    assert {shop.browser().get("/api/me").status_code for _ in range(62)} == {200}
    assert shop.redis.keys("bff:limit*") == []


def test_sign_up_that_signs_in_at_once_is_done_though_the_sign_in_is_refused(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="1/minute;1/minute;1/hour", EMPORIX_SIGNUP="immediate")
    browser = shop.browser()
    assert guess(browser).status_code == 401
    answer = browser.post("/api/signup", json={"email": NEW_EMAIL, "password": NEW_PASSWORD})
    assert answer.status_code == 201
    assert browser.session()["state"] == "guest"


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    """A Redis that a test may hurt."""
    with EmbeddedRedis() as server:
        yield server


def test_newcomer_is_told_in_time_that_redis_hangs(
    make_shop: ShopMaker, own_redis: EmbeddedRedis, busy_seconds: float
) -> None:
    shop = make_shop(REDIS_URL=own_redis.url)
    shop.signed_in()
    own_redis.pause()
    try:
        began = time.monotonic()
        assert shop.browser().get("/api/me").status_code == 503
        assert time.monotonic() - began < 2 + busy_seconds
    finally:
        own_redis.resume()


def test_without_redis_newcomers_still_cost_upstream_no_more_than_the_limit(
    make_shop: ShopMaker, own_redis: EmbeddedRedis
) -> None:
    shop = make_shop(REDIS_URL=own_redis.url, BFF_RATE_LIMIT_GUEST="3/minute")
    own_redis.kill()
    # Each gets a token that cannot be kept for it, until there are no more.
    assert [shop.browser().get("/api/me").status_code for _ in range(6)] == [503, 503, 503, 429, 429, 429]
    assert shop.sandbox.recorder.count("anonymous_login") == 3
