"""The example themes as a picture shows them: grounds, buttons, logo and font, in both schemes; and what they weigh."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

import pytest
from playwright.sync_api import Browser, Locator

from bff.web.palette import palettes
from bff.web.theme import read_theme
from tests.browser.test_weight import weigh
from tests.support.browser.storefront import Storefront
from tests.support.browser.views import THEMED, THEMES, View
from tests.support.browser.visitor import NARROW, WIDE, make_visitor

Scheme = Literal["light", "dark"]
MOST_BYTES = 40_000
"""Of a first view in the heavier theme, with its font."""
_PIXEL = """async ([picture, across, down]) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
  const brush = new OffscreenCanvas(image.width, image.height).getContext("2d");
  brush.drawImage(image, 0, 0);
  const [x, y] = [across * image.width, down * image.height];
  return [...brush.getImageData(x, y, 1, 1).data].slice(0, 3);
}"""


def pixel(browser: Browser, picture: bytes, across: float, down: float) -> list[int]:
    """Return a picture's colour at a place, from 0 to 1 of its width and height."""
    page = browser.new_page()
    seen: list[int] = page.evaluate(_PIXEL, [base64.b64encode(picture).decode(), across, down])
    page.close()
    return seen


def folder_of(view: View) -> Path:
    return Path(view.environment["BFF_THEME_DIR"])


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(view, id=view.name, marks=() if view.name == "feldwerk-login" else pytest.mark.more)
        for view in THEMED
    ],
)
def test_picture_of_a_page_shows_the_themes_colours(
    chromium: Browser, storefronts: Callable[..., Storefront], view: View
) -> None:
    visitor = make_visitor(chromium, storefronts(False, view.environment), viewport=WIDE)
    view.reach(visitor)
    visitor.heading(view.heading)
    for palette in palettes(read_theme(folder_of(view))):
        scheme: Scheme = palette.scheme.value
        visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for viewport in (NARROW, WIDE):
            visitor.page.set_viewport_size(viewport)
            name = f"{view.name}, {scheme}, {viewport['width']} px"
            ground = pixel(chromium, visitor.page.locator("body > .layout").screenshot(), 0.005, 0.5)
            assert is_near(ground, palette.colours["ground"].shown), name
            button = visitor.page.locator("main :is(button, .button):not(.plain, .link, .danger)").first
            if button.count():
                assert is_near(pixel(chromium, button.screenshot(), 0.5, 0.12), palette.colours["accent"].shown), name
    visitor.context.close()
    visitor.watch.check()


def is_near(seen: list[int], shown: str) -> bool:
    """Tell whether a colour of a picture is the one that was computed, but for rounding."""
    computed = [int(shown[place : place + 2], 16) for place in (1, 3, 5)]
    return max(abs(one - other) for one, other in zip(seen, computed, strict=True)) <= 2


def test_logo_and_font_of_the_brand_are_there_and_the_first_view_stays_light(
    chromium: Browser, storefronts: Callable[..., Storefront]
) -> None:
    store = storefronts(False, {"BFF_THEME_DIR": str(THEMES / "feldwerk")})
    visitor = make_visitor(chromium, store, viewport=NARROW)
    first = weigh(visitor, "/login", wait_for="networkidle")
    for name in ("logo.svg", "brand.css", "bricolage.woff2"):
        assert any(name in url for url in first.bytes_by_url), first.bytes_by_url
    assert first.total_bytes <= MOST_BYTES, first.bytes_by_url
    assert visitor.page.evaluate("document.fonts.check('700 1em \"Bricolage Grotesque\"')")
    logo = visitor.page.get_by_role("link", name="Feldwerk").get_by_role("img")
    for scheme, file in (("light", "logo.svg"), ("dark", "logo-dark.svg")):
        visitor.page.emulate_media(color_scheme=cast("Scheme", scheme))
        visitor.page.wait_for_function(
            "(file) => document.querySelector('.brand img').currentSrc.includes(file)", arg=file
        )
        assert width_of(logo) > 100
    visitor.context.close()
    visitor.watch.check()


def width_of(picture: Locator) -> float:
    """Return how wide a picture is shown, once it has come."""
    picture.evaluate("(one) => one.decode()")
    return float(picture.evaluate("(one) => one.naturalWidth && one.getBoundingClientRect().width"))
