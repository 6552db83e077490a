"""Our scripts, and what a page may load besides: text stays text, names stay inside, nothing is for one person."""

from __future__ import annotations

import re

import pytest
from flask import url_for

from bff.web.assets import asset_folder
from tests.support.driven_routes import READING
from tests.support.shop import Shop

FOLDER = asset_folder("static")
SCRIPTS = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in FOLDER.rglob("*.js")}
CODE = {name: re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL).strip() for name, text in SCRIPTS.items()}
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc"
    r"|\beval\b|\bFunction\s*\(|setTimeout\s*\(\s*[\"'`]|setInterval\s*\(\s*[\"'`]"
)
MESSAGES = re.compile(r"postMessage|onmessage|[\"']message[\"']|MessageChannel|BroadcastChannel")
BY_METHOD = {"body", "querySelector", "querySelectorAll", "getElementById", "documentElement", "addEventListener"}
"""What may be asked of `document`: none of it can be an element that has taken the name."""
OF_MODULES = {"hidden", "visibilityState"}
"""What modules may ask besides: with such an element, they look at the session less often."""

BETWEEN_TABS = "bff.js"
"""The one that tells other tabs of a change, and nothing else; its browser tests hear what is said."""
IS_MODULE = re.compile(r"^(?:import|export)\b", re.MULTILINE)
"""The names of a module are its own by nature."""

named = pytest.mark.parametrize("name", CODE)


def test_there_is_a_script_to_look_at() -> None:
    assert "account.js" in CODE


@named
def test_script_writes_text_and_no_markup(name: str) -> None:
    assert MARKUP.findall(CODE[name]) == []


@pytest.mark.parametrize("planted", ["a.innerHTML = b", "document.write(b)", "eval(b)", "setTimeout('b', 1)"])
def test_markup_would_be_found(planted: str) -> None:
    assert MARKUP.search(planted)


@named
def test_script_keeps_its_names_to_itself(name: str) -> None:
    code = CODE[name]
    assert IS_MODULE.search(code) or re.fullmatch(r"\(\(\) => \{\s*\"use strict\";.*\}\)\(\);", code, re.DOTALL)
    allowed = BY_METHOD | (OF_MODULES if IS_MODULE.search(code) else set())
    assert set(re.findall(r"\bdocument\.(\w+)", code)) <= allowed
    # An element with an id is a property of the window; with `window.x` or `x` alone one could be taken for ours.
    assert re.findall(r"\b(?:window|self|globalThis|top|parent)\b", code) == []


@named
def test_script_neither_sends_nor_hears_messages(name: str) -> None:
    heard = MESSAGES.findall(CODE[name])
    if name != BETWEEN_TABS:
        assert heard == []
        return
    assert sorted(heard) == ["BroadcastChannel", "onmessage", "postMessage"]
    # Whoever says whatever there: it is not read.
    assert re.search(r"\.onmessage = \(\) =>", CODE[name])
    assert re.findall(r"\.postMessage\((.*?)\)", CODE[name]) == ['"changed"']


def test_scripts_are_the_same_for_everybody(shop: Shop) -> None:
    guest, customer = shop.browser(), shop.signed_in()
    for name in SCRIPTS:
        with shop.app.test_request_context("/", base_url=guest.base_url):
            url = url_for("static", filename=name)
        mine, theirs = customer.get(url), guest.get(url)
        assert (mine.status_code, mine.data) == (200, theirs.data)
    for path in READING.values():
        assert "javascript" not in str(customer.get(path).mimetype), path


def test_page_may_load_no_plugin_and_no_foreign_script(shop: Shop) -> None:
    customer, pages = shop.signed_in(), 0
    for path in READING.values():
        answer = customer.get(path)
        if answer.mimetype != "text/html":
            continue
        rules = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
        assert (rules["object-src"], rules["script-src"], rules["base-uri"]) == ("'none'", "'self'", "'none'"), path
        assert not re.search(rb"<(?:object|embed|applet|iframe|frame)\b", answer.data), path
        pages += 1
    assert pages > 10
