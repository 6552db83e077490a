"""Signing in through the provider and out again: what goes along, what is kept, and what is not."""

from __future__ import annotations

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import Fault
from bff.sandbox.mint import TokenKind
from bff.sandbox.provider.settings import JANE, JOHN, ProviderSettings
from bff.sandbox.provider.tokens import IdTokenShape
from bff.sandbox.settings import SandboxSettings
from tests.support.fakes.answers import empty
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.sso_browser import query_of
from tests.support.pages import Page
from tests.support.shop import PUBLIC_URL, ShopMaker, SocialShop
from tests.support.social import LINK, Traveller, logged_out_upstream


@pytest.fixture
def social(make_shop: ShopMaker, clock: FakeClock) -> SocialShop:
    return make_shop.with_provider(clock=clock)


@pytest.fixture
def traveller(social: SocialShop) -> Traveller:
    return Traveller(social)


def end_session(traveller: Traveller, url: str | None) -> dict[str, str]:
    assert url is not None
    assert url.partition("?")[0] == f"{traveller.provider.issuer}oidc/logout"
    return query_of(url)


def test_from_link_to_profile(traveller: Traveller) -> None:
    traveller.start()
    before = traveller.browser.cookie
    assert traveller.sign_in() == "/account"
    answer = traveller.pages.answer
    assert "?" not in answer.headers["Location"]
    assert len(answer.headers.getlist("Set-Cookie")) == 1
    assert answer.headers["Cache-Control"] == "no-store"
    assert before != traveller.browser.cookie is not None
    assert traveller.pages.follow().heading != ""
    assert traveller.pages.status == 200
    state = traveller.state()
    assert (state["state"], state["customer"]["email"]) == ("authenticated", B2C_EMAIL)
    assert traveller.browser.get("/api/me").get_json()["accounts"][1]["providerId"] == JANE.subject


def test_new_person_becomes_a_customer_and_comes_back_as_the_same(social: SocialShop) -> None:
    first, second = Traveller(social), Traveller(social)
    first.sign_in(JOHN.subject)
    second.sign_in(JOHN.subject)
    assert first.state()["customer"] == second.state()["customer"]
    assert first.who == JOHN.email


def test_guests_cart_session_goes_along(social: SocialShop, traveller: Traveller) -> None:
    traveller.state()
    traveller.browser.get("/api/me")
    guest = traveller.vault.anonymous
    assert guest is not None
    assert guest.session_id is not None
    traveller.sign_in()
    (call,) = social.shop.sandbox.recorder.of("social_login")
    assert call.headers["session-id"] == guest.session_id.reveal()
    assert call.headers["authorization"] == f"Bearer {guest.access.reveal()}"
    customer = traveller.vault.customer
    assert customer is not None
    assert customer.session_id == guest.session_id


def test_issuer_and_subject_are_kept_and_the_providers_tokens_are_not(social: SocialShop, traveller: Traveller) -> None:
    traveller.sign_in()
    who = traveller.web.signed_in
    assert who is not None
    assert who.social is not None
    assert (who.social.issuer, who.social.subject) == (social.provider.issuer, JANE.subject)
    issued = {issued.kind: issued.value for issued in social.provider.mint.issued}
    kept = traveller.opened_records()
    assert issued[TokenKind.CUSTOMER_ACCESS] in kept
    for kind in (TokenKind.SOCIAL_ACCESS, TokenKind.SOCIAL_ID, TokenKind.SOCIAL_CODE, TokenKind.CODE_VERIFIER):
        assert issued[kind] not in kept, kind


def test_tokens_are_renewed_after_a_social_sign_in(make_shop: ShopMaker, clock: FakeClock) -> None:
    social = make_shop.with_provider(SandboxSettings(customer_access_seconds=1000), clock=clock)
    traveller = Traveller(social)
    traveller.sign_in()
    tokens = traveller.vault.customer
    assert tokens is not None
    assert (tokens.access_expires_at, tokens.refresh_expires_at) == (clock() + 1000, clock() + 86399)
    clock.advance(1000)
    assert traveller.browser.get("/api/me").status_code == 200
    assert social.shop.sandbox.recorder.count("refresh_auth_token") == 1
    assert traveller.who == B2C_EMAIL


