"""What a new password must be: long enough, and none of those that are guessed first (NIST SP 800-63B 3.1.1.2).

No rules about letters and digits. The list holds passwords that lists of leaked ones share, in lower case, eight
characters and longer, since shorter ones are refused anyway.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

MIN_PASSWORD_CHARACTERS: Final = 8
_LIST: Final = Path(__file__).resolve().parent / "common_passwords.txt"


def is_common(password: str) -> bool:
    """Tell whether a password is on the list, in whatever case it is written."""
    return password.casefold() in _common()


@cache
def _common() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="utf-8").split())
