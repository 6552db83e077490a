"""What comes back from the provider wrongly signs nobody in, leaves nothing behind, and is told in fixed words."""

from __future__ import annotations

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import CannedResponse, Cut, Fault
from bff.sandbox.mint import TokenKind
from bff.sandbox.provider.settings import Person, ProviderSettings
from bff.sandbox.provider.tokens import IdTokenShape
from bff.sandbox.settings import SandboxSettings
from bff.tokens import renewal
from tests.support.fakes.answers import empty, html
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.sso_browser import query_of
from tests.support.footprint import lasting_footprint
from tests.support.oidc.hostile import WRONG_ID_TOKENS
from tests.support.shop import ShopMaker, SocialShop
from tests.support.social import CLICK, FROM_ELSEWHERE, LINK, Traveller, logged_out_upstream, with_query

STALE = "/login?notice=social-stale"
REFUSED = "/login?notice=social-refused"
FAILED = "/login?notice=social-failed"
UNAVAILABLE = "/login?notice=social-unavailable"
SENTENCES = {
    STALE: "That sign-in has expired. Try again.",
    REFUSED: "You didn't finish signing in there. Try again, or use your e-mail address and password.",
    FAILED: "We couldn't sign you in that way. Try again, or use your e-mail address and password.",
    UNAVAILABLE: "That way to sign in isn't available right now. Use your e-mail address and password.",
}


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine take its time to be told that a token is not used."""
    monkeypatch.setattr(renewal, "_LOGOUT_SECONDS", 60.0)


@pytest.fixture
def social(make_shop: ShopMaker, clock: FakeClock) -> SocialShop:
    return make_shop.with_provider(clock=clock)


def is_refused(traveller: Traveller, path: str, ends_at: str, *, case: str = "", open_logins: int = 0) -> None:
    """Assert that a callback signs nobody in, keeps no transaction and ends at its sentence."""
    before = traveller.browser.cookie
    assert traveller.arrive(path) == ends_at, case
    assert traveller.pages.answer.headers.getlist("Set-Cookie") == [], case
    assert traveller.browser.cookie == before, case
    assert len(traveller.open_logins) == open_logins, case
    page = traveller.pages.follow()
    assert SENTENCES[ends_at] in page.words, case
    assert "canary" not in page.text, case
    assert traveller.who is None, case


def returned(social: SocialShop) -> tuple[Traveller, str]:
    """Return somebody who has signed in at the provider, and the path to come back with."""
    traveller = Traveller(social)
    return traveller, traveller.choose(traveller.start())


def test_wrong_answers_of_the_browser_redeem_no_code(social: SocialShop) -> None:
    issuer = "https://evil.example.com/"
    rows: dict[str, tuple[dict[str, str | None], str, str, int]] = {
        "no state": ({"state": None}, "", STALE, 1),
        "unknown state": ({"state": "canary"}, "", STALE, 1),
        "state twice": ({}, "&state=canary", STALE, 1),
        "no issuer": ({"iss": None}, "", STALE, 0),
        "foreign issuer": ({"iss": issuer}, "", STALE, 0),
        "issuer twice": ({}, "&iss=canary", STALE, 0),
        "no code": ({"code": None}, "", REFUSED, 0),
        "empty code": ({"code": ""}, "", REFUSED, 0),
        "code twice": ({}, "&code=canary", REFUSED, 0),
        "code with a blank": ({"code": "canary code"}, "", REFUSED, 0),
        "code with a line": ({"code": "canary\r\nX: y"}, "", REFUSED, 0),
        "code beyond ASCII": ({"code": "canaryé"}, "", REFUSED, 0),
        "denied": ({"code": None, "error": "access_denied", "error_description": "<b>canary</b>"}, "", REFUSED, 0),
        "denied with a code": ({"error": "access_denied", "error_description": "canary"}, "", REFUSED, 0),
        "error twice": ({"error": "canary"}, "&error=canary", REFUSED, 0),
    }
    for case, (changes, more, ends_at, open_logins) in rows.items():
        traveller, path = returned(social)
        is_refused(traveller, with_query(path, **changes) + more, ends_at, case=case, open_logins=open_logins)
        assert social.shop.sandbox.recorder.count("social_login") == 0, case


def test_code_that_is_no_text_is_refused_upstream(social: SocialShop) -> None:
    for code in ("%ff%fe", "%2e%2e%2f", "a%26state%3db"):
        traveller, path = returned(social)
        is_refused(traveller, with_query(path, code=None) + f"&code={code}", REFUSED)
    assert all("socialLogin?code=" in call.target for call in social.shop.sandbox.recorder.of("social_login"))


def test_refusal_at_the_provider_is_told(social: SocialShop) -> None:
    traveller = Traveller(social)
    path = traveller.cancel(traveller.start())
    assert query_of(path)["error"] == "access_denied"
    is_refused(traveller, path, REFUSED)
    is_refused(traveller, path, STALE)


def test_strangers_callback_makes_no_session(social: SocialShop) -> None:
    before = lasting_footprint(social.shop)
    stranger = Traveller(social)
    assert stranger.arrive("/login/callback?code=a&state=b") == STALE
    assert stranger.arrive("/login/callback") == STALE
    assert lasting_footprint(social.shop) == before


def test_callback_in_another_browser_signs_nobody_in(social: SocialShop) -> None:
    attacker, path = returned(social)
    is_refused(Traveller(social), path, STALE)
    started = Traveller(social)
    started.start()
    is_refused(started, path, STALE, open_logins=1)
    assert social.shop.sandbox.recorder.count("social_login") == 0
    assert attacker.arrive(path) == "/account"


def test_attackers_callback_leaves_the_victims_own_session_as_it_was(social: SocialShop) -> None:
    _, path = returned(social)
    victim = Traveller(social)
    victim.pages.sign_in()
    cookie, before = victim.browser.cookie, victim.found
    assert victim.arrive(path) == "/account"
    assert (victim.browser.cookie, victim.found.web, victim.found.vault) == (cookie, before.web, before.vault)
    assert social.shop.sandbox.recorder.count("social_login") == 0


def test_repeated_callback_goes_on_quietly_where_all_is_well_and_is_stale_after_sign_out(social: SocialShop) -> None:
    traveller, path = returned(social)
    assert traveller.arrive(path) == "/account"
    cookie = traveller.browser.cookie
    assert traveller.arrive(path) == "/account"
    assert traveller.browser.cookie == cookie
    assert social.shop.sandbox.recorder.count("social_login") == 1
    traveller.state()
    traveller.browser.post("/api/logout")
    is_refused(traveller, path, STALE)


def test_swapped_codes_open_nothing(social: SocialShop) -> None:
    one, path_of_one = returned(social)
    two, path_of_two = returned(social)
    code_of_one, code_of_two = query_of(path_of_one)["code"], query_of(path_of_two)["code"]
    is_refused(one, with_query(path_of_one, code=code_of_two), REFUSED)
    is_refused(two, with_query(path_of_two, code=code_of_one), REFUSED)
    assert logged_out_upstream(social) == []


def test_code_is_good_for_one_sign_in(social: SocialShop) -> None:
    traveller, path = returned(social)
    traveller.arrive(path)
    other = Traveller(social)
    second = with_query(path, state=query_of(other.start())["state"])
    is_refused(other, second, REFUSED)


def changed(text: str) -> str:
    """Return the text with another last letter."""
    return text[:-1] + ("A" if text[-1] != "A" else "B")


@pytest.mark.parametrize(("name", "ends_at"), [("verifier", REFUSED), ("nonce", FAILED)])
def test_one_changed_letter_is_enough(social: SocialShop, name: str, ends_at: str) -> None:
    traveller, path = returned(social)
    (login,) = traveller.open_logins
    traveller.change_login(**{name: changed(login[name])})
    is_refused(traveller, path, ends_at)
    assert len(logged_out_upstream(social)) == (1 if name == "nonce" else 0)


def test_sign_in_that_was_sent_to_another_issuer_is_refused(social: SocialShop) -> None:
    traveller, path = returned(social)
    traveller.change_login(issuer="https://evil.example.com/")
    is_refused(traveller, path, STALE)
    assert social.shop.sandbox.recorder.count("social_login") == 0


def test_code_for_another_redirect_uri_is_refused(make_shop: ShopMaker, clock: FakeClock) -> None:
    other = "http://127.0.0.1:8000/login/callback2"
    settings = ProviderSettings(redirect_uris=("http://127.0.0.1:8000/login/callback", other))
    traveller = Traveller(make_shop.with_provider(provider_settings=settings, clock=clock))
    url = traveller.start()
    path = traveller.choose(with_query(url, redirect_uri=other)).replace("callback2", "callback")
    is_refused(traveller, path, REFUSED)


def test_every_wrong_id_token_signs_nobody_in_and_ends_the_token_that_came_along(social: SocialShop) -> None:
    for count, (case, shape) in enumerate(WRONG_ID_TOKENS.items(), start=1):
        traveller, path = returned(social)
        social.provider.tokens.shape_next(shape)
        is_refused(traveller, path, FAILED, case=case)
        assert len(logged_out_upstream(social)) == count, case
        assert logged_out_upstream(social)[-1] == newest(social, TokenKind.CUSTOMER_ACCESS), case
        assert "signedIn" not in traveller.found.web.to_json().decode(), case
        assert traveller.found.vault.customer is None, case
    assert social.shop.sandbox.recorder.count("get_me") == 0


def newest(social: SocialShop, kind: TokenKind) -> str:
    return [issued.value for issued in social.provider.mint.issued if issued.kind is kind][-1]


def test_unverified_email_opens_nobodys_account_even_where_the_tenant_would_allow_it(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    thief = Person(subject="auth0|1", email=B2C_EMAIL, email_verified=False, given_name="Jane", family_name="Doe")
    for careless in (True, False):
        social = make_shop.with_provider(
            SandboxSettings(match_unverified_email=careless),
            provider_settings=ProviderSettings(people=(thief,)),
            clock=clock,
        )
        traveller = Traveller(social)
        path = traveller.choose(traveller.start(), thief.subject)
        is_refused(traveller, path, FAILED if careless else REFUSED)
        assert len(logged_out_upstream(social)) == (1 if careless else 0)


UPSTREAM: dict[str, tuple[str, Fault, str]] = {
    "no id token": ("social_login", Fault(drop_fields=("social_id_token",)), FAILED),
    "no access token": ("social_login", Fault(drop_fields=("access_token",)), UNAVAILABLE),
    "refused": ("social_login", Fault(answer=CannedResponse(status=409, body=b"{}")), REFUSED),
    "500": ("social_login", Fault(answer=empty(500)), UNAVAILABLE),
    "HTML": ("social_login", Fault(answer=html(200)), UNAVAILABLE),
    "cut": ("social_login", Fault(cut=Cut.AFTER_EFFECT), UNAVAILABLE),
    "nobody in particular": (
        "get_me",
        Fault(answer=CannedResponse(status=200, body=b'{"id": "00000000"}')),
        UNAVAILABLE,
    ),
    "no profile": ("get_me", Fault(answer=empty(500)), UNAVAILABLE),
}


def test_trouble_upstream_signs_nobody_in_and_passwords_still_serve(social: SocialShop) -> None:
    for case, (operation, fault, ends_at) in UPSTREAM.items():
        traveller, path = returned(social)
        social.shop.sandbox.faults.add(operation, fault)
        is_refused(traveller, path, ends_at, case=case)
        social.shop.sandbox.faults.clear()
        traveller.pages.sign_in()
        assert traveller.who == B2C_EMAIL, case


def test_without_keys_nobody_is_signed_in(social: SocialShop) -> None:
    traveller, path = returned(social)
    social.provider.faults.add("jwks", Fault(answer=html(200)))
    is_refused(traveller, path, UNAVAILABLE)
    assert len(logged_out_upstream(social)) == 1


def test_keys_that_changed_while_somebody_was_away_are_found(social: SocialShop, clock: FakeClock) -> None:
    Traveller(social).sign_in()
    social.provider.keys.rotate(keep_old=False)
    clock.advance(60)
    assert Traveller(social).sign_in() == "/account"


@pytest.mark.parametrize("keep_kid", [False, True], ids=["new name", "same name"])
@pytest.mark.parametrize("named", [True, False])
def test_keys_that_change_twice_within_a_minute_are_found(
    social: SocialShop, clock: FakeClock, named: bool, keep_kid: bool
) -> None:
    social.provider.keys.names_keys = named
    assert Traveller(social).sign_in() == "/account"
    social.provider.keys.rotate(keep_old=False, keep_kid=keep_kid)
    assert Traveller(social).sign_in() == "/account"
    clock.advance(30)
    social.provider.keys.rotate(keep_old=True, keep_kid=keep_kid)
    assert Traveller(social).sign_in() == "/account"
    assert social.provider.recorder.count("jwks") == 3


@pytest.mark.parametrize("spelling", [True, "true"])
def test_email_that_is_verified_in_either_spelling_signs_in(social: SocialShop, spelling: object) -> None:
    social.provider.tokens.shape_next(IdTokenShape(claims={"email_verified": spelling}))
    assert Traveller(social).sign_in() == "/account"


def test_link_on_a_foreign_page_starts_nothing(social: SocialShop) -> None:
    victim = Traveller(social)
    victim.pages.sign_in()
    before = victim.found.web
    page = victim.pages.get(f"{LINK}?next=//evil.example.com", headers=FROM_ELSEWHERE)
    assert (victim.pages.status, victim.pages.location) == (200, None)
    assert [form.action for form in page.forms if form.action.startswith("/login")] == [LINK]
    assert victim.found.web == before
    assert len(social.provider.recorder) == 0


def test_notice_says_nothing_but_its_fixed_sentences(social: SocialShop) -> None:
    traveller = Traveller(social)
    for word in ("canary", "<b>canary</b>", "social-Stale"):
        traveller.pages.get("/login", query_string={"notice": word}, headers=CLICK)
        assert "canary" not in traveller.pages.page.words
        assert not any(sentence in traveller.pages.page.words for sentence in SENTENCES.values())


def test_callback_that_is_only_asked_for_its_head_uses_nothing_up(social: SocialShop) -> None:
    traveller = Traveller(social)
    path = traveller.choose(traveller.start())
    head = traveller.browser.request("HEAD", path)
    assert (head.status_code, head.headers.get("Set-Cookie")) == (204, None)
    assert traveller.arrive(path) == "/account"