def test_proof_by_password_forgets_no_provider(social: SocialShop, traveller: Traveller) -> None:
    traveller.sign_in()
    (session,) = social.provider.book.sessions
    traveller.browser.sign_in()
    url = traveller.browser.post("/api/logout").get_json()["logoutUrl"]
    assert end_session(traveller, url)["logout_hint"] == session.sid


def test_another_persons_password_takes_no_provider_along(social: SocialShop, traveller: Traveller) -> None:
    traveller.sign_in(JOHN.subject)
    traveller.browser.sign_in()
    assert traveller.browser.post("/api/logout").get_json()["logoutUrl"] is None


def test_sign_out_ends_the_providers_session_too(social: SocialShop, traveller: Traveller) -> None:
    traveller.sign_in()
    (session,) = social.provider.book.sessions
    traveller.state()
    url = traveller.browser.post("/api/logout").get_json()["logoutUrl"]
    assert end_session(traveller, url) == {
        "client_id": "demo-social",
        "logout_hint": session.sid,
        "post_logout_redirect_uri": f"{PUBLIC_URL}/",
    }
    assert traveller.who is None
    assert traveller.open_at_provider(url) == (302, f"{PUBLIC_URL}/")
    assert social.provider.book.sessions == ()
    status, _ = traveller.open_at_provider(traveller.start())
    assert status == 200, "the provider asks nobody"


def test_sign_out_by_the_page_leads_to_the_provider(traveller: Traveller) -> None:
    traveller.sign_in()
    traveller.pages.get("/logout")
    traveller.pages.send("/logout")
    assert traveller.pages.status == 303
    assert "id_token_hint" not in end_session(traveller, traveller.pages.location)
    assert traveller.who is None


def test_provider_without_end_session_is_left_by_its_own_way(make_shop: ShopMaker, clock: FakeClock) -> None:
    social = make_shop.with_provider(provider_settings=ProviderSettings(end_session_endpoint=False), clock=clock)
    traveller = Traveller(social)
    traveller.sign_in()
    traveller.state()
    url = traveller.browser.post("/api/logout").get_json()["logoutUrl"]
    assert url.partition("?")[0] == f"{social.provider.issuer}v2/logout"
    assert query_of(url) == {"client_id": "demo-social", "returnTo": f"{PUBLIC_URL}/"}
    assert traveller.open_at_provider(url) == (302, f"{PUBLIC_URL}/")
    assert social.provider.book.sessions == ()


def test_sign_out_here_needs_no_provider(make_shop: ShopMaker, clock: FakeClock) -> None:
    social = make_shop.with_provider(clock=clock, BFF_SESSION_LIFETIME="172800")
    traveller = Traveller(social)
    traveller.sign_in()
    social.provider.faults.add("discovery", Fault(answer=empty(503)))
    # As long as the documents are kept.
    clock.advance(86400)
    traveller.state()
    answer = traveller.browser.post("/api/logout")
    assert (answer.status_code, answer.get_json()) == (200, {"logoutUrl": None})
    assert traveller.who is None
    assert len(logged_out_upstream(social)) == 1


def test_password_session_has_nothing_to_end_at_the_provider(social: SocialShop) -> None:
    browser = social.shop.signed_in()
    assert browser.post("/api/logout").get_json() == {"logoutUrl": None}


# Once more


def test_proof_is_asked_for_and_makes_the_sign_in_recent_again(traveller: Traveller, clock: FakeClock) -> None:
    traveller.sign_in()
    clock.advance(1000)
    since = traveller.state()["lifetimeExpiresIn"]
    before = traveller.browser.cookie
    traveller.pages.get("/account/logins")
    assert traveller.pages.status == 303
    link = _link_once_more(traveller.pages.follow())
    url = traveller.start(link)
    assert {name: query_of(url)[name] for name in ("prompt", "max_age")} == {"prompt": "login", "max_age": "0"}
    assert traveller.arrive(traveller.choose(url)) == "/account/logins"
    assert traveller.browser.cookie != before
    traveller.pages.follow()
    assert traveller.pages.status == 200
    assert traveller.state()["lifetimeExpiresIn"] == since


