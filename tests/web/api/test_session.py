"""The JSON routes about the visitor's own session: what they tell, and what they never tell."""

from __future__ import annotations

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.faults import Fault
from bff.sandbox.settings import SandboxSettings
from tests.support.fakes.answers import empty
from tests.support.fakes.clock import FakeClock
from tests.support.footprint import footprint, lasting_footprint
from tests.support.leaks import hits
from tests.support.shop import Shop, ShopMaker

GUEST: dict[str, object] = {
    "state": "guest",
    "customer": None,
    "legalEntityId": None,
    "initialPassword": False,
    "expiresIn": 86400,
    "lifetimeExpiresIn": None,
    "ended": None,
    "socialLogin": [],
    "features": {"accountDeletion": True, "addLogin": True},
}


def test_guest_is_told_all_there_is(shop: Shop) -> None:
    browser = shop.browser()
    state = browser.session()
    assert len(state.pop("csrfToken")) > 40
    assert state.pop("expiresIn") in (899, 900)
    assert state == {name: value for name, value in GUEST.items() if name != "expiresIn"}
    # Its cookie has come back.
    assert browser.session()["expiresIn"] in (86399, 86400)


def test_customer_is_told_when_it_ends(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = make_shop(clock=clock, BFF_SESSION_IDLE="600", BFF_SESSION_LIFETIME="3600")
    browser = shop.browser()
    state = browser.sign_in()
    assert state.keys() == GUEST.keys() | {"csrfToken"}
    assert state["expiresIn"] in (599, 600)
    assert state["lifetimeExpiresIn"] == 3600
    clock.advance(1000)
    assert browser.session()["lifetimeExpiresIn"] == 2600


def test_session_ends_with_its_lifetime_however_busy(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = make_shop(clock=clock, BFF_SESSION_LIFETIME="3600")
    browser = shop.signed_in()
    for _ in range(3):
        clock.advance(1100)
        assert browser.session()["state"] == "authenticated"
    clock.advance(300)
    ended = browser.get("/api/me/addresses")
    assert (ended.status_code, ended.get_json()["type"]) == (401, "session_expired")
    assert browser.get("/api/me/addresses").get_json()["type"] == "login_required"
    assert shop.sandbox.recorder.count("logout") == 1


def test_poll_can_look_without_extending(shop: Shop) -> None:
    browser = shop.signed_in()
    for key in shop.redis.keys("*:web"):
        shop.redis.pexpire(key, 900_000)
    assert browser.get("/api/session?extend=false").get_json()["expiresIn"] in (899, 900)
    assert browser.get("/api/session?extend=false").get_json()["expiresIn"] in (899, 900)
    assert browser.get("/api/session?extend=true").get_json()["expiresIn"] in (1799, 1800)


def test_asking_costs_no_upstream_call(shop: Shop) -> None:
    browser = shop.signed_in()
    calls = len(shop.sandbox.recorder)
    browser.session()
    browser.get("/api/session?extend=false")
    assert len(shop.sandbox.recorder) == calls


def test_session_route_is_the_newcomers_start(shop: Shop) -> None:
    browser = shop.browser()
    first = browser.get("/api/session")
    assert first.headers["X-CSRF-Token"] == browser.csrf
    assert len(shop.redis.keys("*:web")) == 1
    assert len(shop.sandbox.recorder) == 0
    again = browser.get("/api/session")
    assert again.headers.getlist("Set-Cookie") == []
    assert "X-CSRF-Token" not in again.headers


def test_without_redis_nothing_is_started_and_nothing_set(make_shop: ShopMaker) -> None:
    shop = make_shop(REDIS_URL="redis://127.0.0.1:1")
    for headers in ({}, {"Cookie": "bff-session=" + "A" * 43}):
        answer = shop.browser().get("/api/session", headers=headers)
        assert (answer.status_code, answer.get_json()["type"]) == (503, "session_store_unavailable")
        assert answer.headers["Retry-After"] == "5"
        assert answer.headers.getlist("Set-Cookie") == []


def test_validate_tells_details_less_tokens(shop: Shop) -> None:
    browser = shop.signed_in()
    told = browser.get("/api/session/validate").get_json()
    assert set(told) <= {"token_type", "expires_in", "scope", "email", "legalEntityId"}
    assert told["email"] == "jane.doe@example.com"


def test_validate_of_a_token_that_upstream_disowns_renews_it_once(shop: Shop) -> None:
    browser = shop.signed_in()
    shop.sandbox.faults.add("validate_auth_token", Fault(answer=empty(401)), times=1)
    assert browser.get("/api/session/validate").status_code == 200
    assert shop.sandbox.recorder.count("refresh_auth_token") == 1


def test_guest_has_nothing_to_validate_refresh_or_delete(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    before = lasting_footprint(shop)
    for answer in (
        browser.get("/api/session/validate"),
        browser.post("/api/session/refresh"),
        browser.delete("/api/me"),
        browser.post("/api/me/delete/confirm", json={"token": "x"}),
    ):
        assert (answer.status_code, answer.get_json()["type"]) == (401, "login_required")
    assert lasting_footprint(shop) == before


def test_guest_signs_out_too_and_gets_a_new_cookie(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    before = browser.cookie
    assert browser.post("/api/logout").status_code == 200
    assert browser.cookie != before
    assert len(shop.sandbox.recorder) == 0


def test_refresh_takes_an_entity_that_could_be_one(shop: Shop) -> None:
    browser = shop.browser()
    browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    before = lasting_footprint(shop)
    for entity in ("", "a b", "x" * 129, 7, "é", "a&refreshToken=x"):
        refused = browser.post("/api/session/refresh", json={"legalEntityId": entity})
        assert (refused.status_code, refused.get_json()["details"][0]["field"]) == (400, "legalEntityId"), entity
    assert lasting_footprint(shop) == before


def test_sign_in_as_the_same_person_is_reauthentication(shop: Shop) -> None:
    browser = shop.browser()
    browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    entity = LEGAL_ENTITIES[1].id
    browser.post("/api/session/refresh", json={"legalEntityId": entity})
    before = browser.cookie
    again = browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    assert browser.cookie != before
    assert again["legalEntityId"] == entity
    assert shop.sandbox.recorder.count("logout") == 0


def test_sign_in_as_another_ends_the_first_upstream_too(shop: Shop) -> None:
    browser = shop.signed_in()
    first = browser.cookie
    state = browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    assert state["customer"]["email"] == B2B_EMAIL
    assert shop.sandbox.recorder.count("logout") == 1
    browser.cookie = first
    assert browser.session()["state"] == "guest"


def test_failed_sign_in_as_another_changes_nothing(shop: Shop) -> None:
    browser = shop.signed_in()
    cookie = browser.cookie
    refused = browser.post("/api/login", json={"email": B2B_EMAIL, "password": "not the password"})
    assert refused.status_code == 401
    assert refused.headers.getlist("Set-Cookie") == []
    assert browser.cookie == cookie
    assert browser.session()["customer"]["email"] == "jane.doe@example.com"


def test_answer_to_every_change_of_cookie_brings_the_token_for_it(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    for path, body in (
        ("/api/login", {"email": "jane.doe@example.com", "password": B2C_PASSWORD}),
        ("/api/password/change", {"currentPassword": B2C_PASSWORD, "newPassword": "Amber-Window-19"}),
        ("/api/logout", None),
    ):
        cookie, token = browser.cookie, browser.csrf
        answer = browser.post(path, json=body)
        assert answer.status_code in (200, 204), path
        assert browser.cookie != cookie
        assert answer.headers["X-CSRF-Token"] not in ("", token)
        assert browser.post("/api/signup/optin/refresh_token", json={"email": "a@example.com"}).status_code == 202


def test_no_answer_holds_a_token_of_upstreams(make_shop: ShopMaker) -> None:
    shop = make_shop(SandboxSettings())
    browser = shop.browser()
    bodies = [browser.get("/api/session")]
    browser.csrf = bodies[0].get_json()["csrfToken"]
    bodies.append(browser.post("/api/login", json={"email": B2B_EMAIL, "password": B2B_PASSWORD}))
    bodies.append(browser.post("/api/session/refresh", json={"legalEntityId": LEGAL_ENTITIES[0].id}))
    bodies += [browser.get("/api/session/validate"), browser.get("/api/me"), browser.get("/api/me/addresses")]
    bodies.append(browser.post("/api/logout"))
    assert [answer.status_code for answer in bodies] == [200] * 7
    secrets = [issued.value.encode() for issued in shop.sandbox.issued]
    assert len(secrets) > 5
    for answer in bodies:
        said = answer.get_data() + str(answer.headers).encode()
        assert hits(said, secrets) == set()
        assert str(browser.cookie).encode() not in answer.get_data()


def test_head_of_the_session_makes_nothing(shop: Shop) -> None:
    before = footprint(shop)
    answer = shop.browser().request("HEAD", "/api/session")
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])
    assert footprint(shop) == before
