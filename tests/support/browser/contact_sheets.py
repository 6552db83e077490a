"""Draws every page in every state, and puts what belongs to one state on one sheet; for people to look at.

`tests/contact_sheets/run` calls it. It starts all it needs by itself, a language in a process of its own.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect, sync_playwright

from bff.commands.embedded_redis import EmbeddedRedis
from bff.web.language import SOURCE
from tests.support.browser.chromium import running_chromium
from tests.support.browser.sheet_views import SHEETS, SHOWN_BY, shows
from tests.support.browser.storefront import Storefront, running_storefront
from tests.support.browser.views import View
from tests.support.browser.visitor import NARROW, PATIENCE_SECONDS, WIDE, make_visitor
from tests.support.browser.words import words_of
from tests.support.catalogues import FOLDER

_TAGS: Final = {"en": "en-GB", "de": "de-DE"}
"""What a browser asks for, where that is more than the language."""
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_SIZES: Final = {"phone": NARROW, "desktop": WIDE}
_COLUMN_PX: Final = 400


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture of a view, and where it is."""

    view: str
    size: str
    scheme: str
    language: str

    @property
    def file(self) -> str:
        """Its path below the folder of all."""
        return f"pictures/{self.view}-{self.size}-{self.scheme}-{self.language}.jpg"


def pictures_of(view: str, languages: Sequence[str]) -> list[Picture]:
    """Return what one sheet shows, in its order."""
    return [
        Picture(view=view, size=size, scheme=scheme, language=language)
        for size in _SIZES
        for language in languages
        for scheme in _SCHEMES
    ]


def wrong_view(view: View, path: str) -> str | None:
    """Return what is wrong if a view is to show a route and its address is not one of that route's."""
    rules = [rule for rule, name in SHOWN_BY.items() if name == view.name]
    return None if all(shows(rule, path) for rule in rules) else f"{view.name} shows {path}, not {rules}"


def draw(names: Sequence[str], folder: Path, language: str) -> None:
    """Draw views of these names in one language."""
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    # Playwright tells there of every answer that nobody waited for when its tab was closed.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    with (
        tempfile.TemporaryDirectory() as scratch,
        EmbeddedRedis() as redis,
        sync_playwright() as playwright,
        running_chromium(playwright) as browser,
        ExitStack() as stack,
    ):
        stores: dict[tuple[tuple[str, str], ...], Storefront] = {}
        for view in SHEETS:
            if view.name not in names:
                continue
            key = tuple(sorted(view.environment.items()))
            if key not in stores:
                place = Path(tempfile.mkdtemp(dir=scratch))
                shop = running_storefront(redis.url, place, secure=False, environment=view.environment)
                stores[key] = stack.enter_context(shop)
            _draw_view(browser, stores[key], view, folder, language)


def _draw_view(browser: Browser, store: Storefront, view: View, folder: Path, language: str) -> None:
    visitor = make_visitor(browser, store, language=_TAGS.get(language, language), say=words_of(language))
    view.reach(visitor)
    visitor.heading(view.heading)
    page = visitor.page
    if wrong := wrong_view(view, urlsplit(page.url).path):
        raise AssertionError(wrong)
    for picture in pictures_of(view.name, [language]):
        page.emulate_media(color_scheme="dark" if picture.scheme == "dark" else "light", reduced_motion="reduce")
        page.set_viewport_size(_SIZES[picture.size])
        page.screenshot(path=folder / picture.file, full_page=True, type="jpeg", quality=85)
    visitor.context.close()
    store.sandbox.faults.clear()


def sheet(view: str, languages: Sequence[str]) -> str:
    """Return one state's sheet as HTML: phones in a row, desktops below."""
    figures = "".join(
        f'<figure class="{one.size}"><img src="{escape(one.file)}" alt="">'
        f"<figcaption>{one.size}, {one.scheme}, {one.language}</figcaption></figure>"
        for one in pictures_of(view, languages)
    )
    return f'<section id="{escape(view)}"><h2>{escape(view)}</h2><div>{figures}</div></section>'


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Contact sheets</title>
<style>body {{ font: 14px sans-serif; margin: 0; background: #888; width: {width}px }}
section > div {{ display: flex; flex-wrap: wrap; gap: 8px; align-items: flex-start }} h2, figure {{ margin: 4px }}
img {{ width: 100%; display: block }} .phone {{ width: {column}px }} .desktop {{ width: {double}px }}</style>
{sections}
"""


def page_of(views: Sequence[str], languages: Sequence[str]) -> str:
    """Return sheets as one page."""
    sections = "\n".join(sheet(view, languages) for view in views)
    # Margins and gaps beside the pictures of one row.
    width = 4 * (_COLUMN_PX + 16)
    return _PAGE.format(width=width, column=_COLUMN_PX, double=2 * _COLUMN_PX + 16, sections=sections)


def shoot(browser: Browser, views: Sequence[str], languages: Sequence[str], folder: Path) -> None:
    """Write `index.html`, and each sheet as a picture."""
    index = folder / "index.html"
    index.write_text(page_of(views, languages), encoding="utf-8")
    page = browser.new_page(viewport={"width": 4 * (_COLUMN_PX + 16), "height": 900})
    page.goto(index.as_uri())
    for view in views:
        page.locator(f"section[id='{view}']").screenshot(path=folder / f"{view}.png")
    page.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw what the command line asks for."""
    languages = [SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po"))]
    parser = argparse.ArgumentParser(prog="tests/contact_sheets/run")
    parser.add_argument("--out", type=Path, required=True, help="the folder that takes the sheets")
    parser.add_argument("--language", action="append", choices=languages, help="only this one; may be given again")
    parser.add_argument("names", nargs="*", help="only views whose names start so")
    asked = parser.parse_args(arguments)
    views = [view.name for view in SHEETS if not asked.names or view.name.startswith(tuple(asked.names))]
    if not views:
        sys.exit("no view has such a name")
    chosen: list[str] = asked.language or languages
    (asked.out / "pictures").mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with ProcessPoolExecutor() as pool:
        list(pool.map(partial(draw, views, asked.out), chosen))
    with sync_playwright() as playwright, running_chromium(playwright) as browser:
        shoot(browser, views, chosen, asked.out)
    print(f"{len(views)} sheets in {time.monotonic() - begun:.0f} s: {asked.out / 'index.html'}")


if __name__ == "__main__":
    main()