def _link_once_more(page: Page) -> str:
    link = next(link for link in page.links if link.startswith(LINK))
    assert link == f"{LINK}?again=1&next=/account/logins"
    return link


def test_cart_session_and_tokens_outlive_the_proof(traveller: Traveller) -> None:
    traveller.sign_in()
    before = traveller.vault.customer
    assert traveller.sign_in(link=f"{LINK}?again=1") == "/account"
    after = traveller.vault.customer
    assert before is not None
    assert after is not None
    assert after.session_id == before.session_id
    assert after.access != before.access
    assert traveller.browser.get("/api/me").status_code == 200


def test_another_person_is_refused_and_nothing_has_changed(social: SocialShop, traveller: Traveller) -> None:
    traveller.sign_in()
    before, cookie = traveller.found, traveller.browser.cookie
    assert traveller.sign_in(JOHN.subject, f"{LINK}?again=1") == "/login?notice=social-other"
    assert "You are signed in" in traveller.pages.follow().words
    assert traveller.browser.cookie == cookie
    assert (traveller.found.vault.customer, traveller.web.signed_in) == (before.vault.customer, before.web.signed_in)
    assert traveller.web.logins == ()
    (ended,) = logged_out_upstream(social)
    assert before.vault.customer is not None
    assert ended != before.vault.customer.access.reveal()
    assert traveller.browser.get("/api/me").get_json()["accounts"][0]["id"] == B2C_EMAIL


@pytest.mark.parametrize("auth_time", [None, "soon", 1_800_000_000 - 601])
def test_proof_that_is_old_or_tells_no_time_is_none(
    social: SocialShop, traveller: Traveller, auth_time: object
) -> None:
    traveller.sign_in()
    before = traveller.web.signed_in
    social.provider.tokens.shape_next(IdTokenShape(claims={"auth_time": auth_time}))
    assert traveller.sign_in(link=f"{LINK}?again=1") == "/login?notice=social-failed"
    assert traveller.web.signed_in == before
    assert len(logged_out_upstream(social)) == 1
    assert traveller.browser.get("/api/me").status_code == 200


@pytest.mark.parametrize("told", [True, False])
def test_sign_in_that_the_provider_asked_nothing_for_is_no_recent_proof(
    social: SocialShop, traveller: Traveller, clock: FakeClock, told: bool
) -> None:
    traveller.sign_in()
    clock.advance(601)
    if not told:
        social.provider.tokens.shape_next(IdTokenShape(claims={"auth_time": None}))
    # Not asked for as a proof, so the provider, which still knows this browser, shows no page.
    assert traveller.arrive(traveller.pass_through(traveller.start())) == "/account"
    traveller.browser.session()
    answer = traveller.browser.delete("/api/sessions")
    assert answer.status_code == 401
    assert answer.get_json()["type"] == "reauthentication_required"
    assert traveller.arrive(traveller.choose(traveller.start(f"{LINK}?again=1"))) == "/account"
    traveller.browser.session()
    assert traveller.browser.delete("/api/sessions").status_code == 204


def test_guest_has_nothing_to_prove_again(traveller: Traveller) -> None:
    traveller.pages.get(f"{LINK}?again=1", headers={"Sec-Fetch-Site": "same-origin"})
    assert (traveller.pages.status, traveller.pages.location) == (303, "/login?notice=session-ended")


def test_same_person_in_a_second_tab_leaves_no_token_behind(social: SocialShop, traveller: Traveller) -> None:
    traveller.sign_in()
    kept = traveller.vault.customer
    assert kept is not None
    traveller.arrive(traveller.pass_through(traveller.start()))
    assert logged_out_upstream(social) == [kept.access.reveal()]
    assert traveller.browser.session()["state"] == "authenticated"
