"""What a theme gets wrong that Jinja does not complain of: a name that is a misspelt one, a text that cannot be filled.

Read off the templates' syntax trees; nothing is drawn for it. A theme's own folder has been read by then.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from babel.messages.pofile import read_po
from jinja2 import Environment, nodes
from jinja2.meta import find_referenced_templates

from bff.web.assets import asset_folder
from bff.web.language import FOLDER, SOURCE
from bff.web.static_files import read_files
from bff.web.theme import EXTENSIONS, Theme
from bff.web.theme_texts import DOUBLED, has_lone_percent, placeholders, shown

_OURS: Final = "de"
"""A catalogue that has every text of ours."""
_ONE: Final = frozenset({"_", "gettext"})
_MANY: Final = "ngettext"
_COUNTED: Final = frozenset({"num"})
"""What Jinja fills in by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """One thing that is likely not meant."""

    what: str
    breaks_pages: bool
    """Whether a page that shows it cannot be drawn."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """All templates as they are with a theme: its own before ours."""

    theme: Theme

    @cached_property
    def ours(self) -> Mapping[str, str]:
        """The text of each of ours."""
        folder = asset_folder("templates")
        return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.html"))}

    @cached_property
    def trees(self) -> Mapping[str, nodes.Template]:
        """The syntax tree of each template."""
        parser = Environment(extensions=EXTENSIONS, autoescape=True)
        return {name: parser.parse(text) for name, text in {**self.ours, **self.theme.templates}.items()}

    @cached_property
    def statics(self) -> frozenset[str]:
        """The path of each static file."""
        return frozenset({*read_files([asset_folder("static")]), *self.theme.statics})

    @cached_property
    def our_texts(self) -> frozenset[str]:
        """Each text of ours, in English; of those that count something, the one for one."""
        with (FOLDER / f"{_OURS}.po").open("rb") as text:
            return frozenset(one.id if isinstance(one.id, str) else one.id[0] for one in read_po(text) if one.id)

    @cached_property
    def texts(self) -> frozenset[str]:
        """The same, and those of the theme's templates."""
        parser = Environment(extensions=EXTENSIONS, autoescape=True)
        theirs = (found[2] for text in self.theme.templates.values() for found in parser.extract_translations(text))  # type: ignore[attr-defined]  # the extension adds it
        return self.our_texts | {one if isinstance(one, str) else one[0] for one in theirs if one}

    def ancestors(self, name: str) -> Iterator[str]:
        """Name what a template extends, and what that does."""
        extended = self.trees[name].find(nodes.Extends)
        parent = extended.template if extended is not None else None
        if isinstance(parent, nodes.Const) and parent.value in self.trees:
            yield parent.value
            yield from self.ancestors(parent.value)

    def blocks(self, name: str) -> frozenset[str]:
        """Name the blocks that a template has."""
        return frozenset(block.name for block in self.trees[name].find_all(nodes.Block))

    def is_theirs(self, name: str) -> bool:
        """Tell whether a template is the theme's."""
        return name in self.theme.templates


def oddities(sources: Sources) -> Iterator[Oddity]:
    """Find names that lead nowhere."""
    yield from _unused(sources)
    yield from _blocks(sources)
    yield from _macros(sources)
    yield from _statics(sources)


def unfillable_texts(sources: Sources) -> Iterator[str]:
    """Find texts of a theme's templates that need another value than they are given."""
    for name in sources.theme.templates:
        for call in sources.trees[name].find_all(nodes.Call):
            called = call.node.name if isinstance(call.node, nodes.Name) else None
            if called not in _ONE | {_MANY} or call.dyn_args or call.dyn_kwargs:
                continue
            given = {one.key for one in call.kwargs} | (_COUNTED if called == _MANY else set())
            for text in call.args[: 2 if called == _MANY else 1]:
                if isinstance(text, nodes.Const) and isinstance(text.value, str):
                    yield from _unfillable(f"templates/{name}, line {call.lineno}", text.value, given)


def unused_translations(sources: Sources) -> Iterator[str]:
    """Find translations of texts that no page has: misspelt ones, and those that we word otherwise by now."""
    known = sources.texts
    for language, catalogue in sources.theme.texts.items():
        for message in shown(catalogue):
            one = message.id if isinstance(message.id, str) else message.id[0]
            if one not in known:
                place = f"translations/{language}.po, line {message.lineno}"
                yield f"{place}: no page has this text{_instead(one, known)}"


