"""What becomes of a guest's cart when its guest signs in: whose cart it goes into, once, and what a failure leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from bff.account.calls import AccountCall
from bff.account.cart_merge import PAUSE_SECONDS, TRY_SECONDS, WAITS_SECONDS, CartMerge
from bff.emporix.client import Call
from bff.errors import InvalidCredentials
from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.settings import SandboxSettings
from bff.sessions.endings import Ending, end_sessions
from bff.sessions.index import IndexKind
from bff.sessions.session import Session
from tests.support.fakes.carts import (
    CART_ROW,
    CUSTOMER,
    GUEST,
    MERGE,
    READ,
    STEPS,
    UNHURRIED_SECONDS,
    Carts,
    Failure,
    answers,
    cut,
    hangs,
    merging_of,
    services_that_merge,
)
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore
from tests.support.fakes.upstream import at_once
from tests.support.fakes.visits import Visits, anonymous, credentials, customer
from tests.support.journeys.audit_drives import Listener, listening
from tests.support.shop import ShopMaker


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A shop that merges carts, its cart service, and the audit log."""

    visits: Visits
    carts: Carts
    clock: FakeClock
    listener: Listener

    @property
    def merging(self) -> CartMerge:
        return merging_of(self.visits.shop.services)

    @property
    def store(self) -> MeddlingStore:
        store = self.visits.shop.services.store
        assert isinstance(store, MeddlingStore)
        return store

    def guest(self, *items: str) -> Session:
        """Return a guest with these things in their cart."""
        session = self.visits.guest()
        if items:
            self.carts.put(anonymous(session).access.reveal(), *items)
        return session

    def sign_in(self, session: Session, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> Session:
        """Sign in, and return the next request's session."""
        self.visits.shop.services.login.with_password(session, email, credentials(email, password))
        return self.visits.again(session)

    def look(self, session: Session) -> Any:
        """Ask for the cart, as a page would, and return what is in it."""
        services, asked = self.visits.shop.services, AccountCall(call=Call(values={"siteCode": "main"}))
        result = services.calls.perform(self.visits.again(session), CART_ROW, lambda: asked)
        return [item["id"] for item in result.content["items"]]

    def cart_of(self, session: Session) -> list[str]:
        """Return what is in the customer's own cart, past everything."""
        who = session.signed_in
        assert who is not None
        return [item for cart in self.carts.all.values() if cart.owner == who.customer.id for item in cart.items]

    def lines(self) -> list[dict[str, Any]]:
        """Return what the audit log says of carts."""
        lines = self.listener.shown()
        return [line for line in lines if line["event"].startswith("carts_")]

    def outcomes(self) -> list[tuple[str, str | None, int | None]]:
        return [(line["event"], line.get("outcome"), line.get("status")) for line in self.lines()]


def opened(
    make_shop: ShopMaker, clock: FakeClock, listener: Listener, settings: SandboxSettings | None = None
) -> Scene:
    shop = make_shop(settings, clock=clock, services=services_that_merge)
    return Scene(visits=Visits(shop=shop), carts=Carts(shop.sandbox), clock=clock, listener=listener)


@pytest.fixture
def scene(make_shop: ShopMaker, clock: FakeClock) -> Iterator[Scene]:
    with listening() as listener:
        yield opened(make_shop, clock, listener)


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Is set when the test is over, so that what hangs need not hang on."""
    event = threading.Event()
    yield event
    event.set()


def waits(session: Session) -> bool:
    return session.vault.cart is not None


MERGED = ("carts_merged", None, None)


# Done


def test_guests_cart_goes_into_the_customers(scene: Scene) -> None:
    guest = scene.guest("apples", "bread")
    tokens = anonymous(guest)
    (guests_cart,) = scene.carts.all.values()
    session = scene.sign_in(guest)
    assert scene.carts.asked == list(STEPS)
    who = session.signed_in
    assert who is not None
    own = next(cart for cart in scene.carts.all.values() if cart.owner == who.customer.id)
    assert scene.carts.sent == [
        ("GET", "/cart/demoshop/carts?siteCode=main", None),
        ("GET", "/cart/demoshop/carts?siteCode=main&create=true", None),
        ("POST", f"/cart/demoshop/carts/{own.id}/merge", {"carts": [guests_cart.id]}),
    ]
    access = customer(session).access.reveal()
    assert scene.carts.bearers == [tokens.access.reveal(), access, access]
    assert (own.items, guests_cart.is_open) == (["apples", "bread"], False)
    assert not waits(session)
    assert scene.outcomes() == [MERGED]


def test_customer_finds_both_carts_in_one(scene: Scene) -> None:
    elsewhere = scene.sign_in(scene.guest())
    scene.carts.put(customer(elsewhere).access.reveal(), "milk")
    session = scene.sign_in(scene.guest("apples"))
    assert scene.look(session) == ["milk", "apples"]


def test_tokens_are_kept_before_anything_is_asked_about_carts(scene: Scene) -> None:
    guest, seen = scene.guest("apples"), []
    former = guest.cookie

    def note() -> None:
        kept = scene.visits.again(guest)
        seen.append((kept.signed_in is not None, waits(kept), scene.visits.open(former).signed_in))

    scene.carts.before_call = note
    scene.sign_in(guest)
    assert seen == [(True, True, None)] * len(STEPS)


def test_guest_without_a_cart_brings_none_and_is_told_nothing(scene: Scene) -> None:
    session = scene.sign_in(scene.guest())
    assert scene.carts.asked == [GUEST]
    assert not waits(session)
    assert (scene.lines(), scene.carts.all) == ([], {})


def test_cart_that_is_the_customers_already_is_left_alone(scene: Scene) -> None:
    guest = scene.guest("apples")
    (cart,) = scene.carts.all.values()
    scene.carts.fail(CUSTOMER, lambda effect: (200, cart.shown()))
    session = scene.sign_in(guest)
    assert (scene.carts.asked, waits(session), scene.lines()) == ([GUEST, CUSTOMER], False, [])


def test_cart_that_is_a_customers_is_not_given_to_whoever_signs_in(scene: Scene) -> None:
    guest = scene.guest("apples")
    scene.carts.fail(GUEST, lambda effect: (200, {**effect()[1], "customerId": "4711"}))
    session = scene.sign_in(guest)
    assert (scene.carts.asked, waits(session), scene.lines()) == ([GUEST], False, [])


def test_shop_that_does_not_want_it_asks_nothing(make_shop: ShopMaker) -> None:
    visits = Visits(shop=make_shop())
    carts = Carts(visits.shop.sandbox)
    guest = visits.guest()
    carts.put(anonymous(guest).access.reveal(), "apples")
    visits.shop.services.login.with_password(guest, B2C_EMAIL, credentials())
    assert carts.asked == []
    assert not waits(visits.again(guest))


# Whose cart it is


def test_who_takes_anothers_place_gets_no_cart_of_theirs(scene: Scene) -> None:
    first = scene.sign_in(scene.guest())
    scene.carts.put(anonymous(first).access.reveal(), "apples")
    scene.carts.asked.clear()
    second = scene.sign_in(first, B2B_EMAIL, B2B_PASSWORD)
    assert second.signed_in is not None
    assert second.signed_in.customer.email == B2B_EMAIL
    assert (scene.carts.asked, waits(second)) == ([], False)


def test_cart_that_waits_for_one_customer_does_not_wait_for_the_next(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500))
    first = scene.sign_in(scene.guest("apples"))
    assert waits(first)
    scene.carts.asked.clear()
    second = scene.sign_in(first, B2B_EMAIL, B2B_PASSWORD)
    assert (scene.carts.asked, waits(second)) == ([], False)
    scene.carts.put(customer(second).access.reveal(), "milk")
    assert scene.look(second) == ["milk"]
    assert scene.carts.asked == [READ]


def test_whose_address_was_typed_by_another_person_gets_no_cart_of_theirs(scene: Scene) -> None:
    first = scene.sign_in(scene.guest())
    scene.carts.put(anonymous(first).access.reveal(), "apples")
    scene.carts.asked.clear()
    # The address of the first one with the credentials of the second: upstream names another person.
    scene.visits.shop.services.login.with_password(first, B2C_EMAIL, credentials(B2B_EMAIL, B2B_PASSWORD))
    second = scene.visits.again(first)
    assert second.signed_in is not None
    assert second.signed_in.customer.email == B2B_EMAIL
    assert (scene.carts.asked, waits(second)) == ([], False)


def test_reauthentication_asks_nothing(scene: Scene) -> None:
    session = scene.sign_in(scene.guest())
    scene.carts.put(anonymous(session).access.reveal(), "apples")
    scene.carts.asked.clear()
    again = scene.sign_in(session)
    assert (scene.carts.asked, waits(again)) == ([], False)


def test_reauthentication_takes_up_what_waits(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500))
    session = scene.sign_in(scene.guest("apples"))
    scene.carts.asked.clear()
    again = scene.sign_in(session)
    assert scene.carts.asked == [CUSTOMER, MERGE]
    assert (scene.cart_of(again), waits(again)) == (["apples"], False)


def test_reauthentication_that_fails_to_merge_leaves_it_waiting(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500), answers(500))
    session = scene.sign_in(scene.guest("apples"))
    again = scene.sign_in(session)
    assert waits(again)
    scene.clock.advance(PAUSE_SECONDS)
    assert scene.look(again) == ["apples"]


def test_newcomer_brings_no_cart(scene: Scene) -> None:
    session = scene.sign_in(scene.visits.open())
    assert (scene.carts.asked, waits(session)) == ([], False)


def test_session_that_gets_its_first_guests_tokens_for_the_sign_in_brings_no_cart(scene: Scene) -> None:
    session = scene.visits.open()
    session.start()
    after = scene.sign_in(scene.visits.again(session))
    assert (scene.carts.asked, waits(after)) == ([], False)


def test_guest_whose_session_at_emporix_was_lost_brings_no_cart(scene: Scene) -> None:
    guest = scene.guest("apples")
    # Access and refresh token are over: what comes instead is another guest's.
    scene.clock.advance(anonymous(guest).refresh_expires_at - scene.clock())
    after = scene.sign_in(scene.visits.again(guest))
    assert (scene.carts.asked, waits(after)) == ([], False)


def test_refused_sign_in_asks_nothing_about_carts(scene: Scene) -> None:
    guest = scene.guest("apples")
    with pytest.raises(InvalidCredentials):
        scene.sign_in(guest, password="Wrong-Password-99")
    assert scene.carts.asked == []
    assert not waits(scene.visits.again(guest))


def test_customer_whose_session_is_over_leaves_no_cart_waiting_for_the_next_one(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500))
    session = scene.sign_in(scene.guest("apples"))
    lifetime = scene.visits.shop.settings.sessions.lifetime_seconds
    scene.clock.advance(lifetime)
    session = scene.visits.again(session)
    scene.visits.shop.services.login.resume(session)
    assert (session.signed_in, waits(session)) == (None, False)


# Not done, and then


FAILURES: dict[str, Failure] = {
    "400": answers(400),
    "403": answers(403),
    "409": answers(409),
    "500": answers(500),
    "503": answers(503),
    "cut": cut(),
    "a token fault": answers(401, {"fault": {"detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}}),
}
NO_CARTS: dict[str, Failure] = {
    "a list": answers(200, []),
    "no id": answers(200, {}),
    "a number": answers(200, {"id": 7}),
    "a path": answers(200, {"id": "../me"}),
}
CASES = [
    *((step, name, failure) for step in STEPS for name, failure in FAILURES.items()),
    *((step, name, failure) for step in (GUEST, CUSTOMER) for name, failure in NO_CARTS.items()),
    (CUSTOMER, "404", answers(404)),
]


@pytest.mark.parametrize(("step", "failure"), [pytest.param(s, f, id=f"{s} {name}") for s, name, f in CASES])
def test_failure_signs_in_all_the_same_and_the_next_call_for_a_cart_merges(
    scene: Scene, step: str, failure: Failure
) -> None:
    # Twice: where nothing need have been sent, or for what only asks, the client tries once more by itself.
    scene.carts.fail(step, failure, *([failure] if step == GUEST and failure is FAILURES["cut"] else []))
    session = scene.sign_in(scene.guest("apples"))
    assert session.signed_in is not None
    assert (waits(session), scene.cart_of(session)) == (True, [])
    (line,) = scene.lines()
    assert (line["event"], line["outcome"] in {"refused", "unknown"}) == ("carts_not_merged", True)
    scene.carts.asked.clear()
    assert scene.look(session) == ["apples"]
    # What is known by then is not asked again.
    assert scene.carts.asked == [*(() if step != GUEST else (GUEST,)), CUSTOMER, MERGE, READ]
    assert not waits(scene.visits.again(session))
    assert scene.outcomes()[1:] == [MERGED]
    assert scene.look(session) == ["apples"]
    assert scene.carts.asked[-1] == READ


@pytest.mark.parametrize(
    ("step", "after_effect"),
    [
        (MERGE, False),
        (MERGE, True),
        pytest.param(GUEST, False, marks=pytest.mark.more),
        pytest.param(CUSTOMER, False, marks=pytest.mark.more),
        pytest.param(CUSTOMER, True, marks=pytest.mark.more),
    ],
)
def test_answer_that_never_comes_bounds_the_sign_in(
    scene: Scene, step: str, after_effect: bool, over: threading.Event, busy_seconds: float
) -> None:
    scene.carts.fail(step, hangs(over, after_effect=after_effect))
    guest = scene.guest("apples")
    scene.merging._try_seconds = TRY_SECONDS
    began = time.monotonic()
    session = scene.sign_in(guest)
    assert time.monotonic() - began < TRY_SECONDS + 1 + busy_seconds
    assert session.signed_in is not None
    assert scene.outcomes() == [("carts_not_merged", "unknown", None)]
    done_by_the_first_try = after_effect and scene.carts.asked[-1:] == [MERGE]
    scene.merging._try_seconds = UNHURRIED_SECONDS
    assert scene.look(session) == ["apples"]
    assert scene.cart_of(session) == ["apples"]
    assert scene.outcomes()[1:] == [("carts_not_merged", "refused", 404) if done_by_the_first_try else MERGED]
    assert not waits(scene.visits.again(session))


def test_all_calls_share_one_time(scene: Scene) -> None:
    later = FakeClock(0.0)
    scene.merging._monotonic = later
    scene.carts.before_call = lambda: later.advance(UNHURRIED_SECONDS / 2)
    session = scene.sign_in(scene.guest("apples"))
    assert scene.carts.asked == [GUEST, CUSTOMER]
    assert (waits(session), scene.outcomes()) == (True, [("carts_not_merged", "unknown", None)])


def test_cart_that_is_not_there_any_more_is_done_with(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(404))
    session = scene.sign_in(scene.guest("apples"))
    assert (waits(session), scene.outcomes()) == (False, [("carts_not_merged", "refused", 404)])


def test_redis_that_goes_when_the_tokens_are_kept_changes_nothing(scene: Scene) -> None:
    guest = scene.guest("apples")
    scene.store.fail("lock", "commit")
    session = scene.sign_in(guest)
    assert (scene.carts.asked, scene.outcomes()) == ([], [("carts_not_merged", "unknown", None)])
    scene.store.before.clear()
    assert session.signed_in is not None
    assert waits(session)
    # The request that signed in may still be at it, as far as others know.
    scene.carts.put(customer(session).access.reveal(), "milk")
    assert scene.look(session) == ["milk"]
    scene.clock.advance(10)
    assert scene.look(session) == ["milk", "apples"]


@pytest.mark.parametrize("left", ["nothing", "a cart"])
def test_redis_that_goes_when_the_carts_are_merged_changes_nothing(scene: Scene, left: str) -> None:
    guest = scene.guest("apples") if left == "a cart" else scene.guest()
    scene.store.fail("commit")
    session = scene.sign_in(guest)
    scene.store.before.clear()
    assert session.signed_in is not None
    # It is not known here that it is done; upstream says so.
    assert waits(session)
    scene.carts.put(customer(session).access.reveal(), "milk")
    scene.clock.advance(10)
    scene.carts.asked.clear()
    assert sorted(scene.look(session)) == (["apples", "milk"] if left == "a cart" else ["milk"])
    assert scene.carts.asked == [GUEST, READ]
    assert not waits(scene.visits.again(session))


def test_session_that_is_ended_meanwhile_changes_nothing(scene: Scene) -> None:
    guest = scene.guest("apples")

    def end() -> None:
        who = scene.visits.again(guest).signed_in
        assert who is not None
        sessions = scene.visits.shop.services.sessions
        end_sessions(sessions, IndexKind.CUSTOMER, who.customer.id, Ending.OPERATOR, customer_id=who.customer.id)
        scene.carts.before_call = lambda: None

    scene.carts.before_call = end
    session = scene.sign_in(guest)
    assert session.signed_in is None
    assert scene.outcomes() == [MERGED]


def test_session_that_is_ended_meanwhile_has_ended_the_older_ones_after_a_reset_all_the_same(scene: Scene) -> None:
    older, guest = scene.sign_in(scene.guest()), scene.guest("apples")
    scene.visits.shop.services.login.password_was_reset(guest)
    guest, who = scene.visits.again(guest), older.signed_in
    assert who is not None

    def end_others() -> None:
        sessions = scene.visits.shop.services.sessions
        end_sessions(sessions, IndexKind.CUSTOMER, who.customer.id, Ending.OTHERS, keep=older.sid)
        scene.carts.before_call = lambda: None

    scene.carts.before_call = end_others
    assert scene.sign_in(guest).signed_in is None
    assert scene.visits.again(older).signed_in is None


# Once more


def test_later_try_that_fails_is_not_repeated_at_every_call(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500), answers(500))
    session = scene.sign_in(scene.guest("apples"))
    scene.carts.asked.clear()
    for _ in range(3):
        assert scene.look(session) == []
    assert scene.carts.asked == [CUSTOMER, MERGE, READ, READ, READ]
    scene.clock.advance(PAUSE_SECONDS)
    assert scene.look(session) == ["apples"]


def test_cart_is_dropped_after_an_hour(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500))
    session = scene.sign_in(scene.guest("apples"))
    scene.carts.put(customer(session).access.reveal(), "milk")
    for _ in range(3):
        # Somebody is there all the time, and looks at no cart.
        scene.clock.advance(WAITS_SECONDS / 3)
        scene.visits.again(session).load()
    scene.carts.asked.clear()
    assert scene.look(session) == ["milk"]
    assert scene.carts.asked == [READ]
    assert not waits(scene.visits.again(session))
    assert scene.outcomes()[1:] == [("carts_not_merged", "given up", None)]
    assert scene.look(session) == ["milk"]
    assert len(scene.outcomes()) == 2


def test_cart_is_tried_until_the_hour_is_over(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500))
    session = scene.sign_in(scene.guest("apples"))
    for _ in range(3):
        scene.clock.advance((WAITS_SECONDS - 1) / 3)
        scene.visits.again(session).load()
    assert scene.look(session) == ["apples"]


def test_cart_whose_id_is_not_known_is_found_by_its_guests_token_alone(make_shop: ShopMaker, clock: FakeClock) -> None:
    with listening() as listener:
        scene = opened(make_shop, clock, listener, SandboxSettings(anonymous_access_seconds=400))
        scene.carts.fail(GUEST, answers(500))
        session = scene.sign_in(scene.guest("apples"))
        scene.carts.put(customer(session).access.reveal(), "milk")
        clock.advance(400)
        scene.carts.asked.clear()
        assert scene.look(session) == ["milk"]
        assert (scene.carts.asked, waits(scene.visits.again(session))) == ([READ], True)
        assert scene.outcomes()[1:] == [("carts_not_merged", "unknown", None)]


def test_other_calls_leave_what_waits_alone(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500))
    session = scene.sign_in(scene.guest("apples"))
    scene.carts.asked.clear()
    scene.visits.shop.services.calls.perform(
        scene.visits.again(session), OPERATIONS["get_me"], lambda: AccountCall(call=Call())
    )
    assert (scene.carts.asked, waits(scene.visits.again(session))) == ([], True)


def test_redis_that_does_not_take_the_claim_lets_the_call_pass(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500))
    session = scene.sign_in(scene.guest("apples"))
    scene.carts.asked.clear()
    scene.store.fail("commit")
    assert scene.look(session) == []
    assert scene.carts.asked == [READ]


def test_company_has_a_cart_of_its_own_and_what_waits_goes_into_the_customers(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500))
    session = scene.sign_in(scene.guest("apples"), B2B_EMAIL, B2B_PASSWORD)
    scene.visits.shop.services.broker.refresh(session, LEGAL_ENTITIES[0].id)
    assert waits(scene.visits.again(session))
    assert scene.look(session) == ["apples"]


# Side by side


def test_two_clicks_merge_once(scene: Scene) -> None:
    guest = scene.guest("apples")
    sessions = [scene.visits.again(guest), scene.visits.again(guest)]
    for session in sessions:
        session.load()
    came = at_once(2, lambda: scene.sign_in(sessions.pop()))
    assert [isinstance(one, Session) for one in came] == [True, True]
    assert scene.carts.asked.count(MERGE) == 1
    assert scene.cart_of(came[0]) == ["apples"]
    assert [waits(one) for one in came] == [False, False]
    assert scene.outcomes() == [MERGED]


def test_two_people_at_one_guests_session_do_not_both_get_the_cart(scene: Scene) -> None:
    guest = scene.guest("apples")
    people = [
        (scene.visits.again(guest), B2C_EMAIL, B2C_PASSWORD),
        (scene.visits.again(guest), B2B_EMAIL, B2B_PASSWORD),
    ]
    for session, _, _ in people:
        session.load()
    both_look = threading.Barrier(2)

    def meet() -> None:
        # Who looks for the cart waits for the other one to look too, who must not while the first is at it.
        if scene.carts.asked[-1] == GUEST:
            with suppress(threading.BrokenBarrierError):
                both_look.wait(1.0)

    scene.carts.before_call = meet
    came = at_once(2, lambda: scene.sign_in(*people.pop()))
    assert [isinstance(one, Session) for one in came] == [True, True]
    assert scene.carts.asked.count(MERGE) == 1
    assert sorted(map(scene.cart_of, came)) == [[], ["apples"]]
    assert scene.outcomes() == [MERGED]


@pytest.mark.more
def test_who_waits_for_another_sign_in_waits_no_longer_than_a_try(scene: Scene, busy_seconds: float) -> None:
    guest = scene.guest("apples")
    assert guest.cookie is not None
    scene.merging._try_seconds = TRY_SECONDS
    with scene.store.lock(guest.cookie, lease_seconds=60, wait_seconds=1):
        began = time.monotonic()
        session = scene.sign_in(guest)
        assert time.monotonic() - began < TRY_SECONDS + 1 + busy_seconds
    assert (scene.carts.asked, scene.outcomes()) == ([], [("carts_not_merged", "unknown", None)])
    assert scene.look(session) == ["apples"]


def test_two_calls_take_up_what_waits_once(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(500))
    session = scene.sign_in(scene.guest("apples"))
    scene.carts.asked.clear()
    both = threading.Barrier(2, timeout=30)
    at_once_read: list[bool] = []

    def commit(*args: Any, **kwargs: Any) -> None:
        if len(at_once_read) < 2:
            at_once_read.append(True)
            both.wait()

    # Both have read that it waits before either writes that it tries.
    scene.store.before["commit"] = commit
    came = at_once(2, lambda: scene.look(session))
    assert [isinstance(one, list) for one in came] == [True, True]
    assert scene.carts.asked.count(MERGE) == 1
    assert scene.cart_of(scene.visits.again(session)) == ["apples"]


# What is told


def test_lines_name_session_and_person_and_no_cart(scene: Scene) -> None:
    scene.carts.fail(MERGE, answers(409, {"status": 409, "message": "cart-1 of guest-canary"}))
    session = scene.sign_in(scene.guest("apples"))
    scene.look(session)
    signed_in = next(line for line in scene.listener.shown() if line["event"] == "signed_in")
    whose = {name: signed_in[name] for name in ("session", "person")}
    shown = [{name: line[name] for name in line if name not in {"time", "level", "audit"}} for line in scene.lines()]
    assert shown == [
        {"event": "carts_not_merged", **whose, "outcome": "refused", "status": 409},
        {"event": "carts_merged", **whose},
    ]
    assert "cart-" not in str(scene.listener.lines)
    assert "canary" not in str(scene.listener.lines)
