"""What documents, code and tests refer to is there: files, anchors, sections, modules, names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import DOCS, DOCUMENTS, NOT_YET, ROOT, anchors, code_in, document, tracked, without_fences

_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_PATH = re.compile(r"(?:bff|tests|templates|static|\.ci)/[\w./*-]*\w\*?(?:\.\w+)?/?")
_TEXT = {".py", ".html", ".css", ".js", ".md", ".toml", ".po", ""}
# What others have written, and lists of words.
_FOREIGN = ("tests/browser/axe/", "static/pico.")


def texts() -> dict[str, str]:
    """Return every text file of the project, by its path."""
    return {
        path: (ROOT / path).read_text(encoding="utf-8")
        for path in tracked()
        if Path(path).suffix in _TEXT and not path.startswith(_FOREIGN)
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    for target in _LINK.findall(without_fences(path.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        aim = (path.parent / file).resolve() if file else path
        assert aim.is_file(), target
        assert aim in DOCUMENTS, f"{target} is not part of the documents"
        if anchor:
            assert anchor in anchors(aim.read_text(encoding="utf-8")), target


def test_readme_leads_to_every_document() -> None:
    linked = set(_LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert {f"bff/docs/{path.name}" for path in DOCS.glob("*.md")} <= linked


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_is_named_exists(path: Path) -> None:
    for named in _paths_named(path.read_text(encoding="utf-8")):
        if named not in NOT_YET:
            assert list(ROOT.glob(named.rstrip("/"))), named


def test_what_is_named_before_it_is_built_is_still_to_come() -> None:
    source = "\n".join(text for path, text in texts().items() if path.startswith("bff/") and path.endswith(".py"))
    built = {name for name in NOT_YET if (ROOT / name).exists() or ("/" not in name and f"class {name}" in source)}
    assert not built, f"take these out of NOT_YET: {sorted(built)}"
    assert all(any(name in path.read_text(encoding="utf-8") for path in DOCUMENTS) for name in NOT_YET)


def test_nothing_refers_to_a_document_that_is_not_there() -> None:
    names = {Path(path).name for path in tracked()}
    for path, text in texts().items():
        for named in re.findall(r"[\w.*-]*\w\.(?:md|rst|adoc)\b", text):
            assert named in names or "*" in named, f"{path}: {named}"


def test_no_document_is_cited_by_a_title_in_capitals() -> None:
    """A document is cited by its path, so that it can be looked for: not by a title, a colon and a heading."""
    cited = re.compile(r"\b[A-Z]{4,}: '[A-Z]|\b[A-Z]{4,} (?:section|chapter) \d")
    for path, text in texts().items():
        found = cited.search(text)
        assert found is None, f"{path}: {found.group()}"


def test_every_section_that_is_cited_is_there() -> None:
    for path, text in texts().items():
        for name, heading in re.findall(r"(?:README|bff/docs/(\w[\w-]*\.md)), '([A-Z][^'\n]*)'", text):
            cited = document(name) if name else (ROOT / "README.md").read_text(encoding="utf-8")
            assert re.search(rf"^#+ {re.escape(heading)}$", cited, re.MULTILINE), f"{path}: {name}, '{heading}'"


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    source = "\n".join(text for path, text in texts().items() if path.startswith("bff/") and path.endswith(".py"))
    words = set(re.findall(r"\w+", source))
    modules = {Path(path).stem for path in tracked() if path.startswith("bff/")}
    names = [name for name in code_in(document("glossary.md")) if re.fullmatch(r"\w+", name)]
    assert len(names) > 20
    for name in names:
        assert name in NOT_YET or name in words | modules, name


def test_every_entry_of_the_glossary_is_one_sentence() -> None:
    entries = re.findall(r"^- \*\*(.+?)\*\*: (.*?)(?=^- |^#|\Z)", document("glossary.md"), re.MULTILINE | re.DOTALL)
    assert len({name for name, _ in entries}) == len(entries) > 40
    for name, meaning in entries:
        said = " ".join(meaning.split())
        assert said.endswith("."), name
        assert ". " not in said, name


def _paths_named(text: str) -> set[str]:
    spans = [word for span in code_in(text) for word in span.split()]
    return {found.group() for span in spans if (found := _PATH.fullmatch(span.partition("::")[0]))}
