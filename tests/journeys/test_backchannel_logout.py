"""The provider says that a session is over: it ends, exactly it, whoever had it open and wherever."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import Fault
from bff.sandbox.provider.settings import JANE, JOHN
from tests.support.fakes.answers import empty
from tests.support.fakes.clock import FakeClock
from tests.support.footprint import lasting_footprint
from tests.support.oidc.hostile import WRONG_LOGOUT_TOKENS, mint_id_token, mint_logout_token
from tests.support.redis_keys import keys_of
from tests.support.shop import COOKIE, PUBLIC_URL, ShopMaker, SocialShop
from tests.support.social import Traveller

PATH = "/login/backchannel-logout"


@pytest.fixture
def social(make_shop: ShopMaker, clock: FakeClock) -> SocialShop:
    return make_shop.with_provider(clock=clock)


def tell(social: SocialShop, data: Any, *, headers: dict[str, str] | None = None, query: str = "") -> TestResponse:
    client = social.shop.app.test_client(use_cookies=False)
    return client.post(PATH + query, data=data, base_url=PUBLIC_URL, headers=headers)


def token(social: SocialShop, **claims: Any) -> str:
    return mint_logout_token(social.provider, claims=claims)


def signed_in(social: SocialShop, subject: str = JANE.subject) -> Traveller:
    traveller = Traveller(social)
    traveller.sign_in(subject)
    return traveller


def sid_of(traveller: Traveller) -> str:
    who = traveller.web.signed_in
    assert who is not None
    assert who.social is not None
    assert who.social.sid is not None
    return who.social.sid


def test_session_that_is_named_ends_and_no_other(social: SocialShop) -> None:
    one, two, john = signed_in(social), signed_in(social), signed_in(social, JOHN.subject)
    answer = tell(social, {"logout_token": token(social, sid=sid_of(one), sub=JANE.subject)})
    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.getlist("Set-Cookie") == []
    assert [one.who, two.who, john.who] == [None, B2C_EMAIL, JOHN.email]


def test_every_session_of_a_person_ends_where_only_the_person_is_named(social: SocialShop) -> None:
    one, two, john = signed_in(social), signed_in(social), signed_in(social, JOHN.subject)
    password = social.shop.signed_in()
    assert tell(social, {"logout_token": token(social, sub=JANE.subject)}).status_code == 200
    assert [one.who, two.who, john.who] == [None, None, JOHN.email]
    assert password.session()["customer"]["email"] == B2C_EMAIL


def test_session_is_found_by_what_it_was_last_signed_in_with(social: SocialShop) -> None:
    one = signed_in(social)
    first = sid_of(one)
    one.state()
    one.browser.post("/api/logout")
    one.pages.sign_in()
    assert tell(social, {"logout_token": token(social, sid=first)}).status_code == 200
    assert one.who == B2C_EMAIL


def test_sign_out_there_reaches_a_session_that_moved_to_a_new_cookie(social: SocialShop) -> None:
    one = signed_in(social)
    one.sign_in(link="/login/social/google-oauth2?again=1")
    assert tell(social, {"logout_token": token(social, sid=sid_of(one))}).status_code == 200
    assert one.who is None


@pytest.mark.parametrize("named", ["sid", "sub"])
def test_sign_out_there_reaches_a_session_that_was_proved_by_password_since(social: SocialShop, named: str) -> None:
    one = signed_in(social)
    claims = {"sid": sid_of(one)} if named == "sid" else {"sub": JANE.subject}
    one.browser.sign_in()
    assert one.who == B2C_EMAIL
    assert tell(social, {"logout_token": token(social, **claims)}).status_code == 200
    assert one.who is None


def test_session_nobody_knows_is_over_already(social: SocialShop) -> None:
    one = signed_in(social)
    for claims in ({"sid": "unknown"}, {"sub": "unknown"}, {"sid": "unknown", "sub": JANE.subject}):
        assert tell(social, {"logout_token": token(social, **claims)}).status_code == 200
    assert one.who == B2C_EMAIL


def test_token_is_good_once(social: SocialShop, clock: FakeClock) -> None:
    told = token(social, sub=JANE.subject)
    signed_in(social)
    assert tell(social, {"logout_token": told}).status_code == 200
    later = signed_in(social)
    clock.advance(60)
    answer = tell(social, {"logout_token": told})
    assert (answer.status_code, answer.get_json()) == (400, {"error": "invalid_request"})
    assert later.who == B2C_EMAIL


def test_used_token_is_remembered_for_as_long_as_it_could_be_accepted(social: SocialShop, redis: Redis) -> None:
    assert tell(social, {"logout_token": token(social, sub=JANE.subject)}).status_code == 200
    (used,) = keys_of(redis, "bff:used:*")
    # Five minutes of age and a minute for clocks that differ, on either side; twenty seconds for a busy machine.
    assert 300 + 2 * 60 - 20 < int(redis.ttl(used)) <= 600


def test_every_wrong_token_is_refused_and_ends_nothing(social: SocialShop) -> None:
    one = signed_in(social)
    sid = sid_of(one)
    for case, shape in WRONG_LOGOUT_TOKENS.items():
        wrong = social.provider.tokens.make_logout_token({"sid": sid, "sub": JANE.subject}, shape)
        answer = tell(social, {"logout_token": wrong})
        assert answer.status_code == (413 if len(wrong) > 64 * 1024 else 400), case
        assert answer.headers["Cache-Control"] == "no-store", case
        assert answer.headers.getlist("Set-Cookie") == [], case
        assert one.who == B2C_EMAIL, case


def test_id_token_ends_nothing(social: SocialShop) -> None:
    one = signed_in(social)
    for headers in ({}, {"typ": "logout+jwt"}):
        claims = {"sid": sid_of(one), "sub": JANE.subject, "jti": "once"}
        forged = mint_id_token(social.provider, claims=claims, headers=headers)
        assert tell(social, {"logout_token": forged}).status_code == 400
    assert one.who == B2C_EMAIL


def test_token_that_is_older_than_five_minutes_is_refused(social: SocialShop, clock: FakeClock) -> None:
    one = signed_in(social)
    old = token(social, sid=sid_of(one), exp=int(clock()) + 3600)
    clock.advance(361)
    assert tell(social, {"logout_token": old}).status_code == 400
    assert one.who == B2C_EMAIL


def test_body_without_exactly_one_token_is_refused(social: SocialShop) -> None:
    one = signed_in(social)
    good = token(social, sid=sid_of(one))
    before = lasting_footprint(social.shop)
    for data in ({}, {"token": good}, {"logout_token": ""}, {"logout_token": [good, good]}):
        assert tell(social, data).status_code == 400, data
    assert tell(social, {"logout_token": good + "." + "x" * 40_000}).status_code == 400
    assert tell(social, {}, query=f"?logout_token={good}").status_code == 400
    as_json = social.shop.app.test_client().post(PATH, json={"logout_token": good}, base_url=PUBLIC_URL)
    assert as_json.status_code == 400
    assert lasting_footprint(social.shop) == before
    assert one.who == B2C_EMAIL


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_a_post_tells(social: SocialShop, method: str) -> None:
    answer = social.shop.app.test_client().open(PATH, method=method, base_url=PUBLIC_URL)
    assert answer.status_code == 405


def test_it_needs_no_token_of_ours_and_no_origin_and_heeds_no_cookie(social: SocialShop) -> None:
    one, two = signed_in(social), signed_in(social)
    headers = {
        "Origin": "https://evil.example.com",
        "Sec-Fetch-Site": "cross-site",
        "Cookie": f"{COOKIE}={two.browser.cookie}",
    }
    answer = tell(social, {"logout_token": token(social, sid=sid_of(one))}, headers=headers)
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])
    assert [one.who, two.who] == [None, B2C_EMAIL]


def test_without_the_providers_documents_it_is_told_to_come_back(social: SocialShop, clock: FakeClock) -> None:
    social.provider.faults.add("discovery", Fault(answer=empty(503)))
    answer = tell(social, {"logout_token": token(social, sid="any")})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    social.provider.faults.clear()
    social.provider.faults.add("jwks", Fault(answer=empty(503)))
    clock.advance(30)
    assert tell(social, {"logout_token": token(social, sid="any")}).status_code == 503
    social.provider.faults.clear()
    clock.advance(30)
    assert tell(social, {"logout_token": token(social, sid="any")}).status_code == 200


def test_forged_tokens_have_the_keys_fetched_once_in_half_a_minute_however_many_come(
    social: SocialShop, clock: FakeClock
) -> None:
    one = signed_in(social)
    fetched = social.provider.recorder.count("jwks")
    forged = [
        mint_logout_token(
            social.provider, claims={"sid": sid_of(one)}, headers=headers, key=social.provider.keys.foreign
        )
        for headers in ({}, {"kid": social.provider.keys.current.kid}, {"kid": None}, {"kid": "unknown"})
    ]
    for round in (1, 2):
        for _ in range(5):
            assert {tell(social, {"logout_token": token}).status_code for token in forged} == {400}
        assert social.provider.recorder.count("jwks") == fetched + round
        clock.advance(30)
    assert one.who == B2C_EMAIL
