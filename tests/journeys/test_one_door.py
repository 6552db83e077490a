"""JSON routes and pages lead to the same: every operation with a page, by both, under every rule of the one door."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis

from bff.account.calls import NOT_OFFERED, AccountCall
from bff.account.login_ends import RECENT_SECONDS
from bff.config.settings import Settings
from bff.errors import FeatureDisabled, LoginRequired
from bff.operations.model import Credential, Feature, Limit, Operation, SideEffect
from bff.operations.table import OPERATIONS
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.settings import SandboxSettings, SignupMode
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import without_customer
from bff.sessions.session import Session
from bff.web.declared import Need
from bff.web.forms.fields import PageForm
from bff.web.middleware import checks
from bff.web.pages.flow import FormPage
from bff.wiring import Services
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.fakes.upstream import JSON, UNKNOWN, refused
from tests.support.journeys.audit_drives import Listener, listening
from tests.support.journeys.door import ACTS, WITHOUT_A_PAGE, Act, Face, Outcome, faces, nothing_prepared
from tests.support.shop import Shop, ShopMaker

SWITCHES = {Feature.ACCOUNT_DELETION: "BFF_ACCOUNT_DELETION", Feature.ADD_LOGIN: "BFF_ADD_LOGIN"}

Open = Callable[..., Shop]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as one:
        yield one


def services_with_switches(settings: Settings, *, now: Callable[[], float]) -> Services:
    """Build services whose door has switches of its own; the faces go by the settings."""
    built = services_with_meddling(settings, now=now)
    switches: Any = SimpleNamespace(**asdict(settings.features))
    return replace(built, calls=replace(built.calls, _features=switches))


@pytest.fixture
def open_shop(make_shop: ShopMaker, clock: FakeClock, redis: Redis) -> Open:
    def open_shop(act: Act, services: Any = services_with_meddling, **environment: str) -> Shop:
        redis.flushall()
        wanted = {**act.environment, **environment}
        mode = SignupMode(wanted.get("EMPORIX_SIGNUP", "optin"))
        return make_shop(SandboxSettings(signup=mode), clock=clock, services=services, **wanted)

    return open_shop


LIMITED = [
    act
    for act in ACTS
    if OPERATIONS[act.operation].limits and not act.is_mailed and act.side_effect is not SideEffect.SIGN_UP
]
"""What mails or could be guessed; a mailed token is not limited, and a sign-up at once is one like the other."""
ENDING = (SideEffect.NEW_PASSWORD, SideEffect.PASSWORD_RESET, SideEffect.ACCOUNT_DELETED)


def acts(*wanted: Callable[[Operation], Any]) -> pytest.MarkDecorator:
    """Parametrize over the acts whose row has all that is wanted."""
    chosen = [act for act in ACTS if all(one(OPERATIONS[act.operation]) for one in wanted)]
    assert chosen
    return pytest.mark.parametrize("act", chosen, ids=lambda act: act.name)


def by_both(
    open_shop: Open, listener: Listener, act: Act, interfere: Callable[[Face], None], **options: Any
) -> Outcome:
    """Let the act happen by both faces, each in a shop of its own, and return what came of it by either."""
    one, *others = [face(open_shop(act, **options), listener, act).outcome(interfere) for face in faces()]
    for other in others:
        assert one == other
    return one


def with_password(act: Act, password: str) -> Act:
    """Return the act with another new password."""
    assert act.password is not None
    return replace(act, body={**act.body, act.password: password}, form={**(act.form or {}), act.password: password})


def nothing(face: Face) -> None:
    """Interfere with nothing."""


def session_of(face: Face) -> Session:
    """Return a face's session, as a request of its own reads it."""
    cookie = SessionCookie(value=Secret(face.browser.cookie or ""))
    return face.shop.services.sessions.open(cookie, may_start=False)


