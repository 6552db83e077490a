"""A theme is read once, and what is wrong with it is told before anything is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.errors import ConfigurationError
from bff.web.theme import Theme, read_theme
from tests.support.shop import ShopMaker


def theme(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return folder


def test_no_folder_is_an_empty_theme() -> None:
    assert read_theme(None) == Theme()


def test_templates_and_static_files_are_read_by_their_paths_and_hidden_ones_are_not(tmp_path: Path) -> None:
    theme(tmp_path, "templates/account/mine.html", "{% trans %}Ä{% endtrans %}".encode())
    theme(tmp_path, "templates/.login.html.swp", b"\xff")
    theme(tmp_path, "static/shop.css", b"a {}")
    read = read_theme(tmp_path)
    assert read.templates == {"account/mine.html": "{% trans %}Ä{% endtrans %}"}
    assert set(read.statics) == {"shop.css"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a\n{% block %}", "templates/x.html, line 2: "),
        (b"{{ a b }}", "templates/x.html, line 1: "),
        (b"a\n{{ 1|nosuch }}", "templates/x.html, line 2: No filter named 'nosuch'"),
        (b"\xff\xfe", "templates/x.html cannot be read: it is not UTF-8"),
        (b"{{ f(a=1, a=2) }}", "templates/x.html cannot be compiled: keyword argument repeated"),
        (b"{% for a in b %}" * 25 + b"{% endfor %}" * 25, "templates/x.html cannot be compiled: too many statically"),
        (b"{% if 1 %}" * 3000 + b"{% endif %}" * 3000, "templates/x.html cannot be compiled: maximum recursion"),
        (b"{{ %s }}" % (b"1" * 5000), "templates/x.html cannot be compiled: Exceeds the limit"),
    ],
)
def test_template_that_is_none_is_a_bad_configuration(tmp_path: Path, content: bytes, told: str) -> None:
    theme(tmp_path, "templates/x.html", content)
    theme(tmp_path, "templates/y.html", b"{% end %}")
    with pytest.raises(ConfigurationError) as caught:
        read_theme(tmp_path)
    first, second = caught.value.problems
    assert first.variable == "BFF_THEME_DIR"
    assert first.what.startswith(told)
    assert second.what.startswith("templates/y.html, line 1: ")


@pytest.mark.parametrize("line", ["{% extends 'nowhere.html' %}", "{% include 'nowhere.html' %}"])
def test_template_that_needs_one_that_is_not_there_is_a_bad_configuration(tmp_path: Path, line: str) -> None:
    theme(tmp_path, "templates/x.html", line.encode())
    theme(tmp_path, "templates/y.html", b"{% extends 'base.html' %}{% include 'x.html' %}")
    with pytest.raises(ConfigurationError) as caught:
        read_theme(tmp_path)
    assert [problem.what for problem in caught.value.problems] == [
        "templates/x.html: there is no template nowhere.html"
    ]


@pytest.mark.parametrize(
    "templates",
    [
        {"home.html": "{% extends 'home.html' %}"},
        {"home.html": "{% include 'x.html' %}", "x.html": "{% extends 'home.html' %}"},
        {"base.html": "{% extends 'layout.html' %}", "layout.html": "{% extends 'base.html' %}"},
    ],
)
def test_template_that_leads_to_itself_is_a_bad_configuration(tmp_path: Path, templates: dict[str, str]) -> None:
    for name, text in templates.items():
        theme(tmp_path, f"templates/{name}", text.encode())
    with pytest.raises(ConfigurationError) as caught:
        read_theme(tmp_path)
    (problem,) = caught.value.problems
    assert problem.what.startswith("templates go round in a circle: ")
    assert all(name in problem.what for name in templates)


DARK = "@media (prefers-color-scheme: dark) {"


@pytest.mark.parametrize(
    ("sheet", "named", "light_only"),
    [
        (f":root {{ --brand: #123 }} {DARK}}}", "brand.css", True),
        (f"{DARK} :root {{ --brand: #456 }} }}", "brand.css", False),
        (":root { --brand: #123 }", "brand.css", False),
        (f"{DARK}}}", "other.css", False),
    ],
)
def test_theme_with_an_empty_dark_block_is_light_for_everybody(
    make_shop: ShopMaker, tmp_path: Path, sheet: str, named: str, light_only: bool
) -> None:
    theme(tmp_path, "static/brand.css", sheet.encode())
    link = f"{{{{ url_for('static', filename='{named}') }}}}"
    theme(
        tmp_path,
        "templates/base.html",
        f'{{% extends "layout.html" %}}{{% block head %}}{link}{{% endblock %}}'.encode(),
    )
    page = make_shop(BFF_THEME_DIR=str(tmp_path)).browser().get("/login").get_data(as_text=True)
    assert ('<html lang="en" data-theme="light">' in page) == light_only
    assert ('<meta name="color-scheme" content="light">' in page) == light_only
    assert ('<meta name="color-scheme" content="light dark">' in page) == (not light_only)


def test_sheets_are_those_that_templates_name_in_the_order_of_base(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        theme(tmp_path, f"static/{name}.css", name.encode())
    theme(tmp_path, "templates/base.html", b"c.css a.css")
    theme(tmp_path, "templates/a.html", b"d.css")
    assert read_theme(tmp_path).sheets == ("c", "a", "d")


BASE = """{% extends "layout.html" %}
{% block site_name %}Example & Co.{% endblock %}
{% block logo %}<img src="/logo.svg" alt="Example">{% endblock %}
{% block nav_items %}{{ super() }}<li><a href="/wishlist">Wish list</a></li>{% endblock %}
{% block signup_legal %}<p>House rules</p>{% endblock %}
{% block help %}<p>Ring us</p>{% endblock %}
{% block footer %}<footer>Berlin</footer>{% endblock %}
"""


def test_block_that_a_theme_fills_is_where_it_belongs_and_nowhere_else(make_shop: ShopMaker, tmp_path: Path) -> None:
    theme(tmp_path, "templates/base.html", BASE.encode())
    shop = make_shop(BFF_THEME_DIR=str(tmp_path))
    pages = {path: shop.browser().get(path).get_data(as_text=True) for path in ("/signup", "/login", "/nothing")}
    pages["/account"] = shop.signed_in().get("/account").get_data(as_text=True)
    for path, page in pages.items():
        assert "- Example & Co.</title>" in page
        assert '<a class="brand" href="/"><img src="/logo.svg" alt="Example"></a>' in page
        assert page.count("<footer>Berlin</footer>") == 1
        assert ("House rules" in page, "Ring us" in page) == (path == "/signup", path == "/nothing")
        assert ("Wish list" in page) == (path == "/account")
    assert pages["/signup"].index("House rules") < pages["/signup"].rindex("Create an account</button>")
    assert pages["/account"].index(">Security</a>") < pages["/account"].index("Wish list")


def test_terms_privacy_and_help_of_the_settings_stand_where_they_are_read(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_TERMS_URL="/terms", BFF_PRIVACY_URL="/privacy", BFF_HELP_URL="/help?a=1&b=2")
    page = shop.browser().get("/signup", headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert 'stimmen Sie unseren <a href="/terms">AGB</a> zu' in page
    assert 'unserer <a href="/privacy">Datenschutzerklärung</a>' in page
    assert '<a href="/help?a=1&amp;b=2">Help and contact</a>' in shop.browser().get("/nothing").get_data(as_text=True)
    bare = make_shop().browser()
    assert "Help and contact" not in bare.get("/nothing").get_data(as_text=True)
    assert "privacy" not in bare.get("/signup").get_data(as_text=True)
