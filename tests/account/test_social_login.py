"""Social sign-in without the web: what is noted, what is kept of it, and what a mismatch leaves behind."""

from __future__ import annotations

import pytest

from bff.account.social_login import SocialLogin
from bff.errors import AnotherPerson, LoginRequired, SocialLoginRefused, StateMismatch
from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.provider.settings import JANE, JOHN, ProviderSettings
from bff.sessions.cookie import SessionCookie
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.sso_browser import query_of
from tests.support.shop import ShopMaker, SocialShop
from tests.support.social import Traveller, logged_out_upstream, with_query


@pytest.fixture
def social(make_shop: ShopMaker, clock: FakeClock) -> SocialShop:
    return make_shop.with_provider(clock=clock, AUTH0_EMPORIX_CONFIG="mainIdp")


@pytest.fixture
def oidc(social: SocialShop) -> SocialLogin:
    assert social.shop.services.oidc is not None
    return social.shop.services.oidc


def session_of(social: SocialShop, cookie: SessionCookie | None = None) -> Session:
    return social.shop.services.sessions.open(cookie, may_start=True)


def begun(oidc: SocialLogin, session: Session, *, is_reauthentication: bool = False) -> str:
    return oidc.begin(
        session, connection=None, return_path="/account/addresses", is_reauthentication=is_reauthentication
    )


def came_back(social: SocialShop, url: str, subject: str = JANE.subject) -> dict[str, str]:
    return query_of(Traveller(social).choose(url, subject))


def test_state_names_emporixs_configuration_of_the_provider(social: SocialShop, oidc: SocialLogin) -> None:
    state = query_of(begun(oidc, session_of(social)))["state"]
    name, separator, random = state.partition("--")
    assert (name, separator) == ("mainIdp", "--")
    assert len(random) >= 43


def test_it_leads_to_the_page_that_was_asked_for_and_keeps_who_it_is(social: SocialShop, oidc: SocialLogin) -> None:
    session = session_of(social)
    url = begun(oidc, session)
    assert oidc.complete(session, came_back(social, url)) == "/account/addresses"
    who = session.signed_in
    assert who is not None
    assert who.customer.email == B2C_EMAIL
    assert who.social is not None
    assert (who.social.issuer, who.social.subject) == (social.provider.issuer, JANE.subject)
    assert session.web.logins == ()


def test_cookie_changes_and_the_old_record_is_gone(social: SocialShop, oidc: SocialLogin) -> None:
    session = session_of(social)
    url = begun(oidc, session)
    before = session.cookie
    oidc.complete(session, came_back(social, url))
    assert session.cookie != before
    assert session_of(social, before).web.logins == ()
    assert session_of(social, before).signed_in is None


@pytest.mark.parametrize("state", ["", "unknown", "mainIdp--", "é", "\ud800", "x" * 10_000])
def test_state_that_is_not_known_takes_nothing(social: SocialShop, oidc: SocialLogin, state: str) -> None:
    session = session_of(social)
    query = came_back(social, begun(oidc, session))
    with pytest.raises(StateMismatch):
        oidc.complete(session, {**query, "state": state})
    assert len(session.web.logins) == 1
    assert oidc.complete(session, query) == "/account/addresses"


def test_state_in_redis_is_no_good_to_another_browsers_session(social: SocialShop, oidc: SocialLogin) -> None:
    mine, theirs = session_of(social), session_of(social)
    query = came_back(social, begun(oidc, theirs))
    begun(oidc, mine)
    with pytest.raises(StateMismatch):
        oidc.complete(mine, query)
    assert mine.signed_in is None
    assert len(mine.web.logins) == len(theirs.web.logins) == 1
    assert social.shop.sandbox.recorder.count("social_login") == 0


@pytest.mark.parametrize("changes", [{"code": ""}, {"code": "with blank"}, {"code": "ä"}, {"error": "access_denied"}])
def test_answer_without_a_code_is_refused_and_over(
    social: SocialShop, oidc: SocialLogin, changes: dict[str, str]
) -> None:
    session = session_of(social)
    query = came_back(social, begun(oidc, session))
    with pytest.raises(SocialLoginRefused):
        oidc.complete(session, {**query, **changes})
    assert session.web.logins == ()
    assert social.shop.sandbox.recorder.count("social_login") == 0


def test_issuer_of_the_answer_is_compared(social: SocialShop, oidc: SocialLogin) -> None:
    for issuer in (None, "", "https://evil.example.com/", social.provider.issuer.rstrip("/")):
        session = session_of(social)
        query = came_back(social, begun(oidc, session))
        changed = {name: value for name, value in {**query, "iss": issuer}.items() if value is not None}
        with pytest.raises(StateMismatch):
            oidc.complete(session, changed)
        assert session.web.logins == ()
    assert social.shop.sandbox.recorder.count("social_login") == 0


def test_error_that_another_issuer_answers_is_none_of_ours(social: SocialShop, oidc: SocialLogin) -> None:
    for issuer in (None, "https://evil.example.com/"):
        session = session_of(social)
        state = query_of(begun(oidc, session))["state"]
        answer = {"state": state, "error": "access_denied", **({} if issuer is None else {"iss": issuer})}
        with pytest.raises(StateMismatch, match="iss"):
            oidc.complete(session, answer)
        assert session.web.logins == ()


def test_nobody_can_prove_again_who_is_not_signed_in(social: SocialShop, oidc: SocialLogin) -> None:
    session = session_of(social)
    with pytest.raises(LoginRequired):
        begun(oidc, session, is_reauthentication=True)
    assert session.web.logins == ()


def test_another_person_does_not_take_the_place_of_who_is_signed_in(social: SocialShop, oidc: SocialLogin) -> None:
    session = session_of(social)
    oidc.complete(session, came_back(social, begun(oidc, session)))
    before, tokens = session.signed_in, session.vault.customer
    query = came_back(social, begun(oidc, session, is_reauthentication=True), JOHN.subject)
    with pytest.raises(AnotherPerson):
        oidc.complete(session, query)
    assert (session.signed_in, session.vault.customer) == (before, tokens)
    assert tokens is not None
    assert len(logged_out_upstream(social)) == 1
    assert tokens.access.reveal() not in logged_out_upstream(social)


def test_connections_are_known_by_name_alone(oidc: SocialLogin) -> None:
    assert oidc.links() == [("google-oauth2", "Google"), ("facebook", "Facebook")]
    assert oidc.knows(None)
    assert oidc.knows("facebook")
    for name in ("", "Facebook", "facebook ", "github"):
        assert not oidc.knows(name)


def test_one_link_without_a_name_where_no_connection_is_configured(make_shop: ShopMaker) -> None:
    social = make_shop.with_provider(AUTH0_CONNECTIONS="")
    assert social.shop.services.oidc is not None
    assert social.shop.services.oidc.links() == [(None, None)]
    traveller = Traveller(social)
    assert "connection" not in query_of(traveller.start("/login/social"))
    assert traveller.state()["socialLogin"] == [
        {"connection": None, "label": "Continue with single sign-on", "url": "/login/social"}
    ]


def test_provider_that_promises_no_issuer_need_not_send_one(make_shop: ShopMaker, clock: FakeClock) -> None:
    social = make_shop.with_provider(clock=clock, provider_settings=ProviderSettings(iss_parameter=False))
    traveller = Traveller(social)
    path = traveller.choose(traveller.start())
    assert "iss=" not in path
    assert traveller.arrive(path) == "/account"
    other = Traveller(social)
    wrong = with_query(other.choose(other.start()), iss="https://evil.example.com/")
    assert other.arrive(wrong) == "/login?notice=social-stale"
