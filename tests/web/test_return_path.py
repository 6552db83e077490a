"""Where a browser may be sent back to: a plain path of ours, or the default; on GET and on POST alike."""

from __future__ import annotations

from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.config.environment import UnacceptableError
from bff.config.return_paths import return_paths
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.web.paths import SHOP
from bff.web.return_path import safe_return_path
from tests.support.pages import Page, PageBrowser, visitor
from tests.support.return_paths import BAD, GOOD
from tests.support.shop import Shop, ShopMaker

DEFAULT = "/account"


@pytest.mark.parametrize("value", BAD, ids=lambda value: repr(value[:30]))
def test_what_is_not_plainly_a_path_of_ours_is_refused(value: str) -> None:
    assert safe_return_path(value, DEFAULT) == DEFAULT


@pytest.mark.parametrize("value", GOOD)
def test_path_is_kept(value: str) -> None:
    assert safe_return_path(value, DEFAULT) == value


def test_nothing_leads_to_the_default() -> None:
    assert safe_return_path(None, DEFAULT) == DEFAULT
    assert safe_return_path(None, "") == ""


@given(st.sampled_from(["", "/account", "/account/"]), st.text(st.sampled_from("/\\.:@;?#%e0ab \t\n-~_"), max_size=12))
def test_result_never_leaves_the_origin(start: str, rest: str) -> None:
    value = start + rest
    path = safe_return_path(value, DEFAULT)
    assert path in (DEFAULT, value)
    assert path.startswith("/")
    assert path[1:2] not in ("/", "\\", ".")
    assert not set(path) & set("\\:@;#% \t\n")
    assert path.count("?") <= 1
    assert "//" not in path
    assert "/." not in path


@pytest.mark.parametrize(
    ("value", "is_added"),
    [
        ("/shop", True),
        ("/shop/", True),
        ("/shop/cart?step=2", True),
        ("/a.b~c/d", True),
        ("/shopping", False),
        ("/shop-x", False),
        ("/shop.x", False),
        ("/Shop", False),
        ("/a.b~c", False),
        ("//shop", False),
        ("/shop/../login", False),
        ("/login/social", False),
    ],
)
def test_what_the_operator_adds_counts_by_whole_segments(value: str, is_added: bool) -> None:
    assert safe_return_path(value, DEFAULT, added=("/shop", "/a.b~c/d")) == (value if is_added else DEFAULT)


def test_no_route_of_ours_is_led_to_but_home_and_the_account(make_shop: ShopMaker) -> None:
    shop = make_shop.with_provider(BFF_RETURN_PATHS="/shop,/checkout/done").shop
    added = shop.settings.serving.return_paths
    rules = [rule.rule.replace("<", "").replace(">", "") for rule in shop.app.url_map.iter_rules()]
    led_to = {rule for rule in rules if safe_return_path(rule, "", added=added)}
    assert led_to == {rule for rule in rules if rule in ("/", "/account", SHOP) or rule.startswith("/account/")}
    assert added == ("/shop", "/checkout/done")


def test_no_first_segment_of_ours_can_be_added(make_shop: ShopMaker) -> None:
    shop = make_shop.with_provider().shop
    first = {rule.rule.split("/")[1] for rule in shop.app.url_map.iter_rules()}
    for segment in first - {"account", SHOP.removeprefix("/")}:
        for path in (f"/{segment}", f"/{segment}/x"):
            with pytest.raises(UnacceptableError):
                return_paths(path)


def test_sign_in_leads_to_what_the_operator_adds(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RETURN_PATHS="/shop")
    somebody = visitor(shop)
    assert field(somebody.get("/login", query_string={"next": "/shop/cart?step=2"})) == "/shop/cart?step=2"
    assert signed_in_with(somebody) == "/shop/cart?step=2"
    assert "/shop/cart?step=2" in somebody.get("/login", query_string={"next": "/shop/cart?step=2"}).links
    assert "/shopping" not in somebody.get("/login", query_string={"next": "/shopping"}).links


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/account/addresses?page=2&sort=city", "/account/addresses?page=2&sort=city"),
        ("/account/addresses?page=%C3%A4", "/account/addresses"),
        ("/account/email?from=mail", "/account/email?from=mail"),
    ],
)
def test_page_that_asks_for_a_sign_in_is_come_back_to_with_its_query(shop: Shop, asked: str, told: str) -> None:
    somebody = visitor(shop)
    somebody.get(asked)
    assert somebody.status == 303
    assert parse_qs(urlsplit(somebody.location or "").query)["next"] == [told]
    somebody.get(somebody.location or "")
    assert signed_in_with(somebody) == told


def test_sign_in_starts_no_other_sign_in(make_shop: ShopMaker) -> None:
    shop = make_shop.with_provider().shop
    somebody = visitor(shop)
    somebody.get("/login", query_string={"next": "/login/social/google-oauth2"})
    assert signed_in_with(somebody, next="/login/social/google-oauth2") == DEFAULT


def field(page: Page) -> str:
    return page.form("/login").values["next"]


def signed_in_with(somebody: PageBrowser, **entries: str) -> str | None:
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD, **entries)
    assert somebody.status == 303
    return somebody.location


@pytest.mark.parametrize("value", ["//e", "/\\e", "https://e.example", "/account/email"])
def test_next_of_the_page_is_checked_when_it_is_opened_and_when_it_is_sent(shop: Shop, value: str) -> None:
    wanted = value if value == "/account/email" else ""
    somebody = visitor(shop)
    page = somebody.get("/login", query_string={"next": value})
    assert field(page) == wanted
    assert signed_in_with(somebody) == (wanted or DEFAULT)

    other = visitor(shop)
    other.get("/login")
    assert signed_in_with(other, next=value) == (wanted or DEFAULT)


@pytest.mark.parametrize(
    "query", ["next=/account/email&next=//e", "next=//e&next=/account/email", "next[]=//e", "Next=//e", "next"]
)
def test_next_that_comes_twice_or_under_another_name_leads_nowhere_else(shop: Shop, query: str) -> None:
    somebody = visitor(shop)
    page = somebody.get(f"/login?{query}")
    assert field(page) in ("", "/account/email")
    assert signed_in_with(somebody) in (DEFAULT, "/account/email")
    again = visitor(shop)
    again.get("/login")
    entries = [*again.page.form("/login").filled({"email": B2C_EMAIL, "password": B2C_PASSWORD}).items()]
    body = urlencode([*((name, value) for name, value in entries if name != "next"), *parse_qsl(query)])
    answer = again.browser.client.post(
        "/login", base_url=again.browser.base_url, data=body, content_type="application/x-www-form-urlencoded"
    )
    assert (answer.status_code, answer.location) in ((303, DEFAULT), (303, "/account/email"))


def test_link_of_who_is_signed_in_already_leads_nowhere_else(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.sign_in()
    page = somebody.get("/login", query_string={"next": "//e.example"})
    assert not [link for link in page.links if "e.example" in link]
    assert "/account/email" in somebody.get("/login", query_string={"next": "/account/email"}).links