def missing_translations(sources: Sources) -> Iterator[str]:
    """Count the texts of ours that a language which the theme brings has no words for."""
    there = {path.stem for path in FOLDER.glob("*.po")} | {SOURCE}
    for language, catalogue in sources.theme.texts.items():
        if language not in there:
            has = {one.id if isinstance(one.id, str) else one.id[0] for one in shown(catalogue)}
            if missing := len(sources.our_texts - has):
                yield f"translations/{language}.po has no words for {missing} of {len(sources.our_texts)} texts"


def _unused(sources: Sources) -> Iterator[Oddity]:
    led_to = {one for tree in sources.trees.values() for one in find_referenced_templates(tree)}
    for name in sources.theme.templates:
        if name not in sources.ours and name not in led_to:
            what = f"templates/{name} replaces none of ours, and none uses it{_instead(name, sources.ours)}"
            yield Oddity(what=what, breaks_pages=False)


def _blocks(sources: Sources) -> Iterator[Oddity]:
    """Find blocks that are filled and never shown, because what is extended has none of that name."""
    lost: dict[tuple[str, str], list[str]] = {}
    for name, tree in sources.trees.items():
        line = list(sources.ancestors(name))
        if not line:
            continue
        there = frozenset(block for one in line for block in sources.blocks(one))
        for block in (one.name for one in tree.body if isinstance(one, nodes.Block) and one.name not in there):
            if sources.is_theirs(name):
                what = f"templates/{name} fills a block {block}, which {line[0]} has not{_instead(block, there)}"
                yield Oddity(what=what, breaks_pages=False)
            elif theirs := next((one for one in line if sources.is_theirs(one)), None):
                lost.setdefault((theirs, block), []).append(name)
    for (theirs, block), names in sorted(lost.items()):
        what = f"templates/{theirs} has no block {block}, which {_listed(names)} of ours fill"
        yield Oddity(what=what, breaks_pages=False)


def _macros(sources: Sources) -> Iterator[Oddity]:
    """Find macros that are asked of a template which has none of that name."""
    for name, tree in sources.trees.items():
        for taken in tree.find_all(nodes.FromImport):
            source = taken.template.value if isinstance(taken.template, nodes.Const) else None
            if (
                not isinstance(source, str)
                or source not in sources.trees
                or not (sources.is_theirs(name) or sources.is_theirs(source))
            ):
                continue
            there = _names_of(sources.trees[source])
            for wanted in (one if isinstance(one, str) else one[0] for one in taken.names):
                if wanted not in there:
                    what = f"templates/{source} has no macro {wanted}, which {name} uses{_instead(wanted, there)}"
                    yield Oddity(what=what, breaks_pages=True)


def _names_of(tree: nodes.Template) -> frozenset[str]:
    macros = {macro.name for macro in tree.find_all(nodes.Macro)}
    return frozenset(macros | {one.name for one in tree.find_all(nodes.Name) if one.ctx == "store"})


def _statics(sources: Sources) -> Iterator[Oddity]:
    for name in sources.theme.templates:
        for call in sources.trees[name].find_all(nodes.Call):
            if not isinstance(call.node, nodes.Name) or call.node.name != "url_for":
                continue
            for given in call.kwargs:
                file = given.value.value if given.key == "filename" and isinstance(given.value, nodes.Const) else None
                if isinstance(file, str) and file not in sources.statics:
                    what = f"templates/{name}, line {call.lineno}: there is no static file {file}"
                    yield Oddity(what=what + _instead(file, sources.statics), breaks_pages=False)


def _unfillable(place: str, text: str, given: set[str]) -> Iterator[str]:
    missing = sorted({*placeholders(text).values()} - given)
    if missing:
        yield f"{place}: a text is not given {', '.join(missing)}"
    if has_lone_percent(text):
        yield f"{place}: a text has a % that is no placeholder; write {DOUBLED}"


def _instead(name: str, known: Mapping[str, object] | frozenset[str]) -> str:
    alike = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {alike[0]}?" if alike else ""


def _listed(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
