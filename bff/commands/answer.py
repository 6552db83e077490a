"""An answer as gunicorn writes it, but that what is the same in most answers is not worked out for each.

Which header is sent, what frames the body and whether the connection goes on, gunicorn's `Response` says. Here all
values are looked at in one step, which names were found sound is remembered, and the date is made once a second.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from gunicorn import util
from gunicorn.http.message import TOKEN_RE
from gunicorn.http.wsgi import Response

_PLAIN_VALUES: Final = re.compile(r"[!-~\x80-\xff]+(?:[ \t\n][!-~\x80-\xff]+)*")
"""Each in a line, and none empty or with blanks that gunicorn would take away."""
_MOST_ANSWERS: Final = 256
"""That differ in the names of their headers."""


class Answer(Response):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's, with less work for each."""

    def process_headers(self, headers: Sequence[tuple[str, str]]) -> None:
        """Take the application's headers; gunicorn says what is wrong where something is."""
        if not _have_plain_values(headers) or (at := _length_at(tuple([name for name, _ in headers]))) is None:
            super().process_headers(headers)
            return
        self.headers += headers
        if at >= 0:
            self.response_length = int(headers[at][1])

    def default_headers(self) -> list[str]:
        """Return the first lines of an answer."""
        major, minor = self.req.version
        connection = "upgrade" if self.upgrade else "close" if self.should_close() else "keep-alive"
        lines = [
            f"HTTP/{major}.{minor} {self.status}\r\n",
            f"Server: {self.version}\r\n",
            f"Date: {_date(int(time.time()))}\r\n",
            f"Connection: {connection}\r\n",
        ]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked\r\n")
        return lines


def _have_plain_values(headers: Sequence[tuple[str, Any]]) -> bool:
    try:
        joined = "\n".join([value for _, value in headers])
    except TypeError:
        return False
    # A line break inside of a value would be one more than those that were put between them.
    return joined.count("\n") == len(headers) - 1 and _PLAIN_VALUES.fullmatch(joined) is not None


@lru_cache(_MOST_ANSWERS)
def _length_at(names: tuple[Any, ...]) -> int | None:
    """Return where `Content-Length` stands, -1: nowhere; None: not all headers of these names go out as they are."""
    for name in names:
        if not isinstance(name, str) or not TOKEN_RE.fullmatch(name) or util.is_hoppish(name):
            return None
    lengths = [at for at, name in enumerate(names) if name.lower() == "content-length"]
    if len(lengths) > 1:
        return None
    return lengths[0] if lengths else -1


@lru_cache(2)
def _date(second: int) -> str:
    date: str = util.http_date(second)
    return date
