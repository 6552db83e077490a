"""Templates of a language: texts and paths of ours stand in them, and whatever a theme does with a name still works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import render_template
from jinja2 import UndefinedError

from bff.factory import create_app
from bff.web.rendering import render
from bff.web.templates import PageEnvironment, breakable
from bff.web.theme import Theme
from tests.support.shop import Shop
from tests.web.test_language import GERMAN

GERMAN_MORE = """
msgid "%(count)d of <b> %(what)s, 100%%"
msgstr "<b>%(what)s</b>: %(count)d, 100%%"

msgid "100%% <i>it's</i>"
msgstr "zu 100%% <i>so</i>"
"""


def shown(shop: Shop, tmp_path: Path, templates: dict[str, str], language: str = "de", **context: Any) -> str:
    """Return what the first of a theme's templates shows, and see that templates of no language show the same."""
    (tmp_path / "de.po").write_text(GERMAN + GERMAN_MORE, encoding="utf-8")
    app = create_app(shop.settings, shop.services, theme=Theme(templates=templates), translations=tmp_path)
    name = next(iter(templates))
    with app.test_request_context("/", headers={"Accept-Language": language}):
        text = render(name, **context).get_data(as_text=True)
        assert text == render_template(name, who=None, visitor_is_known=False, path="/", **context)
    return text


def test_texts_are_those_of_the_language(shop: Shop, tmp_path: Path) -> None:
    template = {"x.html": "{{ language() }}: {{ _('Your profile') }}, {{ gettext('Your profile') }}"}
    assert shown(shop, tmp_path, template) == "de: Ihr Profil, Ihr Profil"
    assert shown(shop, tmp_path, template, "en") == "en: Your profile, Your profile"


def test_values_are_filled_in_and_escaped_and_a_doubled_percent_sign_is_one(shop: Shop, tmp_path: Path) -> None:
    template = {
        "x.html": "{{ _('%(count)d of <b> %(what)s, 100%%', count=1 + 1, what=what) }}"
        """ {{ _("100%% <i>it's</i>") }} {{ "<" ~ _("Your profile") }}"""
        "{% trans count=3, what='&' %}{{ count }} of {{ what }}{% endtrans %}"
        "{{ ngettext('%(num)d thing', '%(num)d things', 2) }}"
    }
    text = shown(shop, tmp_path, template, what="<u>")
    assert text == "<b>&lt;u&gt;</b>: 2, 100% zu 100% <i>so</i> &lt;Ihr Profil3 of &amp;2 Dinge"


def test_template_that_is_no_html_escapes_nothing(shop: Shop, tmp_path: Path) -> None:
    template = {"x.txt": "{{ _('%(count)d of <b> %(what)s, 100%%', count=1, what='<u>') }}"}
    assert shown(shop, tmp_path, template) == "<b><u></b>: 1, 100%"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("{% set _ = ['a'].index %}{{ _('a') }}", "0"),
        ("{% set paths = {'sign_in': '<'} %}{{ paths.sign_in }}", "&lt;"),
        ("{% for language in [range] %}{{ language(1) | list }}{% endfor %}", "[0]"),
        ("{% macro m(_) %}{{ _(2) }}{% endmacro %}{{ m(range) }}", "range(0, 2)"),
        ("{% from 'y.html' import m as _ %}{{ _('Your profile') }}", "(Your profile)"),
        ("{% import 'y.html' as paths %}{{ paths.m(1) }}", "(1)"),
        ("{% set which = 'Your profile' %}{{ _(which) }}", "Ihr Profil"),
        ("{% autoescape false %}{{ _('Your profile') ~ '<' }}{% endautoescape %}", "Ihr Profil<"),
        ("{{ paths.sign_in }} {{ paths.address('a/b') }}", "/login /account/addresses/a%2Fb"),
        ("{{ paths.nowhere is defined }}{{ paths.nowhere }}", "False"),
        ("{{ url_for('static', filename='none.css') }}", "/static/none.css"),
        ("{{ url_for('home.index') }}", "/"),
        ("{% from 'y.html' import named with context %}{{ named() }}", "/"),
        ("{% from 'y.html' import m %}{{ m(v=1) }}{{ m(*[2]) }}{{ m(**{'v': 3}) }}", "(1)(2)(3)"),
        ("{% from 'y.html' import called %}{% call called() %}x{% endcall %}", "[x]"),
        (
            "{{ [1] | map('string') | list }}{% set it = [] | map('string') %}{{ it.__next__() is defined }}",
            "[&#39;1&#39;]False",
        ),
        ("{% from 'y.html' import rest %}{{ rest(1, 2, a=3) }}", "(1, 2){&#39;a&#39;: 3}"),
    ],
)
def test_theme_may_give_names_a_meaning_and_use_them_as_it_likes(
    shop: Shop, tmp_path: Path, text: str, seen: str
) -> None:
    other = (
        "{% macro m(v) %}({{ v }}){% endmacro %}{% macro named() %}{{ path }}{% endmacro %}"
        "{% macro called() %}[{{ caller() }}]{% endmacro %}{% macro rest() %}{{ varargs }}{{ kwargs }}{% endmacro %}"
    )
    assert shown(shop, tmp_path, {"x.html": text, "y.html": other}) == seen


@pytest.mark.parametrize("call", ["m(1, 2)", "m(other=1)", "nothing()", "none()", "1()", "_('%(a)s')"])
def test_call_that_is_wrong_is_wrong_as_ever(shop: Shop, tmp_path: Path, call: str) -> None:
    template = {"x.html": "{% macro m(v) %}{% endmacro %}{{ " + call + " }}"}
    with pytest.raises((TypeError, KeyError, UndefinedError)):
        shown(shop, tmp_path, template)


def test_static_file_is_named_with_its_version(shop: Shop, tmp_path: Path) -> None:
    text = shown(shop, tmp_path, {"x.html": "{{ url_for('static', filename='site.css') }}"})
    assert re.fullmatch(r"/static/site\.css\?v=[0-9a-f]{12}", text)


def test_code_that_is_kept_by_its_text_is_not_taken_for_another_languages(shop: Shop) -> None:
    environments: dict[str, PageEnvironment] = shop.app.extensions["templates"]
    assert {one.bytecode_cache for one in environments.values()} == {None}


def test_e_mail_may_go_on_in_another_line_between_its_words_alone_and_stays_text() -> None:
    assert breakable("a<b>@x.example") == "a&lt;b&gt;@<wbr>x.<wbr>example"
    assert breakable(None) == breakable("") == ""
