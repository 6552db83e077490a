"""The second click on a form's button gets what the first one got, and nothing is done twice."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Response
from redis import Redis

from bff.config.settings import Settings
from bff.crypto import random_text
from bff.factory import Bff
from bff.operations.places import Places
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.mails import Purpose
from bff.sessions.answers import Answers, Claim, KeptAnswer, Submission
from bff.web.assets import asset_folder
from bff.web.paths import BACKCHANNEL_LOGOUT, is_api
from bff.wiring import Services, build_services
from tests.support.driven_routes import READING, UNSAFE, is_page
from tests.support.fakes.answers import html
from tests.support.fakes.clock import FakeClock
from tests.support.pages import TO_ULM, PageBrowser, Values, customer, visitor
from tests.support.patience import eventually
from tests.support.redis_keys import keys_of, value_of
from tests.support.second_click import TwoClicks, Waits, two_clicks
from tests.support.shop import Shop, ShopMaker

NEW_PASSWORD = "Amber-Window-19"
PERSON = {"email": "new@example.com", "password": NEW_PASSWORD, "firstName": "Jane", "lastName": "Doe"}


@dataclass(frozen=True, kw_only=True)
class Click:
    """A form that is sent twice."""

    path: str
    operation: str
    """What upstream is slow with, and is asked for once."""
    entries: dict[str, str]
    leads_to: str
    says: str
    as_customer: bool = True
    mailed: Purpose | None = None
    """The mail whose link is opened before."""


CLICKS = {
    "password change": Click(
        path="/account/password",
        operation="change_password",
        entries={"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD},
        leads_to="/account",
        says="Your password has been changed.",
    ),
    "reset": Click(
        path="/password/reset",
        operation="reset_password",
        entries={"password": NEW_PASSWORD},
        leads_to="/login?notice=password-reset",
        says="Your new password is set.",
        as_customer=False,
        mailed=Purpose.PASSWORD_RESET,
    ),
    "activation": Click(
        path="/signup/optin",
        operation="signup_optin",
        entries={},
        leads_to="/account",
        says="Your account is active.",
        as_customer=False,
        mailed=Purpose.OPTIN,
    ),
    "confirmation of an e-mail": Click(
        path="/email/confirm",
        operation="confirm_email",
        entries={},
        leads_to="/account",
        says="Your new e-mail address is confirmed.",
        mailed=Purpose.EMAIL_CHANGE,
    ),
    "profile": Click(
        path="/account",
        operation="update_me",
        entries={"company": "Example Trading"},
        leads_to="/account",
        says="Your profile has been saved.",
    ),
    "change of an address": Click(
        path="/account/addresses/{address}",
        operation="update_address",
        entries={"city": "Ulm"},
        leads_to="/account/addresses",
        says="The address has been saved.",
    ),
    "new address": Click(
        path="/account/addresses/new",
        operation="add_address",
        entries={**TO_ULM},
        leads_to="/account/addresses",
        says="The address has been added.",
    ),
    "e-mail change": Click(
        path="/account/email",
        operation="change_email",
        entries={"newEmail": "jane@example.com", "password": B2C_PASSWORD},
        leads_to="/account",
        says="We've sent a link to jane@example.com.",
    ),
    "sign-in": Click(
        path="/login",
        operation="login",
        entries={"email": B2C_EMAIL, "password": B2C_PASSWORD},
        leads_to="/account",
        says="Your profile",
        as_customer=False,
    ),
    "sign-out": Click(
        path="/logout",
        operation="logout",
        entries={},
        leads_to="/login?notice=signed-out",
        says="You have signed out.",
    ),
    "forgotten password": Click(
        path="/password/forgot",
        operation="request_password_reset",
        entries={"email": B2C_EMAIL},
        leads_to="/password/forgot?sent=1",
        says="Check your e-mail",
        as_customer=False,
    ),
    "sign-up": Click(
        path="/signup",
        operation="signup",
        entries=PERSON,
        leads_to="/signup?sent=1",
        says="Check your e-mail",
        as_customer=False,
    ),
}

OFTEN = frozenset({"password change", "reset", "profile", "sign-in"})
"""What each run sends twice in every order of events; of the others it goes through one, tests/more through all."""
IN_EVERY_ORDER = [pytest.param(name, marks=() if name in OFTEN else pytest.mark.more) for name in CLICKS]


@pytest.fixture
def clicks(make_shop: ShopMaker) -> TwoClicks:
    return two_clicks(make_shop)


def opened(shop: Shop, click: Click) -> tuple[PageBrowser, Values]:
    """Return somebody who has the form before them, and what they send."""
    if click.mailed is Purpose.OPTIN:
        stranger = visitor(shop)
        stranger.get("/signup")
        stranger.send("/signup", **PERSON)
    elif click.mailed is Purpose.PASSWORD_RESET:
        stranger = visitor(shop)
        stranger.get("/password/forgot")
        stranger.send("/password/forgot", email=B2C_EMAIL)
    somebody = customer(shop) if click.as_customer else visitor(shop)
    if click.mailed is Purpose.EMAIL_CHANGE:
        somebody.get("/account/email")
        somebody.send("/account/email", newEmail="jane@example.com", password=B2C_PASSWORD)
        somebody.follow()
    query = "" if click.mailed is None else f"?token={shop.sandbox.mails.last(click.mailed).token}"
    page = somebody.open_form(path_of(shop, click) + query)
    return somebody, page.form(path_of(shop, click)).filled(click.entries)


def path_of(shop: Shop, click: Click) -> str:
    jane = shop.sandbox.state.by_email("demoshop", B2C_EMAIL)
    return click.path.format(address=next(iter(jane.addresses)) if jane is not None else "")


def is_told(one: PageBrowser, click: Click) -> None:
    assert (one.status, one.location) == (303, click.leads_to), one.page.words
    assert click.says in one.follow().words


@pytest.mark.parametrize("name", CLICKS)
def test_second_click_while_the_first_is_under_way_gets_its_answer(clicks: TwoClicks, name: str) -> None:
    click, shop = CLICKS[name], clicks.shop
    somebody, values = opened(shop, click)
    shop.sandbox.recorder.clear()
    first, second = clicks(somebody, path_of(shop, click), values, click.operation)
    assert shop.sandbox.recorder.count(click.operation) == 1
    if name != "sign-out":
        # After which there is no session to go on with, so a cookie of none is not handed out.
        assert second.browser.cookie == first.browser.cookie
    # A browser shows what the second click brought; the first one's answer may have come to nothing.
    is_told(second, click)


@pytest.mark.parametrize("name", IN_EVERY_ORDER)
def test_second_click_right_after_the_answer_gets_it_too(clicks: TwoClicks, name: str) -> None:
    click, shop = CLICKS[name], clicks.shop
    somebody, values = opened(shop, click)
    late = somebody.fork(shop)
    shop.sandbox.recorder.clear()
    somebody.post(path_of(shop, click), values)
    late.post(path_of(shop, click), values)
    assert shop.sandbox.recorder.count(click.operation) == 1
    is_told(late, click)


@pytest.mark.parametrize("name", IN_EVERY_ORDER)
def test_second_click_with_the_new_cookie_already_gets_it_too(clicks: TwoClicks, name: str) -> None:
    click, shop = CLICKS[name], clicks.shop
    somebody, values = opened(shop, click)
    shop.sandbox.recorder.clear()
    somebody.post(path_of(shop, click), values)
    cookie = somebody.browser.cookie
    # The page behind the answer has been rendered, and its window has turned to the second click.
    somebody.fork(shop).follow()
    somebody.post(path_of(shop, click), values)
    assert shop.sandbox.recorder.count(click.operation) == 1
    assert somebody.browser.cookie == cookie
    assert "Set-Cookie" not in somebody.answer.headers
    is_told(somebody, click)


def with_a_new_password(shop: Shop) -> tuple[PageBrowser, PageBrowser, Values]:
    """Return somebody who has changed the password, another with their old cookie, and what was sent."""
    somebody, values = opened(shop, CLICKS["password change"])
    thief = somebody.fork(shop)
    somebody.post("/account/password", values)
    assert somebody.status == 303
    return somebody, thief, values


def gets_nothing(thief: PageBrowser, somebody: PageBrowser, path: str, values: Values) -> None:
    """Assert that an old cookie is dead: it leads to the sign-in, and to no newer one."""
    thief.post(path, values)
    assert (thief.status, thief.location) != (303, "/account")
    assert "Set-Cookie" not in thief.answer.headers
    assert thief.browser.cookie != somebody.browser.cookie
    assert "/login" in (thief.location or "/login")


@pytest.mark.parametrize(
    "changes",
    [
        {"formKey": None},
        {"formKey": ""},
        {"formKey": "A" * 22},
        {"newPassword": "Copper-Lantern-71"},
        {"owner": ""},
        {"endOthers": None},
    ],
    ids=str,
)
def test_stolen_cookie_without_the_same_form_gets_nothing(shop: Shop, changes: dict[str, str | None]) -> None:
    somebody, thief, values = with_a_new_password(shop)
    forged = {name: value for name, value in {**values, **changes}.items() if value is not None}
    gets_nothing(thief, somebody, "/account/password", forged)


def test_stolen_cookie_gets_nothing_under_another_path(shop: Shop) -> None:
    somebody, thief, values = with_a_new_password(shop)
    gets_nothing(thief, somebody, "/account/email", values)
    gets_nothing(thief, somebody, "/account/password?initial=1", values)


def test_stolen_cookie_is_dead_for_everything_else_at_once(shop: Shop) -> None:
    somebody, thief, _ = with_a_new_password(shop)
    for path in ("/account", "/account/password", "/account/sessions"):
        thief.get(path)
        assert (thief.status, "Set-Cookie" in thief.answer.headers) == (303, False)
    assert thief.browser.get("/api/me").get_json().get("id") != somebody.browser.get("/api/me").get_json()["id"]
    assert thief.browser.get("/api/session").get_json()["state"] == "guest"


def test_cookie_is_handed_out_twice_and_no_third_time(shop: Shop) -> None:
    somebody, again, values = with_a_new_password(shop)
    old = again.browser.cookie
    for _ in range(2):
        again.browser.cookie = old
        again.post("/account/password", values)
        assert (again.location, again.browser.cookie) == ("/account", somebody.browser.cookie)
    again.browser.cookie = old
    again.post("/account/password", values)
    assert (again.status, again.location) == (303, "/account/password")
    assert "Set-Cookie" not in again.answer.headers
    again.get("/account/password")
    assert (again.location or "").startswith("/login")


def test_form_that_is_sent_many_times_is_done_once(shop: Shop) -> None:
    somebody, values = opened(shop, CLICKS["sign-in"])
    old = somebody.browser.cookie
    shop.sandbox.recorder.clear()
    for _ in range(6):
        somebody.browser.cookie = old
        somebody.post("/login", values)
        assert somebody.status == 303
    assert shop.sandbox.recorder.count("login") == 1


@pytest.mark.parametrize(("after", "is_kept"), [(29.0, True), (30.0, False)])
def test_cookie_is_handed_out_for_half_a_minute(
    make_shop: ShopMaker, clock: FakeClock, after: float, is_kept: bool
) -> None:
    somebody, again, values = with_a_new_password(make_shop(clock=clock))
    clock.advance(after)
    if is_kept:
        again.post("/account/password", values)
        assert (again.location, again.browser.cookie) == ("/account", somebody.browser.cookie)
    else:
        gets_nothing(again, somebody, "/account/password", values)


def test_cookie_of_a_session_that_has_ended_since_is_not_handed_out(shop: Shop) -> None:
    somebody, again, values = with_a_new_password(shop)
    newer = somebody.browser.cookie
    somebody.get("/account")
    somebody.send("/logout")
    again.post("/account/password", values)
    assert "Set-Cookie" not in again.answer.headers
    assert again.browser.cookie != newer
    again.get("/account")
    assert again.location is not None
    assert again.location.startswith("/login")


def test_cookie_that_has_been_replaced_since_is_not_handed_out(shop: Shop) -> None:
    somebody, again, values = with_a_new_password(shop)
    somebody.get("/account/password")
    somebody.send("/account/password", currentPassword=NEW_PASSWORD, newPassword="Copper-Lantern-71")
    assert somebody.status == 303
    again.post("/account/password", values)
    assert "Set-Cookie" not in again.answer.headers


def test_page_of_an_account_is_not_shown_again_after_the_sign_out(shop: Shop) -> None:
    somebody, values = opened(shop, CLICKS["profile"])
    tab = somebody.fork(shop)
    shop.sandbox.faults.add("update_me", Fault(answer=CannedResponse(status=400, body=b"{}")), times=1)
    somebody.post("/account", values)
    assert somebody.status == 422
    tab.post("/account", values)
    assert (tab.status, tab.page.text) == (422, somebody.page.text)
    kept = somebody.page.text
    somebody.send("/logout")
    tab.post("/account", values)
    assert tab.page.text != kept
    assert "You've been signed out. Sign in again in another tab, then send this once more." in tab.page.words


REFUSED = {
    "password change": (
        "change_password",
        {"currentPassword": "not the password"},
        "This isn't your current password",
    ),
    "e-mail change": ("change_email", {"password": "not the password"}, "This isn't your current password"),
    "sign-in": ("login", {"password": "not the password"}, "Wrong e-mail address or password"),
    "reset": ("reset_password", {"token": "nothing-of-the-kind"}, "This link no longer works"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusal_is_told_to_both_clicks_and_counts_once(clicks: TwoClicks, name: str) -> None:
    operation, wrong, says = REFUSED[name]
    shop = clicks.shop
    somebody, values = opened(shop, CLICKS[name])
    shop.sandbox.recorder.clear()
    first, second = clicks(somebody, CLICKS[name].path, {**values, **wrong}, operation)
    assert shop.sandbox.recorder.count(operation) == 1
    assert first.status == second.status == 422
    assert says in second.page.words
    assert second.page.text == first.page.text


def test_upstream_that_gave_no_answer_is_not_asked_by_the_second_click(clicks: TwoClicks) -> None:
    shop = clicks.shop
    somebody, values = opened(shop, CLICKS["e-mail change"])
    shop.sandbox.recorder.clear()
    sent = len(shop.sandbox.mails)
    shop.sandbox.faults.add("change_email", Fault(answer=html(500), effect_first=True), times=1)
    tab = somebody.fork(shop)
    for one in (somebody, tab):
        one.post("/account/email", values)
        assert one.status >= 500
    assert tab.page.text == somebody.page.text
    assert len(shop.sandbox.mails) == sent + 1
    tab.send("/account/email", password=B2C_PASSWORD)
    assert tab.status == 303, "from the page that was answered it can be tried again"


def test_form_that_is_shown_again_has_a_key_of_its_own(shop: Shop) -> None:
    somebody, values = opened(shop, CLICKS["password change"])
    somebody.post("/account/password", {**values, "currentPassword": "not the password"})
    assert somebody.page.form("/account/password").values["formKey"] != values["formKey"]
    somebody.send("/account/password", currentPassword=B2C_PASSWORD, newPassword=NEW_PASSWORD)
    assert (somebody.status, somebody.location) == (303, "/account")


@pytest.mark.parametrize("wait", [Waits(wait_seconds=0.1), Waits(most_waiting=0)], ids=["too long", "no place"])
def test_click_that_cannot_wait_for_the_first_gets_its_form_back_and_does_nothing(
    make_shop: ShopMaker, wait: Waits
) -> None:
    clicks = two_clicks(make_shop, waits=wait)
    shop = clicks.shop
    somebody, values = opened(shop, CLICKS["e-mail change"])
    other, hold = somebody.fork(shop), threading.Event()
    shop.sandbox.faults.add("change_email", Fault(hold_before=hold), times=1)
    first = threading.Thread(target=somebody.post, args=("/account/email", values))
    first.start()
    eventually(lambda: shop.sandbox.recorder.count("change_email") == 1)
    other.post("/account/email", values)
    hold.set()
    first.join(30.0)
    assert (other.status, somebody.status) == (504, 303)
    assert "Nothing you entered is lost" in other.page.words
    assert other.page.form("/account/email").values["newEmail"] == "jane@example.com"
    assert shop.sandbox.recorder.count("change_email") == 1


def answers_kept(shop: Shop) -> list[bytes]:
    return keys_of(shop.redis, "bff:answer:*")


def test_request_without_a_csrf_token_stores_nothing(make_shop: ShopMaker) -> None:
    begun: list[Submission] = []

    class Listening(Answers):
        def begin(self, submission: Submission) -> Claim | KeptAnswer:
            begun.append(submission)
            return super().begin(submission)

    def services(settings: Settings, **kwargs: Any) -> Services:
        built = build_services(settings, **kwargs)
        listening = Listening(built.redis, built.ring, built.now, wait_seconds=1.0, most_waiting=1, places=Places(8))
        return replace(built, answers=listening)

    shop = make_shop(services=services)
    somebody, values = opened(shop, CLICKS["sign-in"])
    for token in ("", "x", values["csrf_token"] + "x"):
        somebody.post("/login", {**values, "csrf_token": token})
        assert somebody.status == 403
    assert (begun, answers_kept(shop)) == ([], [])
    somebody.post("/login", values)
    assert len(begun) == 1


def test_form_that_needs_no_upstream_to_be_refused_stores_nothing(shop: Shop) -> None:
    somebody, values = opened(shop, CLICKS["sign-in"])
    somebody.post("/login", {**values, "email": "not an address"})
    assert somebody.status == 422
    assert answers_kept(shop) == []


def test_attempt_over_the_limit_stores_nothing(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="1/minute;30/minute;100/hour")
    somebody, values = opened(shop, CLICKS["sign-in"])
    somebody.post("/login", {**values, "password": "not the password"})
    kept = answers_kept(shop)
    somebody.send("/login", password="not the password")
    assert somebody.status == 429
    assert answers_kept(shop) == kept


def test_every_kept_answer_is_small_and_short_lived(shop: Shop) -> None:
    for name in ("profile", "sign-in", "password change"):
        somebody, values = opened(shop, CLICKS[name])
        somebody.post(path_of(shop, CLICKS[name]), values)
    assert len(answers_kept(shop)) > 3
    for key in answers_kept(shop):
        assert len(value_of(shop.redis, key)) <= 4096
        assert 0 < int(shop.redis.pttl(key)) <= 30_000


def test_json_routes_keep_no_answer(shop: Shop) -> None:
    browser = shop.signed_in()
    browser.patch("/api/me", {"company": "New"}, headers={"Idempotency-Key": "A" * 22})
    browser.post("/api/password/change", {"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD})
    browser.post("/api/logout")
    assert answers_kept(shop) == []


def test_form_works_as_before_where_its_answer_cannot_be_kept(make_shop: ShopMaker) -> None:
    def services(settings: Settings, **kwargs: Any) -> Services:
        built = build_services(settings, **kwargs)
        away = Redis.from_url("unix:///nowhere/redis.sock")
        return replace(
            built, answers=Answers(away, built.ring, built.now, wait_seconds=1.0, most_waiting=1, places=Places(8))
        )

    shop = make_shop(services=services)
    for name in ("profile", "sign-in", "password change"):
        click = CLICKS[name]
        somebody, values = opened(shop, click)
        somebody.post(path_of(shop, click), values)
        is_told(somebody, click)
        assert shop.sandbox.recorder.count(click.operation) > 0


def page_posts(app: Bff) -> dict[str, str]:
    """Return the endpoint of every route that a form of a page is sent to, by its rule."""
    return {
        rule.rule: rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and not is_api(rule.rule) and rule.rule != BACKCHANNEL_LOGOUT
    }


def test_every_form_that_is_sent_twice_is_done_once(make_shop: ShopMaker) -> None:
    shop = make_shop.with_provider().shop
    drives = {rule: drive for (method, rule), drive in UNSAFE.items() if method == "POST" and is_page(drive)}
    assert set(page_posts(shop.app)) == set(drives), "a page without a drive"
    for rule, endpoint in page_posts(shop.app).items():
        done: list[str] = []

        def view(done: list[str] = done, **path_values: str) -> Response:
            done.append("once")
            return Response(status=303, headers={"Location": f"/done/{len(done)}"})

        shop.app.view_functions[endpoint] = view
        somebody = visitor(shop)
        token = somebody.get("/login").form("/login").values["csrf_token"]
        values = {**(drives[rule].form or {}), "csrf_token": token, "formKey": random_text(16)}
        for _ in range(2):
            somebody.post(drives[rule].path, values)
            assert (somebody.status, somebody.location) == (303, "/done/1"), rule
        somebody.post(drives[rule].path, {**values, "formKey": random_text(16)})
        assert (somebody.location, len(done)) == ("/done/2", 2), rule


def test_every_form_of_every_page_has_a_key_of_its_own(make_shop: ShopMaker) -> None:
    shop = make_shop.with_provider().shop
    jane = shop.sandbox.state.by_email("demoshop", B2C_EMAIL)
    assert jane is not None
    seen: set[str] = set()
    keys: list[str] = []
    # Another device, for the list of devices.
    customer(shop)
    # Who acts for nobody else has nothing to choose there.
    for somebody in (visitor(shop), customer(shop), customer(shop, B2B_EMAIL, B2B_PASSWORD)):
        for path in (*READING.values(), "/account?change=name"):
            page = somebody.get(path.replace("/a1", f"/{next(iter(jane.addresses))}"))
            for form in page.forms:
                assert form.method.lower() == "post", (path, form.action)
                keys.append(form.values.get("formKey", ""))
                assert re.fullmatch(r"[A-Za-z0-9_-]{22}", keys[-1]), (path, form.action)
                seen.add(form.action)
    assert len(set(keys)) == len(keys)
    adapter = shop.app.url_map.bind("")
    shown = {adapter.match(action.partition("?")[0], method="POST", return_rule=True)[0].rule for action in seen}
    assert shown == set(page_posts(shop.app))


def test_every_template_with_a_form_has_the_key() -> None:
    for path in asset_folder("templates").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        forms = re.findall(r"<form\b.*?</form>", text, re.DOTALL)
        # The others no browser sends: a script reads them.
        sent = [form for form in forms if not form.startswith('<form method="dialog"')]
        assert all("hidden(form)" in form or "form_key()" in form for form in sent), path.name
        assert len(forms) == text.count("<form")


def test_key_is_made_of_128_bits_from_the_system(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def token_bytes(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    monkeypatch.setattr("bff.crypto.secrets.token_bytes", token_bytes)
    assert shop.app.jinja_env.globals["form_key"]() == "A" * 22  # type: ignore[operator]  # a function of ours
    assert asked == [16]
