"""The other engine with Fetch Metadata: Debian's Firefox, driven by Playwright over WebDriver BiDi.

That channel ignores `java_script_enabled=False`, so there is no mode without scripts here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright

PROGRAM = Path("/usr/bin/firefox-esr")


@contextmanager
def running_firefox(playwright: Playwright) -> Iterator[Browser]:
    """Start a browser; missing, it fails the tests."""
    assert PROGRAM.exists(), f"{PROGRAM} is missing: tests/run says how to get it"
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=PROGRAM, headless=True)
    try:
        yield browser
    finally:
        browser.close()
