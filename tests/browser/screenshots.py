"""Draw every page, narrow and wide, light and dark: `python -m tests.browser.screenshots FOLDER [NAME ...]`.

For people to look at; no test compares them. Starts all it needs by itself. With names: only views that start so.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.browser.chromium import running_chromium
from tests.support.browser.storefront import Storefront, running_storefront
from tests.support.browser.views import VIEWS, View
from tests.support.browser.visitor import NARROW, WIDE, make_visitor


def draw(browser: Browser, store: Storefront, view: View, folder: Path) -> None:
    """Write one page's pictures."""
    visitor = make_visitor(browser, store)
    view.reach(visitor)
    for scheme in ("light", "dark"):
        for viewport in (NARROW, WIDE):
            visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            visitor.page.set_viewport_size(viewport)
            visitor.page.screenshot(path=folder / f"{view.name}-{viewport['width']}-{scheme}.png", full_page=True)
    visitor.context.close()


def main() -> None:
    """Draw what the command line names into the folder that it names."""
    if len(sys.argv) < 2:
        sys.exit("usage: python -m tests.browser.screenshots FOLDER [NAME ...]")
    folder, names = Path(sys.argv[1]), tuple(sys.argv[2:])
    views = [view for view in VIEWS if not names or view.name.startswith(names)]
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        EmbeddedRedis() as redis,
        sync_playwright() as playwright,
        running_chromium(playwright) as browser,
        ExitStack() as stack,
    ):
        stores: list[tuple[Mapping[str, str], Storefront]] = []
        for view in views:
            store = next((store for environment, store in stores if environment == view.environment), None)
            if store is None:
                place = Path(tempfile.mkdtemp(dir=scratch))
                store = stack.enter_context(
                    running_storefront(redis.url, place, secure=False, environment=view.environment)
                )
                stores.append((view.environment, store))
            draw(browser, store, view, folder)
    print(f"{len(views)} pages, four pictures each: {folder}")


if __name__ == "__main__":
    main()
