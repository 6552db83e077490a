"""No page shows a text that is not in the catalogues, whatever it is asked for and whatever goes wrong.

Every page is driven in a language whose texts are all in brackets; what stands outside of them has to be on the list
of data below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2B_EMAIL, B2C_EMAIL
from bff.web.assets import asset_folder
from bff.web.forms.choices import countries, currencies, language_name, languages, shared_states
from bff.web.pages.sign_in import notices
from tests.support.catalogues import wanted
from tests.support.page_recorder import PageRecorder, Seen
from tests.support.page_tour import walk
from tests.support.page_visits import COUNTRIES_TO_WRITE_TO, NEW_EMAIL, NOBODY, OTHER_EMAIL, THIRD_EMAIL, TYPED_CITY
from tests.support.pseudo_locale import Shown, parts, shown, write_catalogue
from tests.support.shop import PUBLIC_URL, ShopMaker

PROVIDERS = {"Google"}
PERSONS = {"Jane Doe", "John Doe", "Jane", "John", "Jane Jane Doe"}
COMPANIES = {"Example Trading", "Example Logistics"}
E_MAILS = {B2C_EMAIL, B2B_EMAIL, NEW_EMAIL, OTHER_EMAIL, THIRD_EMAIL, NOBODY}
TAGS = {"Spare"}
STREETS = {"Platz der Republik 1", "Rynek 1", "Rynek"}
TOWNS = {TYPED_CITY, "11011 Berlin", f"11011 {TYPED_CITY}", "31-042 Krakow", f"31-042 {TYPED_CITY}"}
COUNTRIES = {"Germany", "Poland"}
POSTCODES = {"Eircode", "A65 F4E2"}
BROWSERS = {"Firefox", "Windows"}
CHOSEN = {"English", "English (United States)", "Euro (EUR)", "US Dollar (USD)", "Swiss Franc (CHF)", "main", "outlet"}
ORDERS = {
    "Sencha",
    "Teapot",
    "Standard",
    "Example Post",
    "Accounts",
    *(f"EON{number}" for number in (*range(16), 2076)),
}
ADDRESSES = {f"{PUBLIC_URL}/login"}
DATA = (
    ADDRESSES
    | PROVIDERS
    | PERSONS
    | COMPANIES
    | E_MAILS
    | TAGS
    | STREETS
    | TOWNS
    | COUNTRIES
    | POSTCODES
    | BROWSERS
    | CHOSEN
    | ORDERS
)

OPTIONS: Mapping[tuple[str, str], str] = {
    **{("country", code): name for code, name in countries("en")},
    ("country", "x"): "x",
    **{("preferredLanguage", code): name for code, name in languages("en")},
    ("preferredLanguage", "en_US"): language_name("en_US", "en"),
    **{("preferredCurrency", code): name for code, name in currencies("en")},
    **{("preferredSite", code): code for code in ("main", "outlet")},
}
"""What an option may say by its field and value: names of the CLDR, configured sites, one that was made up."""

STATES = {
    (("state", key), name)
    for country in COUNTRIES_TO_WRITE_TO
    if (states := shared_states(country, "")) is not None
    for key, name in states.choices
}

MOMENT = re.compile(r"[A-Z][a-z]{2,}\.? \d{1,2}|\d{1,2}:\d\d\s?[AP]M")
"""What Babel writes of a date and a time in the source language, between the commas."""
REQUEST_NUMBER = re.compile(r"[0-9a-f]{16}")
NEVER_A_PAGE = {
    ("/.well-known/change-password", "GET"),
    ("/login/callback", "GET"),
    ("/login/backchannel-logout", "POST"),
}
"""Two that only lead elsewhere, and one that no browser asks for."""


def is_data(one: Shown) -> bool:
    if one.option is not None:
        return OPTIONS.get(one.option) == one.text or (one.option, one.text) in STATES
    return one.within == "code" and REQUEST_NUMBER.fullmatch(one.text) is not None


def untranslated(html: str) -> list[str]:
    return [
        f"<{one.within}> {text}"
        for one in shown(html)
        if not is_data(one)
        for text in one.unmarked(DATA)
        if not MOMENT.fullmatch(text)
    ]


@pytest.fixture(scope="module")
def tour(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> PageRecorder:
    folder = tmp_path_factory.mktemp("catalogues")
    write_catalogue(folder)
    with Redis.from_url(redis_server.url) as redis, ShopMaker(redis_server, redis) as make_shop:
        redis.flushall()
        recorder = PageRecorder(make_shop=make_shop, translations=folder)
        walk(recorder)
    return recorder


def place(page: Seen) -> str:
    return f"{page.method} {page.path} {page.status}"


def test_no_page_shows_text_that_is_not_in_the_catalogues(tour: PageRecorder) -> None:
    found: dict[str, str] = {}
    for page in tour.seen:
        for text in untranslated(page.html):
            found.setdefault(text, place(page))
    assert found == {}


def test_every_route_was_asked_for_by_customers_and_by_strangers(tour: PageRecorder) -> None:
    assert {(rule, method, known) for rule, method in tour.routes for known in (True, False)} - tour.asked == set()


def test_every_route_that_can_answered_with_a_page(tour: PageRecorder) -> None:
    assert tour.routes - {(page.rule, page.method) for page in tour.seen} == NEVER_A_PAGE


def test_every_template_was_rendered(tour: PageRecorder) -> None:
    pages = {path.name for path in asset_folder("templates").glob("*.html")}
    only_parts = {name for name in pages if name.startswith("_")} | {"base.html", "layout.html"}
    assert pages - only_parts == tour.templates


def test_every_refusal_was_seen(tour: PageRecorder) -> None:
    assert {page.status for page in tour.seen} >= {200, 400, 403, 404, 405, 413, 422, 429, 502, 503}


def test_every_text_of_the_catalogues_was_shown(tour: PageRecorder) -> None:
    """Else a text could come out wrong where nobody has looked."""
    marks = {mark for page in tour.seen for one in shown(page.html) for mark in one.marks}
    messages = [message.id for message in wanted() if message.id]
    forms = [form for one in messages for form in ([one] if isinstance(one, str) else one)]
    assert [form for form in forms if not marks.issuperset(parts(form))] == []


def test_every_notice_of_the_sign_in_page_was_shown(tour: PageRecorder) -> None:
    told = [one.marks for page in tour.seen if "/login?notice=" in page.path for one in shown(page.html)]
    assert {text for text in notices().values() if [text] not in told} == set()


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hello</p>",
        "<p>⟦Hello⟧ there</p>",
        "<p>⟦Hello ⟧<strong>Mary</strong>⟦.⟧</p>",
        "<title>Hello - ⟦Your account⟧</title>",
        '<img src="x" alt="Hello">',
        '<a href="/" title="Hello">⟦Home⟧</a>',
        '<nav aria-label="Hello"></nav>',
        '<input type="text" placeholder="Hello">',
        '<input type="submit" value="Hello">',
        '<button data-show="Hello">⟦Show⟧</button>',
        '<select name="country"><option value="">Hello</option></select>',
        '<select name="country"><option value="DE">Allemagne</option></select>',
        "<code>Hello</code>",
        "<p>Jane Doe, hello</p>",
        "<p>Nov 2, 2026, 2:36 PM UTC</p>",
        "<br><p>⟦Hello⟧</p>world",
        '<html lang="en"><p>Hello</p>',
        '<p lang="en">Hello<br></p>world',
    ],
)
def test_text_outside_of_the_catalogues_would_be_found(html: str) -> None:
    assert len(untranslated(html)) == 1


def test_data_and_marked_text_are_let_through() -> None:
    page = (
        '<script>hello()</script><input type="text" value="Hello"><button data-shows="password">⟦Show⟧</button>'
        "<time>Nov 2, 2026, 2:36 PM⟦ UTC⟧</time>"
        '<p>⟦At least ⟧8⟦ characters⟧</p><select name="country"><option value="DE">Germany</option></select>'
        "<p>Jane Doe, 11011 Berlin</p><code>0123456789abcdef</code>"
        '<p lang="en">Hello <b title="Hello">there</b><br>Jane</p><pre translate="no"><code>Hello</code></pre>'
    )
    assert untranslated(page) == []
