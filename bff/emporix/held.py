"""Looks for what a session holds in what upstream answers: by value, however JSON, HTML or URLs spell it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

from bff.emporix.refusals import spellings
from bff.secret import Secret
from bff.sessions.model import HeldKind

Held: TypeAlias = "Iterable[tuple[HeldKind, Secret[str]]]"
SHORTEST: Final = 16
"""Of a text that is looked at: no token is shorter, and what is may stand anywhere."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]+")
"""What JSON, HTML and URLs all spell alike."""
_ESCAPE: Final = re.compile(rb"\\(?:u00([2-7][0-9A-Fa-f])|.)", re.DOTALL)
_PERCENT: Final = re.compile(r"%[0-9A-F]{2}")


def found_in(text: bytes, held: Held) -> set[tuple[HeldKind, str]]:
    """Return what of the session is in a text, each in the form in which it is there; `text` has no escapes of JSON."""
    return {(kind, form) for kind, token in held for form in _forms(token.reveal()) if form.encode() in text}


def unescaped(body: bytes) -> bytes:
    """Return the body as it reads once JSON's escapes of what a token may have are undone; itself if it has none."""
    return _ESCAPE.sub(_character, body) if b"\\" in body else body


def _character(escape: re.Match[bytes]) -> bytes:
    digits: bytes | None = escape[1]
    if digits is not None:
        return bytes([int(digits, 16)])
    shown: bytes = escape[0]
    return shown[1:] if shown[1:] in (b"/", b'"', b"\\") else shown


def _forms(token: str) -> Iterable[str]:
    if len(token) < SHORTEST:
        return ()
    if _PLAIN.fullmatch(token):
        return (token,)
    forms = spellings(token)
    return forms | {_PERCENT.sub(lambda found: found[0].lower(), form) for form in forms}
