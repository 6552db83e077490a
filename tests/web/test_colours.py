"""Colours as CSS writes them; that browsers compute the same is what tests/browser/test_theme_colours.py shows."""

from __future__ import annotations

import pytest

from bff.web.colours import Colour, NotAColour, NotComputed, colour


@pytest.mark.parametrize(
    ("text", "shown", "alpha"),
    [
        ("#17594C", "#17594c", 1.0),
        ("#fff8", "#ffffff", 0x88 / 255),
        ("White", "#ffffff", 1.0),
        ("transparent", "#000000", 0.0),
        ("rgb(1 2 3)", "#010203", 1.0),
        ("rgba(255, 0, 0, 50%)", "#ff0000", 0.5),
        ("rgb(100% 0% 300 / .25)", "#ff00ff", 0.25),
        ("hsl(120deg 100% 25%)", "#008000", 1.0),
        ("hsl(-0.5turn, 100%, 50%)", "#00ffff", 1.0),
        ("color(srgb 1 50% none)", "#ff8000", 1.0),
        ("oklab(1 0 0)", "#ffffff", 1.0),
        ("oklch(62.796% 0.25768 29.234)", "#ff0000", 1.0),
        ("color-mix(in srgb, red, blue)", "#800080", 1.0),
        ("color-mix(in srgb, 25% red, blue)", "#4000bf", 1.0),
        ("color-mix(in srgb, red 20%, blue 20%)", "#800080", 0.4),
        ("color-mix(in srgb, #f000 50%, blue)", "#0000ff", 0.5),
        ("color-mix(in oklab, white, black)", "#636363", 1.0),
        ("color-mix(in srgb, color-mix(in srgb, red, blue) 50%, rgb(0, 0, 0))", "#400040", 1.0),
    ],
)
def test_colour_is_read(text: str, shown: str, alpha: float) -> None:
    read = colour(text)
    assert read.shown == shown
    assert read.alpha == pytest.approx(alpha)


@pytest.mark.parametrize(
    "text",
    [
        "", "#12345", "rde", "12px", "rgb(1 2)", "rgb(1deg 2 3)", "rgb(1, 2, 3", "red)", "red blue", "rbg(1 2 3)",
        "color-mix(in srgb, red)", "color-mix(in srgb, red 120%, blue)", "color-mix(in srgb, red 0%, blue 0%)",
        "color-mix(in srgb, red, bleu)", "hsl(50% 1% 1%)",
    ],
)  # fmt: skip
def test_what_is_no_colour_is_told(text: str) -> None:
    with pytest.raises(NotAColour):
        colour(text)


@pytest.mark.parametrize(
    "text",
    ["tomato", "Canvas", "lab(40 0 0)", "oklch(from red l c h)", "color(display-p3 1 0 0)", "rgb(calc(1 + 1) 2 3)",
     "color-mix(in hsl, red, blue)", "color-mix(in srgb, tomato, blue)"],
)  # fmt: skip
def test_colour_that_browsers_know_and_this_does_not_is_no_mistake(text: str) -> None:
    with pytest.raises(NotComputed):
        colour(text)


def test_contrast_is_that_of_wcag() -> None:
    white, black = Colour(1, 1, 1), Colour(0, 0, 0)
    assert white.contrast(black) == black.contrast(white) == pytest.approx(21)
    assert colour("#767676").contrast(white) == pytest.approx(4.54, abs=0.005)
    assert colour("#0008").contrast(white) == pytest.approx(colour("#777777").contrast(white))
