"""Browser and system in words, from a `User-Agent` header (RFC 9110 10.1.5); for people, never to decide by.

A small table of families and no more: the words that come out are ours, so nothing of what a browser sent is ever
stored or shown. A full parser knows thousands of devices, but takes a tenth of a second for its first header and
milliseconds for a crafted one, and this runs with every request.
"""

from __future__ import annotations

from functools import lru_cache

READ_AT_MOST_CHARACTERS = 512
"""The rest is not read; no browser names itself so late."""

# The order counts: a browser also names those below it that it wants to be taken for.
_BROWSERS = (
    ("Edge", ("Edg/", "EdgA/", "EdgiOS/", "Edge/")),
    ("Opera", ("OPR/", "OPT/", "OPX/", "Opera/")),
    ("Samsung Internet", ("SamsungBrowser/",)),
    ("Firefox", ("Firefox/", "FxiOS/")),
    ("Chrome", ("Chrome/", "CriOS/", "Chromium/")),
    ("Safari", ("Safari/",)),
)
_SYSTEMS = (
    ("ChromeOS", ("CrOS",)),
    ("Android", ("Android",)),
    ("iOS", ("iPhone", "iPad", "iPod")),
    ("Windows", ("Windows",)),
    ("macOS", ("Macintosh",)),
    ("Linux", ("Linux", "X11")),
)


def browser_in_words(user_agent: str | None) -> str | None:
    """Return e.g. `Firefox on Windows`, or the one of the two that is known; None where neither is."""
    return _in_words((user_agent or "")[:READ_AT_MOST_CHARACTERS])


@lru_cache(maxsize=256)
def _in_words(text: str) -> str | None:
    known = [word for word in (_first(_BROWSERS, text), _first(_SYSTEMS, text)) if word is not None]
    return " on ".join(known) or None


def _first(families: tuple[tuple[str, tuple[str, ...]], ...], text: str) -> str | None:
    return next((name for name, marks in families if any(mark in text for mark in marks)), None)
