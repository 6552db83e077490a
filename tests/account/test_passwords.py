"""What a new password must be: long enough, and none of those that are guessed first."""

from __future__ import annotations

from pathlib import Path

import pytest

import bff
from bff.account.passwords import is_common
from bff.operations.schemas import MIN_PASSWORD_CHARACTERS

LIST = Path(bff.__file__).parent / "account" / "common_passwords.txt"


@pytest.mark.parametrize("password", ["password", "PassWord", "12345678", "iloveyou", "QWERTYUIOP"])
def test_common_password_is_known_in_whatever_case(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["Quiet-Meadow-52", "passwordpassword correct", "", " password", "пароль-длинный"])
def test_other_password_is_not(password: str) -> None:
    assert not is_common(password)


def test_list_holds_what_the_length_does_not_refuse_anyway() -> None:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 3000
    assert len(set(lines)) == len(lines)
    assert [line for line in lines if len(line) < MIN_PASSWORD_CHARACTERS or line != line.casefold().strip()] == []


def test_shortest_password_is_that_of_nist() -> None:
    assert MIN_PASSWORD_CHARACTERS == 8
