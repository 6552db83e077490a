"""JSON routes and pages lead to the same: every operation with a page, by both, under every rule of the one door."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from bff.account.calls import NOT_OFFERED, AccountCall
from bff.account.login import RECENT_SECONDS
from bff.errors import FeatureDisabled
from bff.operations.model import Feature, Limit, Operation, SideEffect
from bff.operations.table import OPERATIONS
from bff.sandbox.settings import SandboxSettings, SignupMode
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.web.forms import fields
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.fakes.upstream import UNKNOWN, refused
from tests.support.journeys.audit_drives import Listener, listening
from tests.support.journeys.door import ACTS, WITHOUT_A_PAGE, Act, Face, JsonFace, Outcome, PageFace, nothing_prepared
from tests.support.shop import Shop, ShopMaker

FACES: tuple[type[Face], ...] = (JsonFace, PageFace)
SWITCHES = {Feature.ACCOUNT_DELETION: "BFF_ACCOUNT_DELETION", Feature.ADD_LOGIN: "BFF_ADD_LOGIN"}

Open = Callable[..., Shop]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as one:
        yield one


@pytest.fixture
def open_shop(make_shop: ShopMaker, clock: FakeClock, redis: Redis) -> Open:
    def open_shop(act: Act, **environment: str) -> Shop:
        redis.flushall()
        wanted = {**act.environment, **environment}
        mode = SignupMode(wanted.get("EMPORIX_SIGNUP", "optin"))
        return make_shop(SandboxSettings(signup=mode), clock=clock, services=services_with_meddling, **wanted)

    return open_shop


def acts(*wanted: Callable[[Operation], Any]) -> pytest.MarkDecorator:
    """Parametrize over the acts whose row has all that is wanted."""
    chosen = [act for act in ACTS if all(one(OPERATIONS[act.operation]) for one in wanted)]
    assert chosen
    return pytest.mark.parametrize("act", chosen, ids=lambda act: act.name)


def by_both(
    open_shop: Open, listener: Listener, act: Act, interfere: Callable[[Shop], None], **environment: str
) -> Outcome:
    """Let the act happen by both faces, each in a shop of its own, and return what came of it by either."""
    outcomes = []
    for face in FACES:
        shop = open_shop(act, **environment)
        outcomes.append(face(shop, listener, act).outcome(lambda shop=shop: interfere(shop)))  # type: ignore[misc]  # the default binds it now
    by_json, by_page = outcomes
    assert by_json == by_page
    return by_json


def with_password(act: Act, password: str) -> Act:
    """Return the act with another new password."""
    assert act.password is not None
    return replace(act, body={**act.body, act.password: password}, form={**(act.form or {}), act.password: password})


def nothing(shop: Shop) -> None:
    """Interfere with nothing."""


def test_every_operation_is_driven_or_has_no_page() -> None:
    driven = {act.operation for act in ACTS}
    assert driven | set(WITHOUT_A_PAGE) == set(OPERATIONS)
    assert driven & set(WITHOUT_A_PAGE) == set()


@acts()
def test_what_succeeds_does_the_same(open_shop: Open, listener: Listener, act: Act) -> None:
    outcome = by_both(open_shop, listener, act, nothing)
    row = OPERATIONS[act.operation]
    assert outcome.kind == "done"
    assert act.operation in outcome.calls
    event = row.audit_event(mailed="{token}" in act.page)
    assert event is None or (event.label, "done") in outcome.audit
    if row.side_effect in (SideEffect.NEW_PASSWORD, SideEffect.PASSWORD_RESET):
        assert outcome.new_cookie
    assert outcome.reset_pending is (row.side_effect is SideEffect.PASSWORD_RESET)


@acts()
def test_what_is_not_known_is_told_as_that(open_shop: Open, listener: Listener, act: Act) -> None:
    def interfere(shop: Shop) -> None:
        shop.sandbox.faults.add(act.operation, UNKNOWN["503"][0])

    outcome = by_both(open_shop, listener, act, interfere)
    if act.operation == "logout":
        # The end here never waits for upstream's.
        assert (outcome.kind, outcome.signed_in) == ("done", None)
        return
    assert (outcome.kind, outcome.signed_in, outcome.new_cookie) == ("unknown", act.who, False)


@acts(lambda row: not row.is_for_guests)
def test_what_is_for_customers_is_asked_of_nobody_else(open_shop: Open, listener: Listener, act: Act) -> None:
    for face in FACES:
        shop = open_shop(act)
        visit = face(shop, listener, act)
        outcome = visit.outcome(lambda shop=shop: shop.redis.flushall())  # type: ignore[misc]  # the default binds it now
        assert (face, outcome.kind, outcome.calls) == (face, "login_required", ())


@acts(lambda row: row.needs_reauthentication)
def test_what_needs_a_recent_proof_is_not_done_without(
    open_shop: Open, listener: Listener, act: Act, clock: FakeClock
) -> None:
    outcome = by_both(open_shop, listener, act, lambda shop: clock.advance(RECENT_SECONDS + 1))
    assert (outcome.kind, outcome.calls, outcome.signed_in) == ("reauthentication_required", (), act.who)


@acts(lambda row: row.takes_site)
def test_mail_speaks_for_the_shops_own_site(open_shop: Open, listener: Listener, act: Act) -> None:
    for face in FACES:
        shop = open_shop(act)
        face(shop, listener, act).outcome()
        (sent,) = shop.sandbox.recorder.of(act.operation)
        assert (face, json.loads(sent.body)["site"]) == (face, act.environment["EMPORIX_SITE"])


@acts(lambda row: row.feature is not None)
def test_what_is_switched_off_is_not_there(open_shop: Open, act: Act) -> None:
    row = OPERATIONS[act.operation]
    assert row.feature is not None
    shop = open_shop(act, **{SWITCHES[row.feature]: "off"})
    browser = shop.signed_in()
    session = shop.services.sessions.open(SessionCookie(value=Secret(browser.cookie or "")), may_start=False)
    with pytest.raises(FeatureDisabled):
        shop.services.calls.perform(session, row, unread)
    answer = browser.request(act.method, act.path, json=act.body)
    assert (answer.status_code, answer.get_json()["type"]) == (404, "feature_disabled")
    assert browser.get(act.page).status_code == 404
    assert shop.sandbox.recorder.count(act.operation) == 0


def unread() -> AccountCall:
    """Fail where the input is read of who may not call."""
    raise AssertionError("read")


@acts(lambda row: row.feature is not None)
@pytest.mark.parametrize("status", sorted(NOT_OFFERED))
def test_what_the_tenant_does_not_offer_is_told_so(open_shop: Open, listener: Listener, act: Act, status: int) -> None:
    def interfere(shop: Shop) -> None:
        shop.sandbox.faults.add(act.operation, refused(status))

    dead = "{token}" in act.page and status in OPERATIONS[act.operation].dead_link
    outcome = by_both(open_shop, listener, act, interfere)
    assert (outcome.kind, outcome.signed_in) == ("refused" if dead else "feature_disabled", act.who)


@acts(lambda row: row.dead_link)
def test_link_that_is_dead_is_refused(open_shop: Open, listener: Listener, act: Act) -> None:
    if "{token}" not in act.page:
        return
    row = OPERATIONS[act.operation]
    # A bare 401 says nothing of the link but where tokens are answered.
    for status in sorted(row.dead_link if row.returns_tokens else row.dead_link - {401}):

        def interfere(shop: Shop, status: int = status) -> None:
            shop.sandbox.faults.add(act.operation, refused(status))

        outcome = by_both(open_shop, listener, act, interfere)
        assert (status, outcome.kind, outcome.signed_in) == (status, "refused", act.who)


@acts(lambda row: row.hides)
def test_refusal_that_would_tell_of_an_address_looks_like_success(
    open_shop: Open, listener: Listener, act: Act
) -> None:
    is_neutral = act.environment.get("EMPORIX_SIGNUP") != "immediate"
    for status in sorted(OPERATIONS[act.operation].hides):

        def interfere(shop: Shop, status: int = status) -> None:
            shop.sandbox.faults.add(act.operation, refused(status))

        assert by_both(open_shop, listener, act, interfere).kind == ("done" if is_neutral else "refused")
        told = by_both(open_shop, listener, act, interfere, BFF_NEUTRAL_ANSWERS="off")
        assert (status, told.kind) == (status, "refused")


@pytest.mark.parametrize("password", ["short-1", "password123", "x" * 1025])
@pytest.mark.parametrize("act", [act for act in ACTS if act.password], ids=lambda act: act.name)
def test_weak_password_is_not_set(
    open_shop: Open, listener: Listener, act: Act, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The form looks first, by the same rule; with its eyes closed the door still does.
    monkeypatch.setattr(fields, "weakness_of", lambda password: None)
    monkeypatch.setattr(fields, "MAX_PASSWORD_CHARACTERS", 10_000)
    outcome = by_both(open_shop, listener, with_password(act, password), nothing)
    assert (outcome.kind, outcome.calls, outcome.signed_in) == ("refused", (), act.who)


@acts(lambda row: row.limits)
def test_what_is_limited_is_limited_by_either_face(open_shop: Open, listener: Listener, act: Act) -> None:
    if "{token}" in act.page or act.environment:
        return
    limits = {"BFF_RATE_LIMIT_LOGIN": "1/minute;1/minute;1/minute", "BFF_RATE_LIMIT_MAIL": "1/hour"}
    guessed = any(limited.kind is Limit.LOGIN for limited in OPERATIONS[act.operation].limits)
    for face in FACES:
        shop = open_shop(act, **limits)
        visit = face(shop, listener, replace(act, prepare=nothing_prepared))
        visit.begin()
        if guessed:
            shop.sandbox.faults.add(act.operation, refused(400))
        visit.go()
        outcome = visit.outcome()
        assert (face, outcome.kind, outcome.calls, outcome.signed_in) == (face, "rate_limited", (), act.who)


@acts(lambda row: row.side_effect is not SideEffect.NOTHING or row.side_effect_when_mailed is not None)
def test_what_upstream_did_is_done_although_the_session_cannot_follow(
    open_shop: Open, listener: Listener, act: Act
) -> None:
    if act.operation in ("signup", "delete_me") and "{token}" not in act.page:
        return

    def interfere(shop: Shop) -> None:
        store = shop.services.store
        assert isinstance(store, MeddlingStore)
        store.fail("create", "commit", "end", "retire")

    outcome = by_both(open_shop, listener, act, interfere)
    assert (outcome.kind, outcome.new_cookie) == ("done", False)
    event = OPERATIONS[act.operation].audit_event(mailed="{token}" in act.page)
    assert event is None or (event.label, "done") in outcome.audit
