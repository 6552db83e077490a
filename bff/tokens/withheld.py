"""Takes out of an answer what must not reach the browser: the row's hidden properties, and this session's tokens.

Tokens are looked for by value: a property's name tells nothing, since some tokens are meant for the page. Where there
is nothing to take out, the answer goes on byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from bff.emporix.refusals import spellings
from bff.emporix.reply import Reply
from bff.operations.model import Operation
from bff.secret import Secret
from bff.sessions.model import HeldKind

_GONE: Final = object()
_SHORTEST: Final = 16
"""Of a text that is looked at: no token is shorter, and what is may stand anywhere."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]+")
"""What JSON, HTML and URLs all spell alike."""
_ESCAPE: Final = re.compile(rb"\\(?:u00([2-7][0-9A-Fa-f])|.)", re.DOTALL)
_PERCENT: Final = re.compile(r"%[0-9A-F]{2}")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Withheld:
    """An answer as it may be passed on."""

    reply: Reply | None
    """None: nothing of it may be, or what is left cannot be written."""
    kinds: frozenset[HeldKind]
    """Which tokens of the session were in it."""


def withheld(operation: Operation, reply: Reply, held: Iterable[tuple[HeldKind, Secret[str]]]) -> Withheld:
    """Return what may be passed on of an answer; its `content` is changed in place."""
    if not reply.body:
        return Withheld(reply=reply, kinds=frozenset())
    text = _unescaped(reply.body)
    tokens = {kind_form for kind, token in held for kind_form in _forms(kind, token.reveal())}
    found = {(kind, form) for kind, form in tokens if form.encode() in text}
    if not found and not any(b'"%b"' % name.encode() in text for name in operation.hidden):
        return Withheld(reply=reply, kinds=frozenset())
    if reply.content is None:
        # A document: nothing can be taken out of it.
        return Withheld(reply=None, kinds=frozenset(kind for kind, _ in found))
    search = _Search(operation.hidden, found)
    try:
        content = search.without(reply.content)
        left = None if content is _GONE else replace(reply, body=_written(content), content=content)
    except (ValueError, RecursionError):
        # Nested too deeply, or with a number that is none once it is read.
        left = None
    return Withheld(reply=left, kinds=frozenset(search.kinds))


class _Search:
    """Takes properties, and entries of lists, out of a value read from JSON."""

    def __init__(self, hidden: frozenset[str], forms: Iterable[tuple[HeldKind, str]]) -> None:
        self._hidden = hidden
        self._forms = tuple(forms)
        self.kinds: set[HeldKind] = set()

    def without(self, value: Any) -> Any:
        """Return the value without them; `_GONE`: nothing of it may stay."""
        if isinstance(value, str):
            return _GONE if self._holds_token(value) else value
        if isinstance(value, dict):
            for name in [name for name in value if name in self._hidden or self._holds_token(name)]:
                del value[name]
            for name, inner in list(value.items()):
                if self.without(inner) is _GONE:
                    del value[name]
        elif isinstance(value, list):
            value[:] = [kept for inner in value if (kept := self.without(inner)) is not _GONE]
        return value

    def _holds_token(self, text: str) -> bool:
        if not self._forms or len(text) < _SHORTEST:
            return False
        kinds = {kind for kind, form in self._forms if form in text}
        self.kinds |= kinds
        return bool(kinds)


def _unescaped(body: bytes) -> bytes:
    """Return the body as it reads once JSON's escapes of what a token may have are undone."""
    return _ESCAPE.sub(_character, body) if b"\\" in body else body


def _character(escape: re.Match[bytes]) -> bytes:
    digits: bytes | None = escape[1]
    if digits is not None:
        return bytes([int(digits, 16)])
    shown: bytes = escape[0]
    return shown[1:] if shown[1:] in (b"/", b'"', b"\\") else shown


def _forms(kind: HeldKind, token: str) -> Iterable[tuple[HeldKind, str]]:
    if len(token) < _SHORTEST:
        return
    if _PLAIN.fullmatch(token):
        yield kind, token
        return
    for form in spellings(token):
        yield kind, form
        yield kind, _PERCENT.sub(lambda found: found[0].lower(), form)


def _written(content: Any) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Half a character, which upstream has escaped, is escaped again.
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
