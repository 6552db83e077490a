"""The link that starts a social sign-in: a click on our own page starts it, anything else shows a button."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

import pytest

from bff.oidc.login_state import LIFETIME_SECONDS, MOST_OPEN
from bff.sandbox.faults import Fault
from tests.support.fakes.answers import empty
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.sso_browser import query_of
from tests.support.footprint import footprint
from tests.support.pages import visitor
from tests.support.shop import PUBLIC_URL, Shop, ShopMaker, SocialShop
from tests.support.social import CLICK, FROM_ELSEWHERE, LINK, Traveller


@pytest.fixture
def social(make_shop: ShopMaker, clock: FakeClock) -> SocialShop:
    return make_shop.with_provider(clock=clock)


def test_click_leads_to_the_authorize_endpoint_with_exactly_what_it_needs(social: SocialShop) -> None:
    traveller = Traveller(social)
    url = traveller.start()
    (login,) = traveller.web.logins
    challenge = urlsafe_b64encode(hashlib.sha256(login["verifier"].encode()).digest()).rstrip(b"=").decode()
    assert url.partition("?")[0] == f"{social.provider.issuer}authorize"
    assert query_of(url) == {
        "response_type": "code",
        "client_id": "demo-social",
        "redirect_uri": f"{PUBLIC_URL}/login/callback",
        "scope": "openid profile email",
        "state": login["state"],
        "nonce": login["nonce"],
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "connection": "google-oauth2",
    }
    assert login["verifier"] not in url


def test_two_starts_have_nothing_secret_in_common(social: SocialShop) -> None:
    traveller = Traveller(social)
    one, two = query_of(traveller.start()), query_of(traveller.start())
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != two[name]
    verifiers = {login["verifier"] for login in traveller.web.logins}
    assert len(verifiers) == 2


NOT_A_CLICK = {
    "another site": FROM_ELSEWHERE,
    "a sibling site": {**CLICK, "Sec-Fetch-Site": "same-site"},
    "the address bar": {**CLICK, "Sec-Fetch-Site": "none"},
    "no Fetch Metadata": {},
    "no Fetch Metadata, and another site's Referer": {"Referer": "https://elsewhere.example/"},
    "no Fetch Metadata, and a namesake's Referer": {"Referer": f"{PUBLIC_URL}.elsewhere.example/"},
    "no Fetch Metadata, and our Referer without its end": {"Referer": PUBLIC_URL},
    "the address bar, and our Referer": {**CLICK, "Sec-Fetch-Site": "none", "Referer": f"{PUBLIC_URL}/"},
    "a prefetch without Fetch Metadata": {"Purpose": "prefetch", "Referer": f"{PUBLIC_URL}/"},
    "a prefetch": {**CLICK, "Sec-Purpose": "prefetch"},
    "a prerender": {**CLICK, "Sec-Purpose": "prefetch;prerender"},
    "an older prefetch": {**CLICK, "Purpose": "prefetch"},
    "a word in capitals": {**CLICK, "Sec-Fetch-Site": "Same-Origin"},
}


@pytest.mark.parametrize("link", [LINK, "/login/social"])
def test_anything_but_a_click_shows_a_button_and_starts_nothing(social: SocialShop, link: str) -> None:
    for name, headers in NOT_A_CLICK.items():
        traveller = Traveller(social)
        traveller.state()
        cookie, before = traveller.browser.cookie, footprint(social.shop)
        page = traveller.pages.get(f"{link}?next=/account/email", headers=headers)
        assert (traveller.pages.status, traveller.pages.location) == (200, None), name
        form = page.form(link)
        assert form.method.lower() == "post"
        assert {"csrf_token", "next"} <= form.fields
        assert traveller.pages.answer.headers.getlist("Set-Cookie") == []
        assert (traveller.browser.cookie, footprint(social.shop)) == (cookie, before), name
        assert traveller.open_logins == (), name
    assert len(social.provider.recorder) == 0


@pytest.mark.parametrize("same_site", ["Lax", "Strict"])
def test_click_of_an_engine_without_fetch_metadata_starts_it(make_shop: ShopMaker, same_site: str) -> None:
    traveller = Traveller(make_shop.with_provider(BFF_COOKIE_SAMESITE=same_site))
    traveller.pages.visit("/login")
    traveller.pages.get(LINK, headers={"Referer": f"{PUBLIC_URL}/"})
    assert traveller.pages.status == 302
    assert len(traveller.open_logins) == 1


def test_head_starts_nothing(social: SocialShop) -> None:
    traveller = Traveller(social)
    traveller.state()
    before = footprint(social.shop)
    answer = traveller.browser.request("HEAD", LINK, headers=CLICK)
    assert (answer.status_code, answer.headers.get("Location")) == (200, None)
    assert (traveller.open_logins, footprint(social.shop)) == ((), before)


def test_button_starts_it_and_remembers_where_to_go(social: SocialShop) -> None:
    traveller = Traveller(social)
    traveller.pages.get(f"{LINK}?next=/account/email", headers=FROM_ELSEWHERE)
    traveller.pages.send(LINK, CLICK)
    assert traveller.pages.status == 303
    assert traveller.pages.location is not None
    assert traveller.pages.location.startswith(f"{social.provider.issuer}authorize?")
    assert query_of(traveller.pages.location)["connection"] == "google-oauth2"
    assert traveller.arrive(traveller.choose(traveller.pages.location)) == "/account/email"


def test_button_needs_its_token_and_our_origin(social: SocialShop) -> None:
    traveller = Traveller(social)
    values = traveller.pages.get(LINK, headers=FROM_ELSEWHERE).form(LINK).values
    for sent, headers in (({**values, "csrf_token": ""}, CLICK), (values, FROM_ELSEWHERE)):
        traveller.pages.post(LINK, sent, headers=headers)
        assert (traveller.pages.status, traveller.pages.location) == (403, None)
    assert len(social.provider.recorder) == 0
    assert traveller.state()["state"] == "guest"
    assert traveller.open_logins == ()


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example.com", "https://evil.example.com/", "/\\evil.example.com", "/a/..//e", "/login/social", "/signup"],
)
def test_way_back_never_leads_elsewhere(social: SocialShop, wanted: str) -> None:
    traveller = Traveller(social)
    traveller.pages.get(LINK, headers=CLICK, query_string={"next": wanted})
    assert traveller.pages.location is not None
    assert traveller.arrive(traveller.choose(traveller.pages.location)) == "/account"


def test_way_back_that_was_noted_under_another_rule_is_checked_again(
    social: SocialShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    traveller = Traveller(social)
    with monkeypatch.context() as other:
        other.setattr("bff.web.pages.social.safe_return_path", lambda wanted, default, **_: wanted)
        started = traveller.start(f"{LINK}?next=/login/social")
    assert traveller.arrive(traveller.choose(started)) == "/account"


@pytest.mark.parametrize(
    "path", ["/login/social/github", "/login/social/Google", "/login/social/", "/login/social/a/b"]
)
def test_unknown_connection_is_not_found(social: SocialShop, path: str) -> None:
    traveller = Traveller(social)
    for headers in (CLICK, FROM_ELSEWHERE):
        traveller.pages.get(path, headers=headers)
        assert traveller.pages.status == 404
    assert len(social.provider.recorder) == 0


def test_without_a_provider_there_is_none_of_it(shop: Shop) -> None:
    somebody = visitor(shop)
    for path in ("/login/social", LINK, "/login/callback?code=a&state=b"):
        somebody.get(path, headers=CLICK)
        assert somebody.status == 404, path
    assert shop.browser().request("POST", "/login/backchannel-logout", data={"logout_token": "a"}).status_code == 404
    assert shop.browser().session()["socialLogin"] == []
    for path in ("/", "/login", "/signup"):
        assert "/login/social" not in somebody.get(path).text


def test_every_configured_connection_has_a_link_that_keeps_the_way_back(social: SocialShop) -> None:
    page = visitor(social.shop).get("/login?next=/account/email")
    assert [link for link in page.links if link.startswith("/login/social")] == [
        "/login/social/google-oauth2?next=/account/email",
        "/login/social/facebook?next=/account/email",
    ]
    assert "Continue with Google" in page.words
    assert "Continue with Facebook" in page.words


def test_ten_sign_ins_may_be_open_and_an_eleventh_pushes_out_the_first(social: SocialShop) -> None:
    traveller = Traveller(social)
    urls = [traveller.start() for _ in range(MOST_OPEN + 1)]
    assert [login["state"] for login in traveller.web.logins] == [query_of(url)["state"] for url in urls[1:]]
    assert traveller.arrive(traveller.choose(urls[0])) == "/login?notice=social-stale"
    assert traveller.who is None
    assert traveller.arrive(traveller.pass_through(urls[1])) == "/account"


def test_two_tabs_do_not_clash(social: SocialShop) -> None:
    traveller = Traveller(social)
    one, two = traveller.start(), traveller.start(f"{LINK}?next=/account/email")
    assert traveller.arrive(traveller.choose(one)) == "/account"
    assert traveller.arrive(traveller.pass_through(two)) == "/account/email"
    assert traveller.who == "jane.doe@example.com"


@pytest.mark.parametrize(("seconds", "ends_at"), [(-1, "/account"), (0, "/login?notice=social-stale")])
def test_sign_in_is_open_for_ten_minutes(social: SocialShop, clock: FakeClock, seconds: int, ends_at: str) -> None:
    traveller = Traveller(social)
    url = traveller.start()
    clock.advance(LIFETIME_SECONDS + seconds)
    assert traveller.arrive(traveller.choose(url)) == ends_at
    assert traveller.open_logins == ()


def test_link_tells_where_the_provider_is_away_and_passwords_still_serve(social: SocialShop) -> None:
    social.provider.faults.add("discovery", Fault(answer=empty(503)))
    traveller = Traveller(social)
    traveller.pages.get(LINK, headers=CLICK)
    assert (traveller.pages.status, traveller.pages.location) == (303, "/login?notice=social-unavailable")
    assert "isn't available right now" in traveller.pages.follow().words
    assert traveller.open_logins == ()
    traveller.pages.sign_in()
    assert traveller.who == "jane.doe@example.com"


def test_form_action_names_the_issuers_origin_where_there_is_one(social: SocialShop, make_shop: ShopMaker) -> None:
    def form_action(shop: Shop) -> str:
        policy = shop.browser().get("/login").headers["Content-Security-Policy"]
        return next(part.strip() for part in policy.split(";") if part.strip().startswith("form-action"))

    assert form_action(social.shop) == f"form-action 'self' {social.provider.issuer.rstrip('/')}"
    assert form_action(make_shop()) == "form-action 'self'"
