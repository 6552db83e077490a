"""A sign-in that the store interrupts, a lifetime that is over, and signing out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from bff.emporix.client import Call
from bff.errors import (
    SessionExpired,
    SessionStoreUnavailable,
)
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL
from bff.sessions.index import IndexKind
from bff.sessions.scripts import RETIRED_BYTES
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.fakes.upstream import UNKNOWN, visits_of
from tests.support.fakes.visits import Visits, anonymous, credentials, customer
from tests.support.shop import ShopMaker


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return Visits(shop=make_shop(clock=clock))


def sign_in(visits: Visits, session: Session, email: str = B2C_EMAIL, call: Call | None = None) -> None:
    visits.shop.services.login.with_password(session, email, call or credentials())


def logged_out(visits: Visits) -> list[str]:
    """Return the tokens that upstream was told of, oldest first."""
    calls = visits.shop.sandbox.recorder.of("logout")
    return [call.headers["authorization"].removeprefix("Bearer ") for call in calls]


def issued_to_customers(visits: Visits) -> list[str]:
    return [one.value for one in visits.shop.sandbox.issued if one.kind.name == "CUSTOMER_ACCESS"]


def living(redis: Redis) -> list[bytes]:
    return [key for key in redis.scan_iter("bff:{*:web") if redis.strlen(key) > RETIRED_BYTES]


# The store fails in the middle


@pytest.mark.parametrize("failing", [("create",), ("retire",), ("retire", "end")])
@pytest.mark.parametrize("was", ["guest", "another"])
def test_store_that_fails_in_a_sign_in_leaves_the_browser_as_it_was(
    make_shop: ShopMaker, clock: FakeClock, redis: Redis, was: str, failing: tuple[str, ...]
) -> None:
    visits = Visits(shop=make_shop(clock=clock, services=services_with_meddling))
    session = visits.guest() if was == "guest" else visits.signed_in(B2B_EMAIL, B2B_PASSWORD)
    before = (session.web, session.vault)
    visits.shop.sandbox.recorder.clear()
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    store.fail(*failing)
    trying = visits.again(session)
    with pytest.raises(SessionStoreUnavailable):
        sign_in(visits, trying)
    store.before.clear()
    assert trying.new_cookie is None
    assert (visits.again(session).web, visits.again(session).vault) == before
    assert logged_out(visits) == issued_to_customers(visits)[-1:]
    assert len(living(redis)) == (2 if "end" in failing else 1)


def test_browser_hears_of_a_store_that_fails_and_keeps_its_cookie(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = make_shop(clock=clock, services=services_with_meddling)
    browser = shop.browser()
    browser.session()
    before = browser.cookie
    assert isinstance(shop.services.store, MeddlingStore)
    shop.services.store.fail("retire")
    answer = browser.post("/api/login", json={"email": B2C_EMAIL, "password": "Violet-Harbour-38"})
    assert (answer.status_code, answer.get_json()["type"]) == (503, "session_store_unavailable")
    assert "Set-Cookie" not in answer.headers
    shop.services.store.before.clear()
    assert browser.cookie == before
    assert browser.session()["state"] == "guest"


# The end


def test_lifetime_that_is_over_leaves_a_guest_with_the_same_cart(visits: Visits, clock: FakeClock) -> None:
    session = visits.signed_in()
    tokens, cart = customer(session), anonymous(session).session_id
    lifetime = visits.shop.settings.sessions.lifetime_seconds
    visits.shop.sandbox.recorder.clear()
    clock.advance(lifetime - 1)
    session = visits.again(session)
    visits.shop.services.login.resume(session)
    assert session.signed_in is not None
    clock.advance(1)
    session = visits.again(session)
    visits.shop.services.login.resume(session)
    assert (session.signed_in, session.just_ended, session.new_cookie) == (None, True, None)
    assert logged_out(visits) == [tokens.access.reveal()]
    after = visits.again(session)
    visits.shop.services.login.resume(after)
    assert (after.signed_in, after.just_ended, after.vault.customer) == (None, False, None)
    assert anonymous(after).session_id == cart
    assert logged_out(visits) == [tokens.access.reveal()]


def test_lifetime_that_is_over_is_told_once(visits: Visits, clock: FakeClock) -> None:
    browser = visits.shop.signed_in()
    clock.advance(visits.shop.settings.sessions.lifetime_seconds)
    over = browser.get("/api/me")
    assert (over.status_code, over.get_json()["type"]) == (401, "session_expired")
    assert browser.patch("/api/me", json={}).get_json()["type"] == "login_required"
    assert browser.session()["state"] == "guest"


def test_refresh_and_new_sign_in_do_not_move_the_end(visits: Visits, clock: FakeClock) -> None:
    session = visits.signed_in()
    clock.advance(40_000)
    session = visits.again(session)
    visits.shop.services.broker.refresh(session)
    sign_in(visits, session)
    session.rotate(lambda web: web)
    clock.advance(3_200)
    session = visits.again(session)
    visits.shop.services.login.resume(session)
    assert session.just_ended


@pytest.mark.parametrize("changed_before", [False, True])
def test_session_that_ends_while_its_lifetime_is_found_over_serves_nobody(
    make_shop: ShopMaker, clock: FakeClock, changed_before: bool
) -> None:
    visits = Visits(shop=make_shop(clock=clock, services=services_with_meddling))
    session = visits.signed_in()
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    clock.advance(visits.shop.settings.sessions.lifetime_seconds)

    def end(*args: Any, **kwargs: Any) -> None:
        store.before.clear()
        if changed_before:
            visits.again(session).change_web(lambda web: replace(web, data={"theirs": True}))
            store.before["load"] = end_for_good
        else:
            end_for_good()

    def end_for_good(*args: Any, **kwargs: Any) -> None:
        assert session.cookie is not None
        store.before.clear()
        store.store.end([session.cookie.sid])

    store.before["commit"] = end
    late = visits.again(session)
    visits.shop.services.login.resume(late)
    assert (late.signed_in, late.vault.customer, late.just_ended) == (None, None, True)
    assert len(logged_out(visits)) == 1


def test_change_in_another_tab_does_not_save_a_lifetime_that_is_over(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = Visits(shop=make_shop(clock=clock, services=services_with_meddling))
    session = visits.signed_in()
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    clock.advance(visits.shop.settings.sessions.lifetime_seconds)

    def change(*args: Any, **kwargs: Any) -> None:
        store.before.clear()
        visits.again(session).change_web(lambda web: replace(web, data={"theirs": True}))

    store.before["commit"] = change
    late = visits.again(session)
    visits.shop.services.login.resume(late)
    assert (visits.again(session).signed_in, late.just_ended) == (None, True)


def test_sign_out_tells_upstream_first_and_ends_only_this_session(visits: Visits, redis: Redis) -> None:
    elsewhere, session = visits.signed_in(), visits.signed_in()
    access, old = customer(session).access.reveal(), session.cookie
    visits.shop.services.login.log_out(session)
    assert logged_out(visits) == [access]
    assert session.new_cookie not in (None, old)
    assert visits.open(old).signed_in is None
    assert visits.again(elsewhere).signed_in is not None
    assert len(living(redis)) == 1


@pytest.mark.parametrize("outcome", ["502", "reset", "HTML", "bad API key"])
def test_sign_out_ends_it_here_whatever_upstream_says(visits: Visits, redis: Redis, outcome: str) -> None:
    session = visits.signed_in()
    visits.shop.sandbox.faults.add("logout", UNKNOWN[outcome][0])
    visits.shop.services.login.log_out(session)
    assert living(redis) == []


def test_sign_out_does_not_wait_long_for_upstream(make_shop: ShopMaker, clock: FakeClock, redis: Redis) -> None:
    visits = visits_of(make_shop, clock)
    session = visits.signed_in()
    visits.shop.sandbox.faults.add("logout", UNKNOWN["timeout"][0])
    visits.shop.services.login.log_out(session)
    assert living(redis) == []


def test_guest_signs_out_without_upstream(visits: Visits) -> None:
    session = visits.guest()
    visits.shop.sandbox.recorder.clear()
    visits.shop.services.login.log_out(session)
    assert visits.asked() == []
    assert session.new_cookie is not None


def test_sign_out_that_redis_does_not_hear_keeps_the_cookie(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = Visits(shop=make_shop(clock=clock, services=services_with_meddling))
    session = visits.signed_in()
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    store.fail("retire")
    with pytest.raises(SessionStoreUnavailable):
        visits.shop.services.login.log_out(session)
    assert session.new_cookie is None


def test_sessions_are_listed_while_they_last(visits: Visits) -> None:
    index, session = visits.shop.services.sessions.index, visits.signed_in()
    who = session.signed_in
    assert who is not None
    other = visits.signed_in()
    other.load()
    for kind, value in ((IndexKind.CUSTOMER, who.customer.id), (IndexKind.EMAIL, B2C_EMAIL)):
        assert set(index.sids(kind, value)) == {session.sid, other.sid}
    visits.shop.services.login.log_out(session)
    assert index.sids(IndexKind.CUSTOMER, who.customer.id) == (other.sid,)


def test_forgotten_customer_is_signed_in_nowhere(visits: Visits, redis: Redis) -> None:
    elsewhere, somebody_else = visits.signed_in(), visits.signed_in(B2B_EMAIL, B2B_PASSWORD)
    visits.shop.services.login.end_all_for_deleted_account(visits.signed_in())
    assert visits.again(elsewhere).signed_in is None
    assert visits.again(somebody_else).signed_in is not None
    assert len(living(redis)) == 1


# Another request gets in between


def meddling(make_shop: ShopMaker, clock: FakeClock) -> tuple[Visits, MeddlingStore]:
    shop = make_shop(clock=clock, services=services_with_meddling)
    store = shop.services.store
    assert isinstance(store, MeddlingStore)
    return Visits(shop=shop), store


def test_sign_out_tells_upstream_of_tokens_that_were_renewed_meanwhile(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits, store = meddling(make_shop, clock)
    session = visits.signed_in()

    def renewed(*arguments: Any, **named: Any) -> None:
        del store.before["retire"]
        visits.shop.services.broker.refresh(visits.again(session))

    store.before["retire"] = renewed
    visits.shop.services.login.log_out(visits.again(session))
    assert logged_out(visits) == issued_to_customers(visits)
    assert len(issued_to_customers(visits)) == 2


def test_sign_out_does_not_pass_for_done_where_the_session_goes_on_under_a_new_cookie(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    visits, store = meddling(make_shop, clock)
    session = visits.signed_in()
    moved = visits.again(session)

    def moves(*arguments: Any, **named: Any) -> None:
        del store.before["retire"]
        visits.shop.services.login.rotate(moved)

    store.before["retire"] = moves
    leaving = visits.again(session)
    with pytest.raises(SessionExpired):
        visits.shop.services.login.log_out(leaving)
    assert leaving.new_cookie is None
    assert visits.again(moved).signed_in is not None


def test_sign_out_of_a_session_that_another_device_ends_meanwhile_is_done(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    visits, store = meddling(make_shop, clock)
    session = visits.signed_in()

    def ended(*arguments: Any, **named: Any) -> None:
        del store.before["retire"]
        store.end([session.sid or ""])

    assert session.signed_in is not None
    store.before["retire"] = ended
    leaving = visits.again(session)
    assert visits.shop.services.login.log_out(leaving) is not None
    assert leaving.new_cookie is not None


def test_two_sign_ins_from_one_guests_session_do_not_share_the_guests_tokens(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    visits, store = meddling(make_shop, clock)
    guest = visits.guest()
    first, second = visits.again(guest), visits.again(guest)

    def overtaken(*arguments: Any, **named: Any) -> None:
        del store.before["retire"]
        sign_in(visits, first)

    store.before["retire"] = overtaken
    sign_in(visits, second)
    assert visits.again(first).signed_in == visits.again(second).signed_in
    assert visits.again(first).vault.anonymous is not None
    assert visits.again(second).vault.anonymous is None


def test_sign_in_over_a_guests_session_takes_along_what_is_written_meanwhile(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    visits, store = meddling(make_shop, clock)
    guest = visits.guest()
    other = visits.again(guest)

    def written(*arguments: Any, **named: Any) -> None:
        del store.before["retire"]
        other.change_web(lambda web: replace(web, data={"draft": 1}))

    store.before["retire"] = written
    session = visits.again(guest)
    sign_in(visits, session)
    assert visits.again(session).web.data == {"draft": 1}


def test_sign_in_over_a_session_tells_upstream_of_tokens_that_were_renewed_meanwhile(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    visits, store = meddling(make_shop, clock)
    session = visits.signed_in()

    def renewed(*arguments: Any, **named: Any) -> None:
        del store.before["retire"]
        visits.shop.services.broker.refresh(visits.again(session))

    store.before["retire"] = renewed
    again = visits.again(session)
    sign_in(visits, again, B2B_EMAIL, credentials(B2B_EMAIL, B2B_PASSWORD))
    _, kept, renewed_meanwhile = issued_to_customers(visits)
    assert logged_out(visits) == [renewed_meanwhile]
    assert again.vault.customer is not None
    assert again.vault.customer.access.reveal() == kept
