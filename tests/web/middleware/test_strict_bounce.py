"""With `SameSite=Strict` a navigation that may hide a cookie is asked to come again from here, and nothing else."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.mint import TokenKind
from tests.support.fakes.clock import FakeClock
from tests.support.footprint import lasting_footprint
from tests.support.pages import PageBrowser, customer, visitor
from tests.support.shop import PUBLIC_URL, Shop, ShopMaker, SocialShop
from tests.support.social import CLICK, FROM_ELSEWHERE, LINK, Traveller

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ADDRESS_BAR = {**CLICK, "Sec-Fetch-Site": "none"}
OURS = {"Accept": HTML, "Referer": f"{PUBLIC_URL}/"}
"""What an engine without Fetch Metadata says of a click on our page."""
HIDING = {
    "the address bar, or a redirect in Firefox": ADDRESS_BAR,
    "that, and our Referer": {**ADDRESS_BAR, "Referer": f"{PUBLIC_URL}/"},
    "a word that is no site": {**CLICK, "Sec-Fetch-Site": "odd"},
    "no site at all": {**CLICK, "Sec-Fetch-Site": ""},
    "an engine without Fetch Metadata": {"Accept": HTML},
    "one that was led here": {"Accept": HTML, "Referer": "https://elsewhere.example/"},
    "one that was led here by a namesake": {"Accept": HTML, "Referer": f"{PUBLIC_URL}.elsewhere.example/"},
    "a click of ours that another site redirects": OURS,
    "nothing": {},
}
"""Navigations that may lack a cookie which the browser has."""
_REFRESH = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]+)">')


@pytest.fixture
def strict(make_shop: ShopMaker) -> Shop:
    return make_shop(BFF_COOKIE_SAMESITE="Strict")


@pytest.fixture
def social(make_shop: ShopMaker, clock: FakeClock) -> SocialShop:
    return make_shop.with_provider(clock=clock, BFF_COOKIE_SAMESITE="Strict")


def bounced(somebody: PageBrowser, path: str) -> str:
    """Follow a link from elsewhere, as a browser that hides its cookie; return where the page leads."""
    cookie = somebody.browser.cookie
    somebody.browser.cookie = None
    somebody.get(path, headers=FROM_ELSEWHERE)
    assert somebody.answer.headers.getlist("Set-Cookie") == []
    somebody.browser.cookie = cookie
    assert (somebody.status, somebody.location) == (200, None)
    assert somebody.answer.headers["Cache-Control"] == "no-store"
    (onward,) = _REFRESH.findall(somebody.page.text)
    assert somebody.page.heading == "One moment"
    assert onward in somebody.page.links
    assert onward.partition("?")[0] == path.partition("?")[0]
    return str(onward)


@pytest.mark.parametrize("path", ["/", "/login", "/account", "/password/reset?token=the-mailed-token", "/signup"])
def test_navigation_from_elsewhere_comes_again_from_here(strict: Shop, path: str) -> None:
    somebody, before = visitor(strict), lasting_footprint(strict)
    for site in ("cross-site", "same-site"):
        somebody.get(path, headers={**FROM_ELSEWHERE, "Sec-Fetch-Site": site})
        assert _REFRESH.search(somebody.page.text)
        assert somebody.answer.headers.getlist("Set-Cookie") == []
    assert lasting_footprint(strict) == before


def test_query_is_restored_and_cannot_be_read_on_the_way(strict: Shop) -> None:
    somebody = visitor(strict)
    token = "the-mailed-token-of-somebody"
    onward = bounced(somebody, f"/password/reset?token={token}")
    sealed = onward.partition("?onward=")[2]
    raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    assert token not in somebody.page.text
    assert token.encode() not in raw
    page = somebody.get(onward, headers=CLICK)
    assert somebody.status == 200
    assert page.form("/password/reset").values["token"] == token


def test_customer_gets_to_the_page_with_the_cookie(strict: Shop) -> None:
    somebody = visitor(strict)
    somebody.sign_in()
    before = somebody.browser.cookie
    onward = bounced(somebody, "/account")
    page = somebody.get(onward, headers=CLICK)
    assert (somebody.status, somebody.browser.cookie) == (200, before)
    assert B2C_EMAIL in page.words


@pytest.mark.parametrize("path", ["/", "/login", "/account", "/password/reset?token=the-mailed-token"])
@pytest.mark.parametrize("navigation", HIDING)
def test_navigation_that_may_hide_the_cookie_takes_the_step_and_sets_nothing(
    strict: Shop, path: str, navigation: str
) -> None:
    somebody = customer(strict)
    mine, before = somebody.browser.cookie, lasting_footprint(strict)
    somebody.browser.cookie = None
    somebody.get(path, headers=HIDING[navigation])
    assert (somebody.status, somebody.page.heading) == (200, "One moment")
    assert somebody.answer.headers.getlist("Set-Cookie") == []
    assert lasting_footprint(strict) == before
    somebody.browser.cookie = mine
    assert somebody.follow().heading in ("Hello, Jane", "You are signed in", "Your profile", "Set a new password")
    assert somebody.browser.cookie == mine


@pytest.mark.parametrize("half", [CLICK, OURS])
def test_newcomer_gets_a_form_that_works_by_way_of_it(strict: Shop, half: dict[str, str]) -> None:
    somebody = visitor(strict)
    page = somebody.get("/login", headers=ADDRESS_BAR if half is CLICK else {"Accept": HTML})
    assert page.goes_on_to is not None
    somebody.get(page.goes_on_to, headers=half)
    assert len(somebody.answer.headers.getlist("Set-Cookie")) == 1
    somebody.send("/login", half, email=B2C_EMAIL, password=B2C_PASSWORD)
    assert (somebody.status, somebody.location) == (303, "/account")


@pytest.mark.parametrize("navigation", [name for name in HIDING if HIDING[name] is not OURS])
def test_mark_alone_sets_no_cookie(strict: Shop, navigation: str) -> None:
    # Anyone may ask for a mark, and link to it.
    stranger = visitor(strict).get("/login", headers=ADDRESS_BAR).goes_on_to
    assert stranger is not None
    somebody = visitor(strict)
    somebody.get(stranger, headers=HIDING[navigation])
    assert (somebody.page.heading, somebody.answer.headers.getlist("Set-Cookie")) == ("Sign in", [])


@pytest.mark.parametrize("navigation", HIDING)
def test_browser_without_cookies_gets_the_page_after_one_step(strict: Shop, navigation: str) -> None:
    somebody = visitor(strict)
    page = somebody.get("/password/reset?token=the-token", headers=HIDING[navigation])
    assert page.goes_on_to is not None
    for headers in (CLICK, *HIDING.values()):
        somebody.browser.cookie = None
        assert somebody.get(page.goes_on_to, headers=headers).form("/password/reset").values["token"] == "the-token"


def test_mark_out_of_the_history_is_good_for_another_step(make_shop: ShopMaker, clock: FakeClock) -> None:
    somebody = visitor(make_shop(clock=clock, BFF_COOKIE_SAMESITE="Strict"))
    first = somebody.get("/password/reset?token=the-token", headers=ADDRESS_BAR).goes_on_to
    assert first is not None
    clock.advance(60)
    assert somebody.get(first, headers=ADDRESS_BAR).goes_on_to is None
    clock.advance(1)
    second = somebody.get(first, headers=ADDRESS_BAR).goes_on_to
    assert second not in (None, first)
    assert somebody.get(str(second), headers=CLICK).form("/password/reset").values["token"] == "the-token"


def test_mark_that_is_made_up_ends_no_step(strict: Shop) -> None:
    somebody = visitor(strict)
    onward = somebody.get("/login?onward=made-up", headers=ADDRESS_BAR).goes_on_to
    assert onward is not None
    assert somebody.answer.headers.getlist("Set-Cookie") == []
    assert somebody.get(onward, headers=ADDRESS_BAR).heading == "Sign in"


@pytest.mark.parametrize("path", ["/login", "/api/session", "/login/social/google-oauth2"])
@pytest.mark.parametrize("mark", ["", "made-up"])
def test_mark_that_is_made_up_is_none_in_an_engine_without_fetch_metadata(
    social: SocialShop, path: str, mark: str
) -> None:
    somebody = visitor(social.shop)
    assert somebody.get(f"{path}?onward={mark}", headers=OURS).goes_on_to is not None
    assert somebody.answer.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("headers", [ADDRESS_BAR, {"Accept": HTML}])
def test_json_route_that_is_opened_as_a_page_takes_the_step(strict: Shop, headers: dict[str, str]) -> None:
    somebody, before = visitor(strict), lasting_footprint(strict)
    onward = somebody.get("/api/session?extend=false", headers=headers).goes_on_to
    assert onward is not None
    assert somebody.answer.headers.getlist("Set-Cookie") == []
    assert lasting_footprint(strict) == before
    somebody.get(onward, headers=OURS)
    assert (somebody.status, somebody.answer.mimetype) == (200, "application/json")
    assert len(somebody.answer.headers.getlist("Set-Cookie")) == 1


@pytest.mark.parametrize(
    "headers", [{}, {"Accept": "*/*"}, {"Accept": "application/json", "Referer": f"{PUBLIC_URL}/"}]
)
def test_script_without_fetch_metadata_starts_a_session_at_once(strict: Shop, headers: dict[str, str]) -> None:
    answer = strict.browser().get("/api/session", headers=headers)
    assert (answer.status_code, answer.get_json()["state"]) == (200, "guest")
    assert len(answer.headers.getlist("Set-Cookie")) == 1


@pytest.mark.parametrize("path", ["/.well-known/security.txt", "/.well-known/change-password"])
@pytest.mark.parametrize("headers", [{}, FROM_ELSEWHERE])
def test_what_programs_read_takes_no_step(make_shop: ShopMaker, path: str, headers: dict[str, str]) -> None:
    shop = make_shop(BFF_COOKIE_SAMESITE="Strict", BFF_SECURITY_CONTACT="mailto:security@example.com")
    answer = shop.browser().get(path, headers=headers)
    assert answer.status_code in (200, 303)
    assert b"onward=" not in answer.get_data()
    assert answer.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("headers", [CLICK, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}])
def test_any_other_request_is_answered_at_once(strict: Shop, headers: dict[str, str]) -> None:
    somebody = visitor(strict)
    somebody.get("/login", headers=headers)
    assert not _REFRESH.search(somebody.page.text)
    assert somebody.status == 200


def test_cookie_that_came_along_needs_no_step(strict: Shop) -> None:
    somebody = visitor(strict)
    somebody.sign_in()
    assert B2C_EMAIL in somebody.get("/account", headers=FROM_ELSEWHERE).words


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/site.css"])
def test_files_and_probes_take_no_step(strict: Shop, path: str) -> None:
    answer = strict.browser().get(path, headers=FROM_ELSEWHERE)
    assert (answer.status_code, b"http-equiv" in answer.get_data()) == (200, False)


def test_json_takes_no_step_but_is_refused(strict: Shop) -> None:
    assert strict.browser().get("/api/session", headers=FROM_ELSEWHERE).status_code == 403


def test_path_that_is_not_there_takes_no_step(strict: Shop) -> None:
    assert strict.browser().get("/nothing?a=b", headers=FROM_ELSEWHERE).status_code == 404


def test_lax_takes_no_step(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.get("/login", headers=FROM_ELSEWHERE)
    assert not _REFRESH.search(somebody.page.text)
    assert len(somebody.answer.headers.getlist("Set-Cookie")) == 1


def test_nobody_goes_round_in_circles(strict: Shop) -> None:
    somebody = visitor(strict)
    onward = bounced(somebody, "/login")
    # A browser that goes on calling it a navigation from elsewhere.
    somebody.get(onward, headers=FROM_ELSEWHERE)
    assert not _REFRESH.search(somebody.page.text)
    assert somebody.status == 200


def test_seal_that_is_not_ours_or_of_another_path_gives_an_empty_query(strict: Shop) -> None:
    somebody = visitor(strict)
    good = bounced(somebody, "/password/reset?token=the-token").partition("onward=")[2]
    other = bounced(somebody, "/signup/optin?token=the-token").partition("onward=")[2]
    middle = len(good) // 2
    flipped = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    for sealed in ("", "x", "é", "A" * 200, flipped, good[:-8], other, "token=the-token", "=" * 5, "\x00"):
        page = somebody.get(f"/password/reset?onward={quote(sealed)}&token=beside-it", headers=CLICK)
        assert somebody.status < 500, sealed
        assert "the-token" not in page.text, sealed
        assert "beside-it" not in page.text, sealed


def test_another_shops_seal_opens_nothing(strict: Shop, make_shop: ShopMaker) -> None:
    sealed = bounced(visitor(strict), "/password/reset?token=the-token")
    key = base64.urlsafe_b64encode(b"another key for tests, 32 bytes!").decode()
    other = visitor(make_shop(BFF_COOKIE_SAMESITE="Strict", BFF_SECRET_KEYS=key))
    assert "the-token" not in other.get(sealed, headers=CLICK).text


def test_callback_comes_back_through_it_and_signs_in(social: SocialShop) -> None:
    traveller = Traveller(social)
    path = traveller.choose(traveller.start())
    calls, logins = len(social.shop.sandbox.recorder), traveller.open_logins
    onward = bounced(traveller.pages, path)
    assert (len(social.shop.sandbox.recorder), traveller.open_logins) == (calls, logins)
    code = next(one.value for one in social.provider.mint.issued if one.kind is TokenKind.SOCIAL_CODE)
    for secret in (code, logins[0]["state"]):
        assert secret not in traveller.pages.page.text
    traveller.pages.get(onward, headers=CLICK)
    assert (traveller.pages.status, traveller.pages.location) == (303, "/account")
    assert traveller.who == B2C_EMAIL


def test_sealed_callback_is_no_good_to_another_browser(social: SocialShop) -> None:
    attacker = Traveller(social)
    onward = bounced(attacker.pages, attacker.choose(attacker.start()))
    victim = Traveller(social)
    victim.start()
    victim.pages.get(onward, headers=CLICK)
    assert (victim.pages.status, victim.pages.location) == (303, "/login?notice=social-stale")
    assert victim.who is None


@pytest.mark.parametrize("navigation", HIDING)
def test_callback_signs_in_however_the_browser_names_the_way_back(social: SocialShop, navigation: str) -> None:
    traveller = Traveller(social)
    path = traveller.choose(traveller.start())
    mine, traveller.browser.cookie = traveller.browser.cookie, None
    onward = traveller.pages.get(path, headers=HIDING[navigation]).goes_on_to
    assert onward is not None
    traveller.browser.cookie = mine
    traveller.pages.get(onward, headers=OURS)
    assert (traveller.pages.status, traveller.pages.location) == (303, "/account")
    assert traveller.who == B2C_EMAIL


def test_link_reached_through_it_shows_the_button_and_starts_nothing(social: SocialShop) -> None:
    traveller = Traveller(social)
    onward = bounced(traveller.pages, f"{LINK}?next=/account/email")
    page = traveller.pages.get(onward, headers=CLICK)
    assert (traveller.pages.status, traveller.pages.location) == (200, None)
    assert page.form(LINK).values["next"] == "/account/email"
    assert traveller.open_logins == ()
    assert len(social.provider.recorder) == 0
    # Whoever makes up a mark gets no further either.
    traveller.pages.get(f"{LINK}?onward=x", headers=CLICK)
    assert (traveller.pages.status, traveller.open_logins) == (200, ())
    traveller.pages.send(LINK, CLICK)
    assert traveller.pages.status == 303
