"""What a new password must be: long enough, and none of those that are guessed first (NIST SP 800-63B 3.1.1.2).

No rules about letters and digits. The list holds passwords that lists of leaked ones share, in lower case, eight
characters and longer, since shorter ones are refused anyway.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final

from bff.operations.schemas import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS

_LIST: Final = Path(__file__).resolve().parent / "common_passwords.txt"


class Weakness(Enum):
    """Why a password cannot be set; the value is the `type` of a JSON detail."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_COMMON = "too_common"


def weakness_of(password: str) -> Weakness | None:
    """Return what is wrong with a new password; None: it is a good one."""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        return Weakness.TOO_SHORT
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return Weakness.TOO_LONG
    return Weakness.TOO_COMMON if is_common(password) else None


def is_common(password: str) -> bool:
    """Tell whether a password is on the list, in whatever case it is written."""
    return password.casefold() in _common()


@cache
def _common() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="utf-8").split())
