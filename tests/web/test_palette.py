"""The colours of our pages, with a theme's values put in."""

from __future__ import annotations

import re

import pytest

from bff.web.colours import NotAColour
from bff.web.palette import PAIRS, Pair, Palette, palettes, value_of
from bff.web.static_files import StaticFile
from bff.web.style_sheets import Scheme
from bff.web.theme import Theme
from tests.support.documents import ROOT

SITE = (ROOT / "static" / "site.css").read_text()


def themed(sheet: str, **more: str) -> Theme:
    statics = {f"{name}.css": text.encode() for name, text in {"brand": sheet, **more}.items()}
    return Theme(
        templates={"base.html": "brand.css"},
        statics={
            name: StaticFile(body=body, zipped=None, mimetype="text/css", digest="") for name, body in statics.items()
        },
    )


def weak(theme: Theme) -> set[tuple[str, str, str]]:
    return {
        (palette.scheme, one.pair.upper, one.pair.ground) for palette in palettes(theme) for one in palette.weak_pairs()
    }


@pytest.mark.parametrize("brand", ["", "#000", "#7a1f3d", "#0b3d91", "#b5121b", "#17594c", "#5b2a86", "#9a3412"])
def test_brand_alone_makes_two_schemes_that_can_be_read(brand: str) -> None:
    theme = themed(f":root {{ --brand: {brand} }}") if brand else Theme()
    light, dark = palettes(theme)
    assert (light.scheme, dark.scheme) == tuple(Scheme)
    assert light.bad == dark.bad == light.not_computed == dark.not_computed == ()
    assert weak(theme) == set()


def test_bright_brand_needs_other_letters_and_links_in_the_light_and_then_can_be_read() -> None:
    assert ("light", "on-accent", "accent") in weak(themed(":root { --brand: #ffd400 }"))
    more = "--on-accent: #1d2327; --link: #6b4e00; --link-hover: #4a3600"
    light = f"@media (prefers-color-scheme: light) {{ :root {{ {more} }} }}"
    assert weak(themed(f":root {{ --brand: #ffd400 }} {light}")) == set()
    assert ("dark", "link", "ground") in weak(themed(f":root {{ --brand: #ffd400; {more} }}"))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.upper} on {pair.ground}")
def test_each_pair_is_looked_at_in_both_schemes(pair: Pair) -> None:
    names = {pair.upper, pair.ground}
    same = "; ".join(f"--{name}: #777" for name in names)
    both = f":root {{ {same} }}"
    found = weak(themed(both))
    for scheme in Scheme:
        assert (scheme.value, pair.upper, pair.ground) in found


def test_what_the_old_example_did_is_found() -> None:
    """An accent that is set outside of a dark block holds in the dark, too."""
    (one,) = (
        one
        for one in palettes(themed(":root { --accent: #7a1f3d; --accent-hover: #561329 }"))[1].weak_pairs()
        if (one.pair.upper, one.pair.ground) == ("link-hover", "ground")
    )
    assert one.contrast == pytest.approx(1.32, abs=0.01)


def test_theme_with_an_empty_dark_block_has_one_scheme() -> None:
    (only,) = palettes(themed(":root { --brand: #123 } @media (prefers-color-scheme: dark) { :root {} }"))
    assert only.scheme is Scheme.LIGHT


def test_site_css_of_a_theme_takes_the_place_of_ours() -> None:
    light, _ = palettes(themed("", site=SITE.replace("--quiet: #566069", "--quiet: #eee")))
    assert light.colours["quiet"].shown == "#eeeeee"


def test_translucent_colours_are_laid_on_what_lies_below() -> None:
    assert (
        weak(themed(":root { --quiet: #0009 } @media (prefers-color-scheme: dark) { :root { --quiet: #fff9 } }"))
        == set()
    )
    assert ("light", "quiet", "surface") in weak(themed(":root { --quiet: #0005 }"))


def test_only_the_root_of_a_mistake_is_named() -> None:
    light, _ = palettes(themed(":root { --brand: rde }"))
    assert light.bad == ("--brand: rde",)


@pytest.mark.parametrize("text", ["var(--a)", "var(--nowhere)", "x var(--b) y", "var(--a"])
def test_variable_that_leads_nowhere_is_no_colour(text: str) -> None:
    with pytest.raises(NotAColour):
        value_of({"--a": "var(--b)", "--b": "var(--a)"}, text)


def test_variables_are_put_in_with_what_stands_in_for_them() -> None:
    properties = {"--a": "1 var(--b)", "--b": "2"}
    assert value_of(properties, "f(var(--a), var(--c, var(--b), 3))") == "f(1 2, 2, 3)"


def test_every_variable_that_is_checked_is_set_and_told_of_in_the_sheet() -> None:
    told = set(re.findall(r"--([a-z-]+)", SITE.partition(":root {")[0]))
    checked = {name for pair in PAIRS for name in (pair.upper, pair.ground)}
    assert checked <= told
    default: Palette = palettes(Theme())[0]
    assert checked <= default.colours.keys()
