"""The templates and static files: within the Content-Security-Policy, small, and translatable."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from bff.web.assets import asset_folder

TEMPLATES = sorted(asset_folder("templates").glob("*.html"))
STYLES = sorted(asset_folder("static").glob("*.css"))
MOST_BYTES = 40_000

# Two blocks hold attributes, `trans` what is translated.
_NO_TEXT = re.compile(
    r"\{#.*?#\}"
    r"|\{% block (?:width|body_attributes) %\}.*?endblock %\}|\{% trans\b.*?endtrans %\}|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)
_NAMED_TEXT = re.compile(r"""\s(?:aria-label|title|placeholder|alt)=(?:"([^"]*)"|'([^']*)')""")


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_has_nothing_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|data:", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_leads_to_no_other_site(path: Path) -> None:
    assert re.findall(r"https?://|[\"'(]//", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_text_of_a_template_can_be_translated(path: Path) -> None:
    markup = _NO_TEXT.sub("", path.read_text(encoding="utf-8"))
    named_texts = [one or other for one, other in _NAMED_TEXT.findall(markup)]
    assert re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", "", markup)) == []
    assert [text for text in named_texts if text] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_form_that_is_filled_in_is_checked_by_the_server_alone(path: Path) -> None:
    markup = path.read_text(encoding="utf-8")
    forms = re.findall(r"<form\b[^>]*>.*?</form>", markup, re.DOTALL)
    assert all('method="post"' in form for form in forms)
    assert all("hidden(form)" in form or 'name="csrf_token"' in form for form in forms)
    assert all("novalidate" in form for form in forms if "hidden(form)" in form)


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_style_sheet_loads_our_own_files_only(path: Path) -> None:
    style = path.read_text(encoding="utf-8")
    targets = re.findall(r"url\(\s*[\"']?([^\"')]+)", style)
    assert "@import" not in style
    assert [target for target in targets if not (path.parent / target).is_file()] == []


def test_style_and_script_of_a_page_are_light() -> None:
    static = asset_folder("static")
    loaded = [static / name for name in ("pico.min.css", "site.css", "account.js")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in loaded) < MOST_BYTES
    assert (static / "account.js").stat().st_size < 2_000
