"""The provider's authorization endpoint and the page on which somebody is chosen."""

from __future__ import annotations

import pytest

from bff.sandbox.mint import MARKER
from bff.sandbox.provider.settings import JANE, JOHN, RICHARD, ProviderSettings
from bff.sandbox.provider.world import SSO_COOKIE
from tests.support.fakes.sso_browser import query_of
from tests.support.sandbox.provider_driver import CALLBACK, HOME, LEFT_OUT, Provide, ProviderDriver
from tests.support.sandbox.sandbox_driver import FakeClock


def error_of(sso: ProviderDriver, **changes: str | None) -> str:
    """Return the error that the application is told instead of getting a code."""
    reply = sso.browser.get(sso.authorize_url(**changes))
    assert reply.status_code == 302, reply.text
    assert reply.headers["Location"].startswith(f"{CALLBACK}?")
    query = query_of(reply.headers["Location"])
    assert "code" not in query
    assert query["error_description"]
    assert query.get("state") == (changes.get("state", "the-state") or None)
    assert query["iss"] == sso.provider.issuer
    return query["error"]


def test_page_offers_everybody_and_a_way_out(sso: ProviderDriver) -> None:
    reply = sso.browser.get(sso.authorize_url(connection="google-oauth2"))
    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in reply.headers
    for person in (JANE, JOHN, RICHARD):
        assert f"{person.name}, {person.email}" in reply.text
    assert reply.text.count("<button") == 4
    assert reply.text.count("e-mail not verified") == 1
    assert "Signing in with google-oauth2." in reply.text
    assert "<h1>Sign in</h1>" in reply.text
    assert "<script" not in reply.text


def test_choice_leads_back_with_code_state_and_issuer(sso: ProviderDriver) -> None:
    target = sso.browser.choose(sso.authorize_url(), JANE.subject)
    assert target.startswith(f"{CALLBACK}?")
    query = query_of(target)
    assert query == {"code": query["code"], "state": "the-state", "iss": sso.provider.issuer}
    assert query["code"].startswith(MARKER)


def test_cookie_is_of_this_host_only_and_out_of_reach(sso: ProviderDriver) -> None:
    reply = sso.browser.http.post(sso.authorize_url(), data={"person": JANE.subject}, allow_redirects=False, timeout=10)
    name, _, attributes = reply.headers["Set-Cookie"].partition("=")
    assert name == SSO_COOKIE
    assert attributes.startswith(MARKER)
    assert attributes.split("; ")[1:] == ["HttpOnly", "Path=/", "SameSite=Lax"]


def test_live_session_leads_straight_back(sso: ProviderDriver) -> None:
    first = sso.code()
    reply = sso.browser.get(sso.authorize_url(prompt=LEFT_OUT, state="another"))
    assert reply.status_code == 302
    query = query_of(reply.headers["Location"])
    assert query["state"] == "another"
    assert query["code"] != first


def test_cancelling_is_told_to_the_application(sso: ProviderDriver) -> None:
    query = query_of(sso.browser.cancel(sso.authorize_url()))
    assert query.pop("error_description")
    assert query == {"error": "access_denied", "state": "the-state", "iss": sso.provider.issuer}
    assert SSO_COOKIE not in sso.browser.http.cookies


def test_iss_is_left_out_where_the_settings_say_so(provide: Provide) -> None:
    sso = provide(ProviderSettings(iss_parameter=False))
    assert set(query_of(sso.browser.choose(sso.authorize_url(), JANE.subject))) == {"code", "state"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_target_or_client_is_never_redirected_to(sso: ProviderDriver, method: str) -> None:
    targets = (LEFT_OUT, f"{CALLBACK}/", f"{CALLBACK}?a=b", HOME, "https://shop.example.com/login/callback")
    clients = (LEFT_OUT, "another", "demo-socia", "Demo-Social")
    wrong = [sso.authorize_url(redirect_uri=target) for target in targets]
    wrong += [sso.authorize_url(client_id=client) for client in clients]
    for url in wrong:
        reply = sso.browser.http.request(method, url, data={"person": JANE.subject}, allow_redirects=False, timeout=10)
        assert reply.status_code == 400, url
        assert "Location" not in reply.headers
        assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": LEFT_OUT}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "profile email"}, "invalid_scope"),
        ({"scope": LEFT_OUT}, "invalid_scope"),
        ({"state": LEFT_OUT}, "invalid_request"),
        ({"nonce": LEFT_OUT}, "invalid_request"),
        ({"code_challenge": LEFT_OUT}, "invalid_request"),
        ({"code_challenge": "too-short"}, "invalid_request"),
        ({"code_challenge_method": LEFT_OUT}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"connection": "unknown"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
    ],
)
def test_other_mistakes_are_told_to_the_application(
    sso: ProviderDriver, changes: dict[str, str | None], error: str
) -> None:
    assert error_of(sso, **changes) == error


