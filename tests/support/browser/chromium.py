"""The one browser: Debian's Chromium, driven by Playwright. Missing, it fails the tests; nothing is skipped for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright

PROGRAM = Path("/usr/bin/chromium")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def running_chromium(playwright: Playwright, *, without: Sequence[str] = ()) -> Iterator[Browser]:
    """Start a browser, `without` some of the switches that Playwright adds."""
    assert PROGRAM.exists(), f"{PROGRAM} is missing: tests/run says how to get it"
    browser = playwright.chromium.launch(
        executable_path=PROGRAM, headless=True, args=_ARGUMENTS, ignore_default_args=list(without) or None
    )
    try:
        yield browser
    finally:
        browser.close()
