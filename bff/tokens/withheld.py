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

from bff.emporix.held import SHORTEST, Held, found_in, unescaped
from bff.emporix.reply import Reply
from bff.operations.model import Operation
from bff.sessions.model import HeldKind

_GONE: Final = object()
_COLON: Final = re.compile(rb"\s*:")
_PLAIN_VALUE: Final = re.compile(rb'\s*:\s*(?:"[^"]*"|[-+.0-9A-Za-z]+)\s*(?=[,}])')


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Withheld:
    """An answer as it may be passed on."""

    reply: Reply | None
    """None: nothing of it may be, or what is left cannot be written."""
    kinds: frozenset[HeldKind]
    """Which tokens of the session were in it."""


def withheld(operation: Operation, reply: Reply, held: Held) -> Withheld:
    """Return what may be passed on of an answer; its `content` is changed in place."""
    if not reply.body:
        return Withheld(reply=reply, kinds=frozenset())
    if reply.content is None:
        # A document: nothing can be taken out of it.
        kinds = frozenset(kind for kind, _ in found_in(reply.body, held))
        return Withheld(reply=None if kinds else reply, kinds=kinds)
    text = unescaped(reply.body)
    if text is reply.body and _names_any(text, operation.hidden):
        reply = _cut_out(operation.hidden, reply) or reply
        text = reply.body
    found = found_in(text, held)
    if not found and not _names_any(text, operation.hidden):
        return Withheld(reply=reply, kinds=frozenset())
    search = _Search(operation.hidden, found)
    try:
        content = search.without(reply.content)
        body = b"" if content is _GONE else _written(content)
        # It is looked for in texts, and may be a number.
        is_clean = body and not any(form.encode() in unescaped(body) for _, form in found)
        left = replace(reply, body=body, content=content) if is_clean else None
    except (ValueError, RecursionError):
        # Nested too deeply, or with a number that is none once it is read.
        left = None
    # Of two properties of one name only the last is read, and what stood in the other has gone as well.
    unread = {kind for kind, _ in found} - search.kinds_in_hidden
    return Withheld(reply=left, kinds=frozenset(search.kinds | unread))


def _names_any(text: bytes, names: Iterable[str]) -> bool:
    return any(b'"%b"' % name.encode() in text for name in names)


def _cut_out(hidden: frozenset[str], reply: Reply) -> Reply | None:
    """Return an answer without hidden properties, cut out of its bytes: to write a whole cart anew takes far longer.

    Its body has no escapes, so each quote in it begins or ends a text, and a text with a colon behind it is a name.
    None: one of the properties is no plain value.
    """
    body, left = reply.body, 0
    for name in hidden:
        cut = _without(body, b'"%b"' % name.encode())
        if cut is None:
            return None
        body, number = cut
        left += number
    # What was read loses them too. Mostly they stand at its top, so few levels are looked through.
    level = [reply.content]
    while left > 0 and level:
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                for name in hidden.intersection(value):
                    del value[name]
                    left -= 1
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        level = inner
    return replace(reply, body=body)


def _without(body: bytes, name: bytes) -> tuple[bytes, int] | None:
    """Return the body without properties of a name, which comes with its quotes, and how many there were."""
    parts, at, number = [], 0, 0
    found = body.find(name)
    while found >= 0:
        end = found + len(name)
        if (value := _PLAIN_VALUE.match(body, end)) is not None:
            start, end, number = found, value.end(), number + 1
            while body[start - 1 : start].isspace():
                start -= 1
            if start > at and body[start - 1 : start] == b",":
                start -= 1
            elif body[end : end + 1] == b",":
                end += 1
            parts.append(body[at:start])
            at = end
        elif _COLON.match(body, end):
            return None
        found = body.find(name, end)
    return b"".join([*parts, body[at:]]), number


class _Search:
    """Takes properties, and entries of lists, out of a value read from JSON."""

    def __init__(self, hidden: frozenset[str], forms: Iterable[tuple[HeldKind, str]]) -> None:
        self._hidden = hidden
        self._forms = tuple(forms)
        self.kinds: set[HeldKind] = set()
        self.kinds_in_hidden: set[HeldKind] = set()
        """What stood in hidden properties, where it may."""

    def without(self, value: Any) -> Any:
        """Return the value without them; `_GONE`: nothing of it may stay."""
        if isinstance(value, str):
            return _GONE if self._holds_token(value) else value
        if isinstance(value, dict):
            for name in [name for name in value if name in self._hidden or self._holds_token(name)]:
                self._note_hidden(value.pop(name))
            for name, inner in list(value.items()):
                if self.without(inner) is _GONE:
                    del value[name]
        elif isinstance(value, list):
            value[:] = [kept for inner in value if (kept := self.without(inner)) is not _GONE]
        return value

    def _note_hidden(self, value: Any) -> None:
        if self._forms:
            search = _Search(frozenset(), self._forms)
            search.without(value)
            self.kinds_in_hidden |= search.kinds

    def _holds_token(self, text: str) -> bool:
        if not self._forms or len(text) < SHORTEST:
            return False
        kinds = {kind for kind, form in self._forms if form in text}
        self.kinds |= kinds
        return bool(kinds)


def _written(content: Any) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Half a character, which upstream has escaped, is escaped again.
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
