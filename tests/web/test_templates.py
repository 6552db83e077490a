"""The templates and static files: within the Content-Security-Policy, small, and translatable."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

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


def found(pattern: str, paths: list[Path], flags: re.RegexFlag = re.NOFLAG) -> list[str]:
    """Return where a pattern stands: the file's name, and the text."""
    return [
        f"{path.name}: {match[0]}"
        for path in paths
        for match in re.finditer(pattern, path.read_text(encoding="utf-8"), flags)
    ]


def test_there_are_templates_and_style_sheets() -> None:
    assert len(TEMPLATES) > 30
    assert len(STYLES) >= 2


def test_template_has_nothing_inline() -> None:
    inline = found(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|data:", TEMPLATES)
    assert not inline, "\n".join(inline)


def test_template_leads_to_no_other_site() -> None:
    elsewhere = found(r"https?://|[\"'(]//", TEMPLATES)
    assert not elsewhere, "\n".join(elsewhere)


def texts_of(markup: str) -> list[str]:
    """Return the words that a page would show without asking a catalogue."""
    markup = _NO_TEXT.sub("", markup)
    named_texts = [one or other for one, other in _NAMED_TEXT.findall(markup)]
    return re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", "", markup)) + [text for text in named_texts if text]


def test_every_text_of_a_template_can_be_translated() -> None:
    left = [f"{path.name}: {text}" for path in TEMPLATES for text in texts_of(path.read_text(encoding="utf-8"))]
    assert not left, "\n".join(left)


def is_checked_by_the_server_alone(form: str) -> bool:
    if 'method="dialog"' in form:
        # A module sends what is in it, with a token of its own; without one it is sent nowhere.
        return "novalidate" in form
    is_ours = "hidden(form)" in form
    return (
        'method="post"' in form and (is_ours or 'name="csrf_token"' in form) and (not is_ours or "novalidate" in form)
    )


def test_form_that_is_filled_in_is_checked_by_the_server_alone() -> None:
    forms = found(r"<form\b[^>]*>.*?</form>", TEMPLATES, re.DOTALL)
    assert forms
    wrong = [form for form in forms if not is_checked_by_the_server_alone(form)]
    assert not wrong, "\n".join(wrong)


def test_style_sheet_loads_our_own_files_only() -> None:
    assert found("@import", STYLES) == []
    targets = [
        path.parent / target
        for path in STYLES
        for target in re.findall(r"url\(\s*[\"']?([^\"')]+)", path.read_text(encoding="utf-8"))
    ]
    assert [target for target in targets if not target.is_file()] == []


def test_style_and_script_of_a_page_are_light() -> None:
    static = asset_folder("static")
    loaded = [static / name for name in ("pico.min.css", "site.css", "account.js")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in loaded) < MOST_BYTES
    assert (static / "account.js").stat().st_size < 6_400
