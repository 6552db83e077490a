"""The cookie's value and what is derived from it."""

from __future__ import annotations

import base64
import string

import pytest

from bff.secret import Secret
from bff.sessions.cookie import SessionCookie


def cookie(text: str) -> SessionCookie:
    return SessionCookie(value=Secret(text))


def test_fresh_values_are_32_random_bytes() -> None:
    values = {SessionCookie.fresh().value.reveal() for _ in range(100)}
    assert len(values) == 100
    assert all(len(base64.urlsafe_b64decode(value + "=")) == 32 for value in values)
    assert all(cookie(value).is_well_formed for value in values)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A" * 42,
        "A" * 44,
        "A" * 43 + "=",
        "A" * 43 + "\n",
        "A" * 42 + "+",
        "A" * 42 + "é",
        "A" * 42 + "B",  # the last two bits are not part of the 256
        "٣" * 43,
    ],
)
def test_other_text_is_no_value(text: str) -> None:
    assert not cookie(text).is_well_formed


@pytest.mark.parametrize("last", string.ascii_letters + string.digits + "-_")
def test_value_has_one_text(last: str) -> None:
    text = "A" * 42 + last
    canonical = base64.urlsafe_b64encode(base64.urlsafe_b64decode(text + "=")).decode().rstrip("=")
    assert cookie(text).is_well_formed is (text == canonical)


def test_name_in_redis_and_csrf_secret_tell_nothing_of_the_value_or_each_other() -> None:
    fresh = SessionCookie.fresh()
    derived = {fresh.sid, fresh.csrf_secret}
    assert len(derived) == 2
    assert all(len(text) == 64 and fresh.value.reveal() not in text for text in derived)


def test_derived_values_are_the_same_every_time_and_differ_between_cookies() -> None:
    one, same, other = cookie("A" * 43), cookie("A" * 43), SessionCookie.fresh()
    assert (one.sid, one.csrf_secret) == (same.sid, same.csrf_secret)
    assert one.sid != other.sid
    assert one.csrf_secret != other.csrf_secret


@pytest.mark.parametrize("text", ["", "plain", "é\xff", "\udcff", "a" * 5000])
def test_malformed_value_still_has_a_csrf_secret(text: str) -> None:
    assert len(cookie(text).csrf_secret) == 64


def test_value_does_not_show_itself() -> None:
    fresh = SessionCookie.fresh()
    assert fresh.value.reveal() not in repr(fresh)
