"""Browser and system in words of ours, whatever a header says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.web.user_agent import READ_AT_MOST_CHARACTERS, browser_in_words

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
PHONE = "Mozilla/5.0 (Linux; Android 10; K)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
WORDS = {"Edge", "Opera", "Samsung Internet", "Firefox", "Chrome", "Safari"}
SYSTEMS = {"ChromeOS", "Android", "iOS", "Windows", "macOS", "Linux"}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "Firefox on Android"),
        (f"{IPHONE} FxiOS/132.0 Mobile/15E148 Safari/605.1.15", "Firefox on iOS"),
        (f"{WINDOWS} {CHROME} Safari/537.36", "Chrome on Windows"),
        (f"{MAC} {CHROME} Safari/537.36", "Chrome on macOS"),
        (f"{PHONE} {CHROME} Mobile Safari/537.36", "Chrome on Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chrome on ChromeOS"),
        (f"{IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome on iOS"),
        (f"{WINDOWS} {CHROME} Safari/537.36 Edg/131.0.0.0", "Edge on Windows"),
        (f"{PHONE} {CHROME} Mobile Safari/537.36 EdgA/131.0.0.0", "Edge on Android"),
        (f"{IPHONE} Version/18.0 EdgiOS/131.0.2903.48 Mobile/15E148 Safari/604.1", "Edge on iOS"),
        (f"{WINDOWS} {CHROME} Safari/537.36 OPR/116.0.0.0", "Opera on Windows"),
        (f"{PHONE} AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36",
         "Samsung Internet on Android"),
        (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "Safari on macOS"),
        (f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1", "Safari on iOS"),
    ],
)  # fmt: skip
def test_families_are_told_apart_though_each_names_others(header: str, words: str) -> None:
    assert browser_in_words(header) == words


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (None, None),
        ("", None),
        ("curl/8.5.0", None),
        ("Dalvik/2.1.0 (Linux; U; Android 14)", "Android"),
        ("Firefox/132.0", "Firefox"),
    ],
)
def test_what_is_not_known_is_left_out(header: str | None, words: str | None) -> None:
    assert browser_in_words(header) == words


@given(st.text(max_size=600) | st.sampled_from([f"<script>{w}/1" for w in sorted(WORDS)]))
def test_nothing_of_the_header_itself_ever_comes_out(header: str) -> None:
    words = browser_in_words(header)
    if words is not None:
        assert set(words.split(" on ")) <= WORDS | SYSTEMS


def test_what_stands_behind_the_limit_is_not_read() -> None:
    assert browser_in_words("x" * (READ_AT_MOST_CHARACTERS - len("Firefox/")) + "Firefox/") == "Firefox"
    assert browser_in_words("x" * (READ_AT_MOST_CHARACTERS - len("Firefox/") + 1) + "Firefox/") is None


def test_a_hostile_header_of_8_kib_costs_next_to_nothing() -> None:
    hostile = "Firefox" * 1170
    began = time.process_time()
    for _ in range(1000):
        browser_in_words(hostile)
    # A thousand times the hundredth of a millisecond, with room for a slow machine.
    assert time.process_time() - began < 0.5
