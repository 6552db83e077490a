"""An answer as gunicorn writes it, but that what is the same in most answers is not worked out for each.

Which header is sent, what frames the body and whether the connection goes on, gunicorn's `Response` says. Here all
values are looked at in one step, names that were found sound are remembered, and the date is made once a second.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from gunicorn import util
from gunicorn.http.message import TOKEN_RE
from gunicorn.http.wsgi import HEADER_VALUE_RE, Response

_VALUES: Final = re.compile(rf"{HEADER_VALUE_RE.pattern}(?:\n{HEADER_VALUE_RE.pattern})*")
_MOST_NAMES: Final = 256


class Answer(Response):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's, with less work for each."""

    def process_headers(self, headers: Sequence[tuple[str, str]]) -> None:
        """Take the application's headers; gunicorn says what is wrong where something is."""
        if not _have_sound_values(headers):
            super().process_headers(headers)
            return
        for name, value in headers:
            if isinstance(name, str) and _is_plain(name):
                self.headers.append((name, value.strip(" \t")))
            else:
                super().process_headers([(name, value)])

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


def _have_sound_values(headers: Sequence[tuple[str, Any]]) -> bool:
    try:
        joined = "\n".join([value for _, value in headers])
    except TypeError:
        return False
    # A line break inside of a value would be one more than those that were put between them.
    return joined.count("\n") == max(0, len(headers) - 1) and _VALUES.fullmatch(joined) is not None


@lru_cache(_MOST_NAMES)
def _is_plain(name: str) -> bool:
    """Tell whether a header of this name goes out as it is."""
    return TOKEN_RE.fullmatch(name) is not None and name.lower() != "content-length" and not util.is_hoppish(name)


@lru_cache(2)
def _date(second: int) -> str:
    date: str = util.http_date(second)
    return date
