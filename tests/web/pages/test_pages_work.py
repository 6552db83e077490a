"""What a page costs, counted: catalogues asked, options drawn, calls to Emporix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from babel.support import NullTranslations, Translations
from flask import Flask, template_rendered
from markupsafe import escape

from bff.factory import create_app
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD
from bff.sessions.model import SignedIn, SocialIdentity
from bff.web.forms import choices
from bff.web.pages.blank import Blank, BlankPages, Key
from bff.web.theme import Theme
from tests.support.page_visits import change_who
from tests.support.pages import WHOLE_PROFILE, customer, less_what_is_random, visitor
from tests.support.shop import Shop, ShopMaker

HOSTILE = '"><b>x'
PAGES = (
    "/account",
    WHOLE_PROFILE,
    "/account/addresses",
    "/account/addresses/new",
    "/account/email",
    "/account/password",
    "/account/security",
    "/account/sessions",
    "/account/delete",
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return how often a catalogue has been asked for each text."""
    counted: Counter[str] = Counter()

    def counting(kind: type[NullTranslations], name: str) -> None:
        method: Any = getattr(kind, name)

        def counts(self: NullTranslations, message: str, *rest: Any) -> str:
            counted[message] += 1
            text: str = method(self, message, *rest)
            return text

        monkeypatch.setattr(kind, name, counts)

    for kind in (NullTranslations, Translations):
        for name in ("ugettext", "ungettext"):
            counting(kind, name)
    return counted


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return the values of the options that have been drawn."""
    values: list[str] = []
    option = choices._option

    def counts(value: str, name: str) -> str:
        values.append(value)
        return option(value, name)

    monkeypatch.setattr(choices, "_option", counts)
    choices.shared.cache_clear()
    choices.shared_codes.cache_clear()
    yield values
    choices.shared.cache_clear()
    choices.shared_codes.cache_clear()


@pytest.fixture
def rendered(shop: Shop) -> Iterator[list[str]]:
    """Return the names of the templates that have been rendered."""
    names: list[str] = []

    def note(app: Flask, template: Any, **_: object) -> None:
        names.append(template.name)

    with template_rendered.connected_to(note, shop.app):
        yield names


@pytest.mark.parametrize("language", ["en", "de"])
def test_page_asks_no_catalogue_for_what_its_language_settles(
    make_shop: ShopMaker, asked: Counter[str], language: str
) -> None:
    shop = make_shop()
    app = create_app(shop.settings, shop.services)
    jane = customer(replace(shop, app=app), Accept_Language=language)
    somebody = visitor(replace(shop, app=app), Accept_Language=language)
    most = {}
    for _ in range(2):
        for browser, path in ((somebody, "/login?next=/account"), *((jane, path) for path in PAGES)):
            asked.clear()
            assert browser.get(path).heading
            assert browser.status == 200
            most[path] = asked.total()
    # What a view says: of a select's first choice, of each device.
    assert max(most.values()) <= 3, most
    assert most["/login?next=/account"] == 0


@pytest.mark.parametrize(("path", "least"), [(WHOLE_PROFILE, 60), ("/account/addresses/new", 250)])
def test_options_are_drawn_once_for_each_language(shop: Shop, drawn: list[str], path: str, least: int) -> None:
    jane = customer(shop)
    jane.get(path)
    assert len(drawn) >= least
    drawn.clear()
    jane.get(path)
    # What is stored of her, and in none of the lists.
    assert set(drawn) <= {"en_US", "main"}


def test_what_nobody_else_is_offered_is_drawn_where_it_is_shown(shop: Shop, drawn: list[str]) -> None:
    jane = customer(shop)
    values = {**jane.get(WHOLE_PROFILE).form("/account").values, "preferredCurrency": HOSTILE}
    drawn.clear()
    page = jane.post("/account", values)
    assert set(drawn) == {"en_US", HOSTILE, "main"}
    assert page.form("/account").values["preferredCurrency"] == HOSTILE
    assert str(escape(HOSTILE)) in page.text
    assert str(escape(HOSTILE)) not in customer(shop).get("/account").text


def test_page_asks_emporix_for_nothing_twice(shop: Shop) -> None:
    jane = customer(shop)
    for path in PAGES:
        shop.sandbox.recorder.clear()
        jane.get(path)
        calls = Counter((call.method, call.target) for call in shop.sandbox.recorder)
        assert max(calls.values(), default=1) == 1, (path, calls)
        assert calls.total() <= 1, (path, calls)


def test_strangers_see_one_page_with_a_token_and_a_key_of_their_own(shop: Shop, rendered: list[str]) -> None:
    path = "/login"
    first, other = visitor(shop), visitor(shop)
    one, another = first.get(path), other.get(path)
    assert rendered == ["login.html"]
    assert less_what_is_random(one) == less_what_is_random(another)
    values = [page.form(path).values for page in (one, another, other.get(path))]
    assert len({one["formKey"] for one in values}) == 3
    assert values[0]["csrf_token"] != values[1]["csrf_token"]
    assert first.browser.cookie != other.browser.cookie
    assert one.text.count(values[0]["csrf_token"]) == another.text.count(values[1]["csrf_token"])


def test_kept_page_signs_in(shop: Shop) -> None:
    visitor(shop).get("/login")
    for _ in range(2):
        jane = customer(shop)
        assert jane.location == "/account"


def test_nothing_of_anybody_is_kept(shop: Shop, rendered: list[str]) -> None:
    """Whoever is known to us, and whoever asks for more than the path, is shown a page of their own."""
    jane = customer(shop)
    for browser, path in (
        (jane, "/password/forgot"),
        (jane, "/login"),
        (visitor(shop), "/login?next=/account/email&notice=signed-out"),
        (visitor(shop), "/password/forgot?x=jane"),
    ):
        browser.get(path)
    asked_for_a_mail = visitor(shop)
    asked_for_a_mail.get("/password/forgot")
    asked_for_a_mail.send("/password/forgot", email="typed@example.com")
    asked_for_a_mail.follow()
    asked_for_a_mail.get("/password/forgot")
    jane.browser.post(
        "/api/logout", headers={"X-CSRF-Token": jane.get("/account").form("/logout").values["csrf_token"]}
    )
    jane.get("/login")
    kept: BlankPages = shop.app.extensions["blank_pages"]
    texts = ["".join(blank.texts) for blank in kept._kept.values()]
    assert texts
    for secret in ("jane", "Jane", "typed@example.com", "notice"):
        assert not [text for text in texts if secret in text], secret
    rendered.clear()
    visitor(shop).get("/login?next=/account")
    visitor(shop).get("/login?next=/account")
    assert rendered == ["login.html"] * 2


NAMES = (("Jane", "Doe", "jane@example.com"), (HOSTILE, None, "{{ 7 }}&"), (None, "Doe", None), ("", "", "x@y.z"))


@pytest.mark.parametrize(("first", "last", "email"), NAMES)
@pytest.mark.parametrize("social", [None, SocialIdentity(issuer="http://127.0.0.1:1/", subject="x", sid=None)])
def test_customers_page_is_kept_without_their_names(
    shop: Shop,
    rendered: list[str],
    first: str | None,
    last: str | None,
    email: str | None,
    social: SocialIdentity | None,
) -> None:
    def named(signed_in: SignedIn) -> SignedIn:
        customer = replace(signed_in.customer, first_name=first, last_name=last, email=email)
        return replace(signed_in, customer=customer, social=social)

    others, theirs = customer(shop), customer(shop)
    for somebody in (others, theirs):
        change_who(shop, somebody, lambda signed_in: replace(signed_in, social=social))
    change_who(shop, theirs, named)
    others.get("/login")
    rendered.clear()
    kept = theirs.get("/login")
    # Another set of names that are there is another page.
    assert len(rendered) == (0 if first and last and email else 1)
    assert theirs.get("/login").text != kept.text
    assert len(rendered) <= 1
    # What is asked for with a query is made anew, and leads to the same.
    assert less_what_is_random(kept) == less_what_is_random(theirs.get("/login?next=/account"))
    assert kept.form("/logout").values["csrf_token"]
    texts = [text for blank in _kept(shop).values() for text in blank.texts]
    for name in filter(None, (first, last, email)):
        assert not [text for text in texts if str(escape(name)) in text], name
        assert str(escape(name)) in kept.text


def test_customers_page_is_made_anew_where_there_is_something_to_tell(shop: Shop, rendered: list[str]) -> None:
    jane = customer(shop)
    jane.get("/login")
    entries = jane.get(WHOLE_PROFILE).form("/account").values
    assert jane.post("/account", entries).heading == ""
    rendered.clear()
    assert "Success" in jane.get("/login").text
    assert "Success" not in jane.get("/login").text
    assert rendered == ["signed_in.html"]


@pytest.mark.parametrize("text", ["who.customer.id", "who.customer.email | length"])
def test_theme_that_shows_of_a_customer_has_their_pages_made_anew(shop: Shop, text: str) -> None:
    footer = "{% block footer %}:{% if who %}{{ " + text + " }}{% endif %}:{% endblock %}"
    theme = Theme(templates={"base.html": "{% extends 'layout.html' %}" + footer})
    themed = replace(shop, app=create_app(shop.settings, shop.services, theme=theme))
    shown = {customer(themed, *who).get("/login").text.split(":")[-2] for who in ((), (B2B_EMAIL, B2B_PASSWORD))}
    assert [key for key in _kept(themed) if key[0] == "signed_in"] == []
    assert "" not in shown


def _kept(shop: Shop) -> dict[Key, Blank]:
    pages: BlankPages = shop.app.extensions["blank_pages"]
    return pages._kept


def test_languages_are_kept_apart(shop: Shop) -> None:
    for _ in range(2):
        assert visitor(shop).get("/login").language == "en"
        assert visitor(shop, Accept_Language="de").get("/login").language == "de"


@pytest.mark.parametrize(
    ("text", "keeps"),
    [
        ("<p>{{ _('Home') }} {{ url_for('static', filename='a.png') }}</p>", True),
        ("{{ request.headers['User-Agent'] }}", False),
        ("{{ session }}", False),
        ("{{ g.path }}", False),
        ("{{ [1, 2] | random }}", False),
        ("{{ lipsum() }}", False),
        ("{{ url_for('home.index', _external=True) }}", False),
    ],
)
def test_theme_that_shows_of_the_request_has_its_pages_made_anew(shop: Shop, text: str, keeps: bool) -> None:
    theme = Theme(templates={"base.html": "{% extends 'layout.html' %}{% block footer %}" + text + "{% endblock %}"})
    app = create_app(shop.settings, shop.services, theme=theme)
    themed = replace(shop, app=app)
    for agent in ("one", "other"):
        page = visitor(themed, User_Agent=agent).get("/login")
        assert page.form("/login").values["formKey"]
        assert ("User-Agent" not in text) or agent in page.text
    pages: BlankPages = app.extensions["blank_pages"]
    assert bool(pages._kept) is keeps


def test_page_of_which_a_token_cannot_be_found_again_is_not_kept() -> None:
    assert Blank.of("a TOKEN b KEY c TOKEN", "TOKEN", ["KEY"]) == Blank(("a ", " b ", " c ", ""), (None, 0, None), 1)
    assert Blank.of("a token b KEY", "TOKEN", ["KEY"]) is None
    assert Blank.of("a TOKEN", "TOKEN", ["KEY"]) is None
    assert Blank.of("plain", None, []) == Blank(("plain",), (), 0)


def test_no_more_pages_are_kept_than_there_may_be(shop: Shop) -> None:
    pages = BlankPages(may_keep=True)
    with shop.app.test_request_context("/"):
        for number in range(200):
            pages.shown((number,), lambda: shop.app.response_class("plain"))
            assert len(pages._kept) <= 64
