"""The example shop's shell: the same for everybody, and whole: what its modules look for is there."""

from __future__ import annotations

import re

import pytest

from bff.commands.demo import DEMO_SITE
from bff.sessions.ended import Ended
from bff.storefront.file import DEMO
from bff.web.assets import asset_folder
from bff.web.pages.shop import STORE_ROWS
from tests.support.footprint import footprint
from tests.support.pages import Page
from tests.support.shop import Shop, ShopMaker

PATH = "/shop"
MODULES = {path.name: path.read_text("utf-8") for path in (asset_folder("static") / "shop").glob("*.js")}
CODE = "\n".join(MODULES.values())


@pytest.fixture
def shop(make_shop: ShopMaker) -> Shop:
    return make_shop(BFF_EXAMPLE_SHOP="on")


@pytest.fixture
def shell(shop: Shop) -> str:
    return shop.browser().get(PATH).get_data(as_text=True)


def whole_shop(make_shop: ShopMaker) -> Shop:
    return make_shop(
        BFF_EXAMPLE_SHOP="on",
        BFF_STOREFRONT=str(DEMO),
        EMPORIX_SITE=DEMO_SITE["EMPORIX_SITE"],
        EMPORIX_SITES=DEMO_SITE["EMPORIX_SITES"],
    )


@pytest.fixture
def store_shell(make_shop: ShopMaker) -> str:
    """The shell where everything that the store asks for is declared."""
    return whole_shop(make_shop).browser().get(PATH).get_data(as_text=True)


def test_without_the_setting_nothing_is_there(make_shop: ShopMaker) -> None:
    plain = make_shop()
    answer = plain.browser().get(PATH)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "/static/shop" not in answer.get_data(as_text=True)
    assert plain.browser().request("POST", PATH).status_code == 405


def test_visitor_who_only_looks_costs_nothing(shop: Shop) -> None:
    before = footprint(shop)
    answer = shop.browser().get(PATH)
    assert answer.status_code == 200
    assert answer.headers.getlist("Set-Cookie") == []
    assert footprint(shop) == before


def test_shell_is_the_same_for_a_customer_and_a_guest(shop: Shop, shell: str) -> None:
    assert shop.signed_in().get(PATH).get_data(as_text=True) == shell
    assert "Jane" not in shell


def test_shell_is_in_the_customers_language(shop: Shop) -> None:
    assert shop.signed_in().patch("/api/me", json={"preferredLanguage": "de_DE"}).status_code == 200
    assert Page(shop.signed_in().get(PATH).get_data(as_text=True)).language == "de"
    assert Page(shop.browser().get(PATH).get_data(as_text=True)).language == "en"


def test_store_is_there_where_it_is_declared_for_a_site(make_shop: ShopMaker, shell: str, store_shell: str) -> None:
    assert '<template id="view-goods">' in store_shell
    assert 'data-site="main" data-sites="main,us" data-currency="" data-country=""' in store_shell
    assert "view-goods" not in shell


def test_policy_is_that_of_every_page_and_nothing_is_inline(shop: Shop, shell: str, store_shell: str) -> None:
    policies = {shop.browser().get(path).headers["Content-Security-Policy"] for path in (PATH, "/login")}
    assert len(policies) == 1
    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|javascript:", shell + store_shell) == []


def test_sign_in_leads_back_to_it(shop: Shop, make_shop: ShopMaker) -> None:
    where = '<input id="next" name="next" type="hidden" value="{}">'
    assert where.format(PATH) in shop.browser().get(f"/login?next={PATH}").get_data(as_text=True)
    off = make_shop().browser().get(f"/login?next={PATH}").get_data(as_text=True)
    assert where.format("") in off


def test_no_form_of_it_is_sent_by_the_browser(shell: str, store_shell: str) -> None:
    assert set(re.findall(r"<form\b[^>]*>", shell + store_shell)) == {
        f'<form method="dialog" action="{PATH}" novalidate>'
    }
    assert "csrf_token" not in shell + store_shell


def test_every_template_and_every_word_that_a_module_asks_for_is_there(store_shell: str) -> None:
    templates = set(re.findall(r'<template id="([\w-]+)">', store_shell))
    words = set(re.findall(r'data-slot="([\w-]+)"', store_shell.partition('<template id="words">')[2]))
    made = set(re.findall(r'\bmade(?:One)?\("([\w-]+)"', CODE)) | set(re.findall(r'"(view-[\w-]+)"', CODE))
    said = set(re.findall(r'\bsay\("(\w+)"', CODE))
    chosen = {word for pair in re.findall(r'\bsay\([^"\n]+ \? "(\w+)" : "(\w+)"', CODE) for word in pair}
    banners = {"success", "warning"}
    # Words for values of Emporix, which stand for themselves where there is none.
    told = {word for word in words if word.startswith(("status", "pay-"))}
    (needed,) = re.findall(r"const NEEDED = \[(.*)\];", MODULES["checkout.js"])
    needs = {f"needs-{name}" for name in re.findall(r"\w+", needed)}
    assert len(made) > 25
    assert len(said) > 60
    assert made | banners | {"words"} == templates
    assert said | chosen | told | needs | {one.value for one in Ended} | {"billing", "shipping"} == words


def test_every_module_is_imported_and_is_there() -> None:
    found = [re.findall(r'(?:from |import\()"\./([\w-]+\.js)"', text) for text in MODULES.values()]
    assert {name for names in found for name in names} | {"main.js"} == MODULES.keys()
    assert set(re.findall(r'from "(\.\.[^"]*)"', CODE)) == {"../bff.js"}


def test_store_asks_for_nothing_that_it_does_not_name(make_shop: ShopMaker) -> None:
    whole = whole_shop(make_shop)
    paths = {whole.services.operations[name].path.replace("/{tenant}", "") for name in STORE_ROWS}
    services = {path.split("/")[1] for path in paths}
    assert set(re.findall(r'["`]/api/([\w-]+)/', MODULES["store.js"])) == services