def test_repeated_parameter_is_refused(sso: ProviderDriver) -> None:
    reply = sso.browser.get(sso.authorize_url() + "&nonce=another")
    assert query_of(reply.headers["Location"])["error"] == "invalid_request"
    assert sso.browser.get(sso.authorize_url() + "&client_id=another").status_code == 400
    assert sso.browser.get(f"{sso.authorize_url()}&redirect_uri={CALLBACK}").status_code == 400


def test_mistake_in_the_url_of_the_choice_signs_nobody_in(sso: ProviderDriver) -> None:
    reply = sso.browser.http.post(
        sso.authorize_url(code_challenge=LEFT_OUT),
        data={"person": JANE.subject},
        allow_redirects=False,
        timeout=10,
    )
    assert query_of(reply.headers["Location"])["error"] == "invalid_request"
    assert sso.provider.book.sessions == ()


def test_choosing_nobody_signs_nobody_in(sso: ProviderDriver) -> None:
    for form in ({}, {"person": "google-oauth2|9999"}):
        reply = sso.browser.http.post(sso.authorize_url(), data=form, allow_redirects=False, timeout=10)
        assert reply.status_code == 400
    assert sso.provider.book.sessions == ()


def test_prompt_login_asks_in_spite_of_a_session(sso: ProviderDriver) -> None:
    sso.code()
    assert sso.browser.get(sso.authorize_url(prompt="login")).status_code == 200
    assert sso.browser.get(sso.authorize_url(prompt="none")).status_code == 302


def test_max_age_asks_once_the_session_is_older(sso: ProviderDriver, clock: FakeClock) -> None:
    sso.code()
    assert sso.browser.get(sso.authorize_url(max_age="0")).status_code == 200
    clock.pass_seconds(600)
    assert sso.browser.get(sso.authorize_url(max_age="600")).status_code == 302
    clock.pass_seconds(1)
    assert sso.browser.get(sso.authorize_url(max_age="600")).status_code == 200
    assert error_of(sso, max_age="600", prompt="none") == "login_required"
    sso.browser.choose(sso.authorize_url(max_age="600"), JANE.subject)
    assert sso.browser.get(sso.authorize_url(max_age="600")).status_code == 302


def test_same_person_keeps_the_session_id_and_another_gets_a_new_one(sso: ProviderDriver) -> None:
    sso.code(JANE.subject)
    cookie = sso.browser.http.cookies[SSO_COOKIE]
    [first] = sso.provider.book.sessions
    sso.code(JANE.subject)
    [again] = sso.provider.book.sessions
    assert again.sid == first.sid
    assert sso.browser.http.cookies[SSO_COOKIE] != cookie
    sso.code(JOHN.subject)
    [other] = sso.provider.book.sessions
    assert other.person == JOHN
    assert other.sid != first.sid


def test_page_escapes_what_the_settings_and_the_query_say(provide: Provide) -> None:
    sso = provide(ProviderSettings(connections=("<b>",)))
    page = sso.browser.get(sso.authorize_url(connection="<b>")).text
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_recorder_has_path_query_and_cookies_of_every_request(sso: ProviderDriver) -> None:
    sso.code()
    sso.browser.http.get(sso.authorize_url(), headers={"Cookie": "bff-session=planted"}, timeout=10)
    shown, chosen, planted = sso.provider.recorder
    assert sso.provider.recorder.of("choose") == [chosen]
    assert "cookie" not in shown.headers
    assert shown.target.startswith("/authorize?response_type=code&client_id=")
    assert "code_challenge=" in chosen.target
    assert chosen.body == b"person=google-oauth2%7C1001"
    assert planted.headers["cookie"] == "bff-session=planted"
    assert sso.get("/nothing").status_code == 404
    assert [one.operation for one in sso.provider.recorder][-1] is None
