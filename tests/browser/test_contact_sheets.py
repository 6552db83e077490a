"""Contact sheets forget no page, and show it in each language in which the shop has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.storefront.file import DEMO
from bff.web.language import SOURCE
from tests.support.browser.contact_sheets import main, page_of, pictures_of, wrong_view
from tests.support.browser.sheet_views import LEADS_ON, SHEETS, SHOWN_BY, page_routes
from tests.support.browser.words import words_of
from tests.support.page_tour import PROVIDER
from tests.support.shop import ShopMaker


def test_every_page_has_a_sheet(make_shop: ShopMaker) -> None:
    shop = make_shop(None, clock=None, BFF_EXAMPLE_SHOP="on", BFF_STOREFRONT=str(DEMO), EMPORIX_SITE="main", **PROVIDER)
    everything = page_routes(shop.app)
    assert len(everything) > 25
    assert everything == SHOWN_BY.keys() | LEADS_ON
    assert set(SHOWN_BY.values()) <= {view.name for view in SHEETS}


def test_no_two_views_share_a_name() -> None:
    names = [view.name for view in SHEETS]
    assert len(names) == len(set(names))


def test_view_that_shows_another_page_is_told() -> None:
    view = next(view for view in SHEETS if view.name == "address-edit")
    assert wrong_view(view, "/account/addresses/a1") is None
    assert wrong_view(view, "/account/addresses") is not None


def test_a_sheet_shows_both_sizes_both_schemes_and_each_language() -> None:
    pictures = pictures_of("login", ["en", "de"])
    assert {(one.size, one.scheme, one.language) for one in pictures} == {
        (size, scheme, language)
        for size in ("phone", "desktop")
        for scheme in ("light", "dark")
        for language in ("en", "de")
    }
    assert all(page_of(["login"], ["en", "de"]).count(one.file) == 1 for one in pictures)


def test_words_are_those_of_the_catalogue() -> None:
    say = words_of("de")
    assert say("Sign in") == "Anmelden"
    assert say("Continue with Google") == "Weiter mit Google"
    assert say("Nobody's words") == "Nobody's words"
    assert words_of(SOURCE)("Sign in") == "Sign in"


@pytest.mark.more
@pytest.mark.more
def test_the_command_draws_a_page(tmp_path: Path) -> None:
    main(["--out", str(tmp_path), "login-wrong"])
    assert (tmp_path / "login-wrong.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((tmp_path / "pictures").iterdir())) == 8
