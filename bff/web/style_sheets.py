"""What a style sheet says of the page as a whole: the custom properties of its root, in the light and in the dark.

No whole parser: rules for other elements are read over. How the rules of several sheets come together is CSS's cascade,
as far as selectors of the root go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_TOKEN: Final = re.compile(
    r"""/\*.*?(?:\*/|\Z)|"(?:\\.|[^"\\\n])*(?:"|(?=\n)|\\?\Z)|'(?:\\.|[^'\\\n])*(?:'|(?=\n)|\\?\Z)|[{};]|[()]""",
    re.DOTALL,
)
"""A string that is not closed ends with its line (CSS Syntax 4.3.5)."""
_DARK: Final = re.compile(r"@media\s*(?:(?:screen|all)\s+and\s*)?\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.I)
_LIGHT: Final = re.compile(r"@media\s*(?:(?:screen|all)\s+and\s*)?\(\s*prefers-color-scheme\s*:\s*light\s*\)", re.I)
_ALWAYS: Final = re.compile(r"@supports\b.*|@media\s*(?:screen|all)", re.I | re.DOTALL)
_CONDITION: Final = r"""\[data-theme(?:=["']?(?:light|dark)["']?)?\]"""
_ROOT: Final = re.compile(
    rf"(?:html|:root)(?::root|{_CONDITION}|:not\({_CONDITION}\)|:where\(:not\({_CONDITION}\)\))*", re.I
)
_ONE_CONDITION: Final = re.compile(r"(:not\()?\[data-theme(?:=[\"']?(light|dark)[\"']?)?\]", re.I)
_IMPORTANT: Final = re.compile(r"!\s*important\s*$", re.I)


class Scheme(StrEnum):
    """What a visitor prefers."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One block in braces."""

    within: tuple[str, ...]
    """The blocks around it, outermost first: `@media print`."""
    selector: str
    declared: Mapping[str, str]

    def reaches(self, scheme: Scheme) -> bool:
        """Tell whether the blocks around it let it count on a screen of any size."""
        ours = _DARK if scheme is Scheme.DARK else _LIGHT
        return all(ours.fullmatch(block) or _ALWAYS.fullmatch(block) for block in self.within)

    def is_dark(self) -> bool:
        """Tell whether it is a dark block or stands in one."""
        return any(_DARK.fullmatch(block) for block in (*self.within, self.selector))


def rules(sheet: str) -> tuple[Rule, ...]:
    """Read the blocks of a sheet, each before those within it."""
    found: list[tuple[tuple[str, ...], str, dict[str, str]]] = []
    open_blocks: list[int] = []
    text, start, depth = "", 0, 0
    for token in _TOKEN.finditer(sheet + "}"):
        text += sheet[start : token.start()]
        start = token.end()
        what = token.group()
        if what.startswith("/*"):
            continue
        depth += (what == "(") - (what == ")" and depth > 0)
        if what not in ("{", "}", ";") or (depth and what == ";"):
            text += what
            continue
        depth = 0
        if what == "{":
            within = tuple(found[number][1] for number in open_blocks)
            open_blocks.append(len(found))
            found.append((within, " ".join(text.split()), {}))
        else:
            name, colon, value = text.partition(":")
            if colon and open_blocks:
                name = name.strip()
                found[open_blocks[-1]][2][name if name.startswith("--") else name.lower()] = value.strip()
            if what == "}" and open_blocks:
                open_blocks.pop()
        text = ""
    return tuple(Rule(within=within, selector=selector, declared=declared) for within, selector, declared in found)


def root_properties(sheets: Iterable[str], scheme: Scheme, *, light_only: bool = False) -> Mapping[str, str]:
    """Return what is declared of the root, later sheets over earlier ones, heavier selectors over lighter ones."""
    weighed: list[tuple[bool, int, int, str, str]] = []
    for number, rule in enumerate(rule for sheet in sheets for rule in rules(sheet)):
        weight = max(_weights(rule.selector, light_only=light_only), default=None)
        if weight is None or not rule.reaches(scheme):
            continue
        for name, value in rule.declared.items():
            important = _IMPORTANT.search(value) is not None
            weighed.append((important, weight, number, name, _IMPORTANT.sub("", value).strip()))
    return {name: value for *_, name, value in sorted(weighed, key=lambda one: one[:3])}


def is_light_only(sheets: Iterable[str]) -> bool:
    """Tell whether a theme's sheets have a dark block with nothing in it, which says that there is no dark scheme."""
    dark = [rule for sheet in sheets for rule in rules(sheet) if rule.is_dark()]
    return bool(dark) and not any(rule.declared for rule in dark)


def _weights(selectors: str, *, light_only: bool) -> Iterator[int]:
    """Weigh the selectors of the root: a tag is 1, an attribute or a pseudo-class 1000."""
    for selector in (one.strip() for one in selectors.split(",")):
        if _ROOT.fullmatch(selector) is None:
            continue
        if all(_holds(bool(no), value.lower(), light_only) for no, value in _ONE_CONDITION.findall(selector)):
            counted = re.sub(r":where\(:not\([^)]*\)\)", "", selector)
            yield 1000 * (counted.lower().count(":root") + counted.count("[")) + counted.lower().startswith("html")


def _holds(is_not: bool, value: str, light_only: bool) -> bool:
    """Tell whether a condition about `data-theme` holds, which our pages have where a theme is light only."""
    return (light_only and value in ("", "light")) != is_not
