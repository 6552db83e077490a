"""The colours of our pages with a theme's values put in, pair by pair: which of them are too hard to tell apart.

The pairs are what `static/site.css` paints. What a theme colours by rules of its own is not seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bff.web.assets import asset_folder
from bff.web.colours import Colour, NotAColour, NotComputed, colour, parted
from bff.web.style_sheets import Scheme, root_properties
from bff.web.theme import Theme

TEXT: Final = 4.5
"""What WCAG 2.2 asks for text (1.4.3)."""
EDGE: Final = 3.0
"""For lines around controls and for the focus ring (1.4.11)."""
_SITE: Final = "site.css"
_VARIABLE: Final = re.compile(r"var\(", re.I)
_DEEPEST: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One colour that has to be told from another."""

    upper: str
    ground: str
    needed: float
    what: str


def _pairs(needed: float, *rows: tuple[str, str, str]) -> tuple[Pair, ...]:
    return tuple(
        Pair(upper=upper, ground=ground, needed=needed, what=f"{what}{_on(ground)}")
        for upper, grounds, what in rows
        for ground in grounds.split()
    )


def _on(ground: str) -> str:
    return f" on {_GROUNDS[ground]}" if ground in _GROUNDS else ""


_GROUNDS: Final[Mapping[str, str]] = {
    "ground": "the page",
    "surface": "sheets",
    "accent-soft": "the ground of a success",
    "warning-soft": "the ground of a warning",
    "danger-soft": "the ground of an error",
}
PAIRS: Final = (
    *_pairs(
        TEXT,
        ("text", "ground surface accent-soft warning-soft danger-soft", "text"),
        ("quiet", "ground surface", "hints"),
        ("link", "ground surface accent-soft warning-soft", "a link"),
        ("link-hover", "ground surface accent-soft warning-soft", "a link that is pointed at"),
        ("on-accent", "accent", "text of a button"),
        ("on-accent", "accent-hover", "text of a button that is pointed at"),
        ("danger", "ground surface danger-soft", "an error"),
        ("on-danger", "danger", "text of a button that deletes"),
        ("on-danger", "danger-hover", "text of a button that deletes and is pointed at"),
    ),
    *_pairs(
        EDGE,
        ("control-line", "ground surface", "lines around fields"),
        ("focus", "ground surface accent-soft warning-soft danger-soft", "the focus ring"),
        ("warning", "ground warning-soft", "the edge of a warning"),
    ),
)
COLOURS: Final = tuple(sorted({name for pair in PAIRS for name in (pair.upper, pair.ground)} | {"accent-line", "line"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weak:
    """A pair that is too hard to tell apart."""

    pair: Pair
    scheme: Scheme
    upper: Colour
    ground: Colour
    contrast: float

    @property
    def what(self) -> str:
        """Say so in a line."""
        # Rounded down: 4.497 is not enough, and must not look so.
        contrast = int(self.contrast * 100) / 100
        return (
            f"{self.scheme}: {self.pair.what} (--{self.pair.upper} {self.upper.shown} on --{self.pair.ground} "
            f"{self.ground.shown}) has a contrast of {contrast:.2f}, and needs {self.pair.needed}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one scheme."""

    scheme: Scheme
    colours: Mapping[str, Colour]
    """By the name of the variable, without its hyphens."""
    bad: tuple[str, ...]
    """Variables whose value is no colour, each with the value."""
    not_computed: tuple[str, ...]
    """Those whose value may be one."""

    def weak_pairs(self) -> Iterator[Weak]:
        """Find pairs with too little contrast."""
        white = Colour(1.0, 1.0, 1.0)
        for pair in PAIRS:
            if not {pair.upper, pair.ground} <= self.colours.keys():
                continue
            below = self.colours.get("surface", white).over(self.colours.get("ground", white).over(white))
            ground = self.colours[pair.ground].over(white if pair.ground == "ground" else below)
            upper = self.colours[pair.upper].over(ground)
            contrast = upper.contrast(ground)
            if contrast < pair.needed:
                yield Weak(pair=pair, scheme=self.scheme, upper=upper, ground=ground, contrast=contrast)


def palettes(theme: Theme) -> tuple[Palette, ...]:
    """Return the colours of each scheme that a theme has."""
    sheets = (_site_sheet(theme), *theme.sheets)
    schemes = (Scheme.LIGHT,) if theme.light_only else tuple(Scheme)
    return tuple(_palette(sheets, scheme, theme) for scheme in schemes)


def value_of(properties: Mapping[str, str], text: str, *, deep: int = 0) -> str:
    """Put variables into a value.

    :raises NotAColour: one is not set, or goes round in a circle
    """
    found = _VARIABLE.search(text)
    if found is None:
        return text
    end = _closing(text, found.end())
    if end is None or deep > _DEEPEST:
        raise NotAColour(text)
    name, *rest = parted(text[found.end() : end], ",")
    value = properties.get(name)
    if value is None:
        if not rest:
            raise NotAColour(f"{name} is not set")
        value = ", ".join(rest)
    put_in = value_of(properties, value, deep=deep + 1)
    return value_of(properties, text[: found.start()] + put_in + text[end + 1 :], deep=deep + 1)


def _site_sheet(theme: Theme) -> str:
    if _SITE in theme.statics:
        return theme.statics[_SITE].body.decode("utf-8", "replace")
    return (asset_folder("static") / _SITE).read_text("utf-8")


def _palette(sheets: tuple[str, ...], scheme: Scheme, theme: Theme) -> Palette:
    properties = root_properties(sheets, scheme, light_only=theme.light_only)
    colours: dict[str, Colour] = {}
    bad: list[str] = []
    not_computed: list[str] = []
    for name in ("brand", *COLOURS):
        text = properties.get(f"--{name}", "")
        told = f"--{name}: {text[:60]}"
        try:
            colours[name] = colour(value_of(properties, text))
        except NotAColour:
            bad.append(told)
        except NotComputed:
            not_computed.append(told)
    return Palette(scheme=scheme, colours=colours, bad=_roots(bad), not_computed=_roots(not_computed))


def _roots(told: list[str]) -> tuple[str, ...]:
    """Leave out what is wrong only because of a variable in it that is told, too."""
    names = {one.partition(":")[0] for one in told}
    return tuple(one for one in told if not any(re.search(rf"var\({name}\b(?!-)", one) for name in names))


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if not depth:
            return place
    return None
