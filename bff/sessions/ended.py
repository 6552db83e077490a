"""Why a signed-in session is over, in one word, and how long that is told: `bff:{sid}:ended`.

The word lies beside the session while it lives, as what to say if it is not seen again, and an ending puts another in
its place. It opens nothing and names no customer, so it lies in clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

TOLD_SECONDS = 3600
"""For how long it is told, from the end on."""


class Ended(Enum):
    """What a client reads as `ended`."""

    IDLE = "idle"
    """No request came for as long as the idle limit."""
    LIFETIME = "lifetime"
    """It had lasted as long as any session may."""
    ELSEWHERE = "elsewhere"
    """Not in this browser: another device, an operator, the identity provider, Emporix or this server ended it."""


_BY_STORED_WORD = {why.value.encode(): why for why in Ended}


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedNote:
    """The word, and for how long it still lies there."""

    why: Ended
    seconds: float


def if_not_seen_again(idle_seconds: float) -> EndedNote:
    """Return what a signed-in session leaves behind if no request comes any more."""
    return EndedNote(why=Ended.IDLE, seconds=idle_seconds + TOLD_SECONDS)


def from_now_on(why: Ended) -> EndedNote:
    """Return the note of a session that ends now."""
    return EndedNote(why=why, seconds=TOLD_SECONDS)


def cut_short(note: EndedNote | None) -> EndedNote | None:
    """Return what to say of a session that cannot go on, although its idle limit is not over."""
    return from_now_on(Ended.ELSEWHERE) if note is not None and note.why is Ended.IDLE else note


def word_in(stored: bytes | None) -> Ended | None:
    """Read a word back; None where there is none, or none of ours."""
    return None if stored is None else _BY_STORED_WORD.get(stored)


def note_in(stored: bytes | None, left_ms: int) -> EndedNote | None:
    """Read a word and its time left (milliseconds) back."""
    why = word_in(stored)
    return None if why is None else EndedNote(why=why, seconds=max(left_ms, 1) / 1000)


def stored_form(note: EndedNote | None) -> tuple[str, int]:
    """Return the word, empty where there is none, and how long it stays, in milliseconds."""
    return ("", 0) if note is None else (note.why.value, max(1, int(note.seconds * 1000)))
