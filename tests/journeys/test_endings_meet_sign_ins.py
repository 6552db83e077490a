"""A sign-in under way meets an ending: before each of its steps, the ending runs whole, and nothing slips through.

The rule: a session is there afterwards only if Emporix was asked for proof once the ending was over, or if the session
was signed in before and the ending leaves such sessions alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bff.commands.sessions import revoke_sessions
from bff.sandbox.demo_customers import (
    B2B_EMAIL,
    B2B_PASSWORD,
    B2C_EMAIL,
    B2C_PASSWORD,
    LEGAL_ENTITIES,
    add_demo_customers,
)
from bff.sandbox.provider.settings import JANE
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.tokens.broker import LEASE_MARGIN_SECONDS
from tests.support.fakes.steps import PROOFS, Steps, stepped
from tests.support.oidc.hostile import mint_logout_token
from tests.support.pages import PageBrowser
from tests.support.redis_keys import keys_of
from tests.support.shop import PUBLIC_URL, Browser, ShopMaker, SocialShop
from tests.support.social import FROM_ELSEWHERE, Traveller

NEW_EMAIL, NEW_PASSWORD = "new.customer@example.com", "Quiet-Meadow-52"
OTHER_PASSWORD = "Amber-Window-19"
LISTED = "bff:index:customer:"


@dataclass
class Scene:
    """One sign-in and one ending, from an empty Redis on."""

    social: SocialShop
    steps: Steps
    email: str = B2C_EMAIL
    password: str = B2C_PASSWORD
    kept: set[str] = field(default_factory=set)
    """Names of sessions that the ending leaves alone."""

    def __post_init__(self) -> None:
        self.plain = self.social.shop
        self.slow = stepped(self.plain, self.steps)

    def reset(self) -> None:
        self.plain.redis.flushall()
        self.plain.sandbox.state.customers.clear()
        self.plain.sandbox.recorder.clear()
        add_demo_customers(self.plain.sandbox.state, tenant="demoshop")
        self.email, self.password, self.kept = B2C_EMAIL, B2C_PASSWORD, set()

    def keeps(self, browser: Browser) -> None:
        assert browser.cookie is not None
        self.kept.add(SessionCookie(value=Secret(browser.cookie)).sid)

    def other_device(self) -> Browser | None:
        """Sign the customer in on another device; None while Emporix does not let them."""
        browser = self.plain.browser()
        browser.session()
        answer = browser.post("/api/login", json={"email": self.email, "password": self.password})
        return browser if answer.status_code == 200 else None

    def survivors(self) -> set[str]:
        store = self.plain.services.store
        return {sid for sid in store.sids() if store.devices([sid]).get(sid)} - self.kept


# Sign-ins: each prepares, and returns what is then sent.


def by_password(scene: Scene) -> Callable[[], TestResponse]:
    browser = scene.slow.browser()
    browser.session()
    return lambda: browser.post("/api/login", json={"email": scene.email, "password": B2C_PASSWORD})


def by_opt_in(scene: Scene) -> Callable[[], TestResponse]:
    scene.email, scene.password = NEW_EMAIL, NEW_PASSWORD
    browser = scene.slow.browser()
    browser.session()
    details = {"firstName": "Jane", "lastName": "Doe"}
    browser.post("/api/signup", json={"email": NEW_EMAIL, "password": NEW_PASSWORD, "customerDetails": details})
    token = scene.plain.sandbox.mails.newest_first[0].token
    return lambda: browser.post("/api/signup/optin", json={"token": token})


def arrival(traveller: Traveller, link: str) -> Callable[[], TestResponse]:
    path = traveller.choose(traveller.start(link), JANE.subject)
    return lambda: traveller.browser.get(path, headers=FROM_ELSEWHERE)


def at_the_provider(scene: Scene) -> Callable[[], TestResponse]:
    return arrival(
        Traveller(SocialShop(shop=scene.slow, provider=scene.social.provider)), "/login/social/google-oauth2"
    )


def once_more_by_password(scene: Scene) -> Callable[[], TestResponse]:
    browser = scene.slow.signed_in()
    return lambda: browser.post("/api/login", json={"email": scene.email, "password": B2C_PASSWORD})


def once_more_by_password_after_the_provider(scene: Scene) -> Callable[[], TestResponse]:
    traveller = Traveller(SocialShop(shop=scene.slow, provider=scene.social.provider))
    traveller.sign_in()
    traveller.state()
    return lambda: traveller.browser.post("/api/login", json={"email": scene.email, "password": B2C_PASSWORD})


def once_more_at_the_provider(scene: Scene) -> Callable[[], TestResponse]:
    traveller = Traveller(SocialShop(shop=scene.slow, provider=scene.social.provider))
    traveller.sign_in()
    return arrival(traveller, "/login/social/google-oauth2?again=1")


SIGN_INS = {
    one.__name__: one
    for one in (
        by_password,
        by_opt_in,
        at_the_provider,
        once_more_by_password,
        once_more_by_password_after_the_provider,
        once_more_at_the_provider,
    )
}
OVER_A_SESSION = {name for name in SIGN_INS if name.startswith("once_more")}
OVER_THE_PROVIDERS = {name for name in SIGN_INS if name.endswith("provider")}


# Endings: each tells whether there was anything it could end.


def others(scene: Scene) -> bool:
    device = scene.other_device()
    if device is None:
        return False
    scene.keeps(device)
    assert device.delete("/api/sessions").status_code == 204
    return True


def one_device(scene: Scene) -> bool:
    device = scene.other_device()
    assert device is not None
    listed = device.get("/api/sessions").get_json()
    scene.keeps(device)
    for other in listed:
        if not other["current"]:
            assert device.delete(f"/api/sessions/{other['id']}").status_code == 204
    return True


def operator(scene: Scene) -> bool:
    return revoke_sessions(scene.plain.settings, scene.email, io.StringIO(), io.StringIO()) == 0


def operator_all(scene: Scene) -> bool:
    return revoke_sessions(scene.plain.settings, None, io.StringIO(), io.StringIO()) == 0


def told(scene: Scene, **claims: str) -> bool:
    token = mint_logout_token(scene.social.provider, claims=claims)
    client = scene.plain.app.test_client(use_cookies=False)
    path = "/login/backchannel-logout"
    assert client.post(path, data={"logout_token": token}, base_url=PUBLIC_URL).status_code == 200
    return True


def provider_about_the_person(scene: Scene) -> bool:
    return told(scene, sub=JANE.subject)


def provider_about_its_session(scene: Scene) -> bool:
    return told(scene, sid=scene.social.provider.book.sessions[-1].sid)


def password_change(scene: Scene) -> bool:
    device = scene.other_device()
    if device is None:
        return False
    change = {"currentPassword": scene.password, "newPassword": OTHER_PASSWORD}
    assert device.post("/api/password/change", json=change).status_code == 204
    scene.keeps(device)
    return True


def late_ending_of_a_reset(scene: Scene) -> bool:
    device = scene.plain.browser()
    device.session()
    mails = len(scene.plain.sandbox.mails)
    assert device.post("/api/password/reset", json={"email": scene.email}).status_code == 204
    if len(scene.plain.sandbox.mails) == mails:
        return False
    update = {"token": scene.plain.sandbox.mails.newest_first[0].token, "password": OTHER_PASSWORD}
    assert device.post("/api/password/reset/update", json=update).status_code == 204
    if device.post("/api/login", json={"email": scene.email, "password": OTHER_PASSWORD}).status_code != 200:
        return False
    scene.keeps(device)
    return True


def deletion(scene: Scene) -> bool:
    device = scene.other_device()
    if device is None:
        return False
    assert device.delete("/api/me").status_code == 204
    token = scene.plain.sandbox.mails.newest_first[0].token
    assert device.post("/api/me/delete/confirm", json={"token": token}).status_code == 202
    return True


ENDINGS = {
    one.__name__: one
    for one in (
        others,
        one_device,
        operator,
        operator_all,
        provider_about_the_person,
        provider_about_its_session,
        password_change,
        late_ending_of_a_reset,
        deletion,
    )
}


def meet(sign_in: str, ending: str) -> bool:
    """Tell whether an ending can be meant for what a sign-in leads to."""
    if ending == "one_device":
        # A device that is not signed in yet is in no list.
        return sign_in in OVER_A_SESSION
    return not ending.startswith("provider") or sign_in in OVER_THE_PROVIDERS


IN_EACH_RUN = {
    ("by_opt_in", "operator"),
    ("at_the_provider", "provider_about_the_person"),
    ("once_more_by_password", "one_device"),
    *(("by_password", ending) for ending in ENDINGS),
}
"""Every ending, and every kind of sign-in; all pairs are for tests/more."""
PAIRS = [
    pytest.param(
        sign_in,
        ending,
        id=f"{sign_in}-{ending}",
        marks=[] if (sign_in, ending) in IN_EACH_RUN else [pytest.mark.more],
    )
    for sign_in in SIGN_INS
    for ending in ENDINGS
    if meet(sign_in, ending)
]


@pytest.fixture
def scene(make_shop: ShopMaker) -> Scene:
    social = make_shop.with_provider(
        BFF_RATE_LIMIT_LOGIN="off", BFF_RATE_LIMIT_GUEST="off", BFF_RATE_LIMIT_API="off", BFF_RATE_LIMIT_MAIL="off"
    )
    return Scene(social=social, steps=Steps())


@pytest.mark.parametrize(("sign_in", "ending"), PAIRS)
def test_no_sign_in_under_way_outlives_an_ending(scene: Scene, sign_in: str, ending: str) -> None:
    steps = scene.steps
    scene.reset()
    steps.go(SIGN_INS[sign_in](scene), happens=lambda: None)
    number_of_steps, refused = len(steps.taken), 0
    assert number_of_steps > 8, steps.taken
    for before in range(number_of_steps + 1):
        refused += one_meeting(scene, sign_in, ending, before)
    # Else the endings came before or after everything, and nothing was tried.
    assert refused > 1


def one_meeting(scene: Scene, sign_in: str, ending: str, before: int) -> bool:
    """Let an ending meet one step; tell whether the sign-in was refused for it."""
    steps, did = scene.steps, list[bool]()
    scene.reset()
    send = SIGN_INS[sign_in](scene)
    older = scene.survivors()
    answer = steps.go(send, before=before, happens=lambda: did.append(ENDINGS[ending](scene)))
    proved = min(steps.first(part) for part in PROOFS)
    where = (before, steps.taken[min(before, len(steps.taken) - 1)], answer.status_code, answer.get_data()[:300])
    alive = scene.survivors()
    if ending == "password_change":
        # It lets sessions live that were there; one that is listed before it was.
        alive -= older
        if before > steps.first(LISTED):
            alive = set()
    if did == [True] and before > proved:
        assert not alive, where
    return says_it_is_over(scene, answer, where)


def says_it_is_over(scene: Scene, answer: TestResponse, where: Any) -> bool:
    if answer.status_code == 303:
        location = answer.headers["Location"]
        if not location.startswith("/login"):
            return False
        assert "Set-Cookie" not in answer.headers, where
        is_over = "notice=session-ended" in location
    else:
        if answer.status_code == 200:
            return False
        assert not any("bff-session" in cookie for cookie in answer.headers.getlist("Set-Cookie")), where
        is_over = answer.status_code == 401 and answer.get_json()["type"] == "session_expired"
    assert set(scene.steps.bearers) <= logged_out(scene), where
    return is_over


def logged_out(scene: Scene) -> set[str]:
    calls = scene.plain.sandbox.recorder.of("logout")
    return {call.headers["authorization"].removeprefix("Bearer ") for call in calls}


def test_page_says_that_it_is_over_and_keeps_what_was_typed(scene: Scene) -> None:
    scene.reset()
    pages = PageBrowser(scene.slow.browser())
    pages.get("/login")
    typed = {"email": B2C_EMAIL, "password": B2C_PASSWORD}
    scene.steps.go(lambda: pages.send("/login", **typed), before="/demoshop/me", happens=lambda: others(scene))
    assert pages.status == 422
    assert "You've been signed out. Sign in to continue." in pages.page.words
    assert pages.page.form("/login").filled({})["email"] == B2C_EMAIL
    assert scene.survivors() == set()
    pages.send("/login", **typed)
    assert pages.status == 303
    assert len(scene.survivors()) == 1


def test_activation_that_is_overtaken_leads_to_the_sign_in(scene: Scene) -> None:
    scene.reset()
    by_opt_in(scene)
    pages = PageBrowser(scene.slow.browser())
    pages.get(f"/signup/optin?token={scene.plain.sandbox.mails.newest_first[0].token}")
    scene.steps.go(lambda: pages.send("/signup/optin"), before="/demoshop/me", happens=lambda: operator(scene))
    assert (pages.status, pages.location) == (303, "/login?notice=activated")
    assert scene.survivors() == set()


def test_session_that_ends_while_its_company_is_chosen_again_is_no_success(scene: Scene) -> None:
    scene.reset()
    scene.email, scene.password = B2B_EMAIL, B2B_PASSWORD
    browser = scene.slow.browser()
    browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    assert browser.post("/api/session/refresh", json={"legalEntityId": LEGAL_ENTITIES[0].id}).status_code == 200
    answer = scene.steps.go(
        lambda: browser.post("/api/login", json={"email": B2B_EMAIL, "password": B2B_PASSWORD}),
        before="refreshauthtoken",
        happens=lambda: others(scene),
    )
    assert scene.survivors() == set()
    assert (answer.status_code, answer.get_json()["type"]) == (401, "session_expired")
    assert set(scene.steps.bearers) <= logged_out(scene)


def test_who_ended_the_others_or_changed_the_password_goes_on_and_signs_in_again_at_once(scene: Scene) -> None:
    scene.reset()
    browser = scene.plain.signed_in()
    assert browser.delete("/api/sessions").status_code == 204
    browser.sign_in()
    change = {"currentPassword": B2C_PASSWORD, "newPassword": OTHER_PASSWORD}
    assert browser.post("/api/password/change", json=change).status_code == 204
    assert browser.get("/api/me").status_code == 200
    browser.sign_in(password=OTHER_PASSWORD)
    assert browser.get("/api/me").status_code == 200


def test_mark_outlives_three_of_the_longest_calls_and_a_lock(scene: Scene) -> None:
    scene.reset()
    others(scene)
    longest = scene.plain.services.client.longest_call_seconds
    (mark,) = keys_of(scene.plain.redis, "bff:mark:*")
    left = scene.plain.redis.pttl(mark) / 1000
    assert 3 * longest < left <= 4 * longest + LEASE_MARGIN_SECONDS
