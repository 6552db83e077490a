"""Where a browser may be sent back to: a plain path of ours, or the default; on GET and on POST alike."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.web.return_path import safe_return_path
from tests.support.pages import Page, PageBrowser, visitor
from tests.support.return_paths import BAD, GOOD
from tests.support.shop import Shop

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


@given(st.text(st.sampled_from("/\\.:@;?#%e0ab \t\n-~_"), max_size=12))
def test_result_never_leaves_the_origin(value: str) -> None:
    path = safe_return_path(value, DEFAULT)
    assert path in (DEFAULT, value)
    assert path.startswith("/")
    assert path[1:2] not in ("/", "\\", ".")
    assert not set(path) & set("\\:@;?#% \t\n")
    assert "//" not in path
    assert "/." not in path


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