@pytest.fixture
def shut_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep either face from looking for itself, so that the door alone is there to refuse."""
    monkeypatch.setattr(checks, "check_feature", lambda features, operation: None)
    monkeypatch.setattr(FormPage, "need", property(lambda page: Need.ANYONE, lambda page, need: None))
    monkeypatch.setattr(PageForm, "validate", lambda form, extra_validators=None: True)


@pytest.fixture(params=["faces look first", "door alone"])
def eyes(request: pytest.FixtureRequest) -> None:
    """Try it as it is, and with the door alone to refuse."""
    if request.param == "door alone":
        request.getfixturevalue("shut_eyes")


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
    event = row.audit_event(mailed=act.is_mailed)
    assert event is None or (event.label, "done") in outcome.audit
    if act.side_effect in (SideEffect.NEW_PASSWORD, SideEffect.PASSWORD_RESET):
        assert outcome.new_cookie
    if act.side_effect is SideEffect.IDENTITY:
        assert outcome.calls[-1] == "get_me"
    assert outcome.reset_pending is (act.side_effect is SideEffect.PASSWORD_RESET)
    assert outcome.signed_in == act.signed_in_after


@acts()
def test_what_is_not_known_is_told_as_that(open_shop: Open, listener: Listener, act: Act) -> None:
    def interfere(face: Face) -> None:
        face.shop.sandbox.faults.add(act.operation, UNKNOWN["503"][0])

    outcome = by_both(open_shop, listener, act, interfere)
    if act.operation == "logout":
        # The end here never waits for upstream's.
        assert (outcome.kind, outcome.signed_in) == ("done", None)
        return
    assert (outcome.kind, outcome.signed_in, outcome.new_cookie) == ("unknown", act.who, False)


def loses_the_session(face: Face) -> None:
    """Take the session away, as its end would."""
    face.shop.redis.flushall()


def is_a_guest_by_now(face: Face) -> None:
    """Leave the session, without its customer."""
    session_of(face).update(without_customer)


@acts(lambda row: not row.is_for_guests)
@pytest.mark.usefixtures("eyes")
@pytest.mark.parametrize("interfere", [loses_the_session, is_a_guest_by_now])
def test_what_is_for_customers_is_asked_of_nobody_else(
    open_shop: Open, listener: Listener, act: Act, interfere: Callable[[Face], None]
) -> None:
    for face in faces():
        outcome = face(open_shop(act), listener, act).outcome(interfere)
        # What may not be asked for is no attempt either, so the audit log has no line of it.
        assert (face, outcome.kind, outcome.calls, outcome.audit) == (face, "login_required", (), ())


@acts(lambda row: row.needs_reauthentication)
@pytest.mark.usefixtures("eyes")
def test_what_needs_a_recent_proof_is_not_done_without(
    open_shop: Open, listener: Listener, act: Act, clock: FakeClock
) -> None:
    outcome = by_both(open_shop, listener, act, lambda face: clock.advance(RECENT_SECONDS + 1))
    assert (outcome.kind, outcome.calls, outcome.signed_in) == ("reauthentication_required", (), act.who)


@acts(lambda row: row.takes_site)
def test_mail_speaks_for_the_shops_own_site(open_shop: Open, listener: Listener, act: Act) -> None:
    for face in faces():
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


@acts(lambda row: row.feature is not None)
@pytest.mark.usefixtures("shut_eyes")
def test_door_alone_refuses_what_is_switched_off(open_shop: Open, listener: Listener, act: Act) -> None:
    def interfere(face: Face) -> None:
        switches: Any = face.shop.services.calls._features
        switches.account_deletion = switches.add_login = False

    outcome = by_both(open_shop, listener, act, interfere, services=services_with_switches)
    assert (outcome.kind, outcome.calls, outcome.signed_in) == ("feature_disabled", (), act.who)


@acts()
def test_what_is_sent_is_not_read_of_who_may_not_call(open_shop: Open, act: Act) -> None:
    shop, row = open_shop(act), OPERATIONS[act.operation]
    # A visitor without a cookie, whose request may not start a session.
    session = shop.services.sessions.open(None, may_start=False)
    if Credential.ANONYMOUS in row.accepts or not row.is_for_guests:
        with pytest.raises(LoginRequired):
            shop.services.calls.perform(session, row, unread)
    else:
        with pytest.raises(AssertionError, match="read"):
            shop.services.calls.perform(session, row, unread)


def unread() -> AccountCall:
    """Fail where the input is read of who may not call."""
    raise AssertionError("read")


@acts(lambda row: row.feature is not None)
@pytest.mark.parametrize("status", sorted(NOT_OFFERED))
def test_what_the_tenant_does_not_offer_is_told_so(open_shop: Open, listener: Listener, act: Act, status: int) -> None:
    def interfere(face: Face) -> None:
        face.shop.sandbox.faults.add(act.operation, refused(status))

    dead = act.is_mailed and status in OPERATIONS[act.operation].dead_link
    outcome = by_both(open_shop, listener, act, interfere)
    assert (outcome.kind, outcome.signed_in) == ("refused" if dead else "feature_disabled", act.who)


@pytest.mark.parametrize("act", [act for act in ACTS if act.is_mailed], ids=lambda act: act.name)
def test_link_that_is_dead_is_refused(open_shop: Open, listener: Listener, act: Act) -> None:
    row = OPERATIONS[act.operation]
    # A bare 401 says nothing of the link but where tokens are answered.
    for status in sorted(row.dead_link if row.returns_tokens else row.dead_link - {401}):
        met: list[Face] = []

        def interfere(face: Face, status: int = status, met: list[Face] = met) -> None:
            face.shop.sandbox.faults.add(act.operation, refused(status))
            met.append(face)

        outcome = by_both(open_shop, listener, act, interfere)
        assert (status, outcome.kind, outcome.signed_in) == (status, "refused", act.who)
        assert all(face.says_dead_link() is not False for face in met)


@acts(lambda row: row.dead_link and row.new_passwords)
def test_refusal_of_a_new_password_does_not_blame_the_link(open_shop: Open, listener: Listener, act: Act) -> None:
    met: list[Face] = []

    def interfere(face: Face) -> None:
        body = {"status": 400, "type": "refused", "message": "No.", "details": [{"field": act.password}]}
        answer = CannedResponse(status=400, body=json.dumps(body).encode(), headers=JSON)
        face.shop.sandbox.faults.add(act.operation, Fault(answer=answer))
        met.append(face)

    assert by_both(open_shop, listener, act, interfere).kind == "refused"
    assert not any(face.says_dead_link() for face in met)


@acts(lambda row: row.hides)
def test_refusal_that_would_tell_of_an_address_looks_like_success(
    open_shop: Open, listener: Listener, act: Act
) -> None:
    is_neutral = act.environment.get("EMPORIX_SIGNUP") != "immediate"
    for status in sorted(OPERATIONS[act.operation].hides):

        def interfere(face: Face, status: int = status) -> None:
            face.shop.sandbox.faults.add(act.operation, refused(status))

        assert by_both(open_shop, listener, act, interfere).kind == ("done" if is_neutral else "refused")
        told = by_both(open_shop, listener, act, interfere, BFF_NEUTRAL_ANSWERS="off")
        assert (status, told.kind) == (status, "refused")


@pytest.mark.parametrize("password", ["short-1", "password123", "x" * 1025])
@pytest.mark.parametrize("act", [act for act in ACTS if act.password], ids=lambda act: act.name)
@pytest.mark.usefixtures("eyes")
def test_weak_password_is_not_set(open_shop: Open, listener: Listener, act: Act, password: str) -> None:
    outcome = by_both(open_shop, listener, with_password(act, password), nothing)
    assert (outcome.kind, outcome.calls, outcome.signed_in) == ("refused", (), act.who)


@pytest.mark.parametrize("act", LIMITED, ids=lambda act: act.name)
def test_what_is_limited_is_limited_by_either_face(open_shop: Open, listener: Listener, act: Act) -> None:
    limits = {"BFF_RATE_LIMIT_LOGIN": "1/minute;1/minute;1/minute", "BFF_RATE_LIMIT_MAIL": "1/hour"}
    guessed = any(limited.kind is Limit.LOGIN for limited in OPERATIONS[act.operation].limits)
    for face in faces():
        shop = open_shop(act, **limits)
        visit = face(shop, listener, replace(act, prepare=nothing_prepared))
        visit.begin()
        if guessed:
            shop.sandbox.faults.add(act.operation, refused(400))
        visit.go()
        outcome = visit.outcome()
        assert (face, outcome.kind, outcome.calls, outcome.signed_in) == (face, "rate_limited", (), act.who)


@pytest.mark.parametrize(
    "act", [act for act in ACTS if act.side_effect is not SideEffect.NOTHING], ids=lambda act: act.name
)
def test_what_upstream_did_is_done_although_the_session_cannot_follow(
    open_shop: Open, listener: Listener, act: Act
) -> None:
    def interfere(face: Face) -> None:
        store = face.shop.services.store
        assert isinstance(store, MeddlingStore)
        if act.side_effect is SideEffect.SIGN_UP:
            # A store that is away would be noticed before: a guest's tokens are kept first.
            face.shop.sandbox.faults.add("login", UNKNOWN["503"][0])
        else:
            store.fail("create", "commit", "end", "retire")

    outcome = by_both(open_shop, listener, act, interfere)
    assert (outcome.kind, outcome.new_cookie, outcome.signed_in) == ("done", False, act.who)
    event = OPERATIONS[act.operation].audit_event(mailed=act.is_mailed)
    assert event is None or (event.label, "done") in outcome.audit
    assert (("sessions_not_ended", None) in outcome.audit) is (act.side_effect in ENDING)


@pytest.mark.parametrize("act", [act for act in ACTS if act.mails], ids=lambda act: act.name)
def test_mail_that_upstream_sent_is_done_although_the_session_cannot_keep_where_to(
    open_shop: Open, listener: Listener, act: Act
) -> None:
    def interfere(face: Face) -> None:
        # A guest's tokens are there by then.
        face.browser.get("/api/me")
        assert isinstance(face.shop.services.store, MeddlingStore)
        face.shop.services.store.fail("commit")

    assert by_both(open_shop, listener, act, interfere).kind == "done"


@pytest.mark.parametrize("act", [act for act in ACTS if act.side_effect in ENDING], ids=lambda act: act.name)
def test_what_upstream_did_is_done_although_the_session_ends_in_between(
    open_shop: Open, listener: Listener, act: Act
) -> None:
    for face in faces():
        shop = open_shop(act)
        visit = face(shop, listener, act)

        def interfere(visit: Face = visit) -> None:
            store = visit.shop.services.store
            assert isinstance(store, MeddlingStore)

            def end_all(*args: Any, **kwargs: Any) -> None:
                visit.shop.redis.flushall()

            store.before.update({"create": end_all, "end": end_all})

        assert (face, visit.outcome(interfere).kind) == (face, "done")
