"""With `SameSite=Strict` a navigation from elsewhere is asked to come again from here; nothing else happens to it."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.mint import TokenKind
from tests.support.fakes.clock import FakeClock
from tests.support.footprint import lasting_footprint
from tests.support.pages import PageBrowser, visitor
from tests.support.shop import Shop, ShopMaker, SocialShop
from tests.support.social import CLICK, FROM_ELSEWHERE, LINK, Traveller

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


@pytest.mark.parametrize(
    "headers",
    [CLICK, {**CLICK, "Sec-Fetch-Site": "none"}, {}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}],
)
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
