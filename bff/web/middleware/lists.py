"""Header fields that are lists, as long as no browser makes them: not read, or refused.

gunicorn joins up to a hundred lines of one field, and Werkzeug makes an object of each entry, with every request: half
a second of processor for a GET. What RFC 9110 allows a server to ignore (12.5, 13.1.2, 14.2) is ignored then.
"""

from __future__ import annotations

from typing import Final

from flask import Request

from bff.errors import Detail, InvalidInput

LONGEST_CHARACTERS: Final = 2000
_MAY_BE_IGNORED: Final = (
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_CHARSET",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_RANGE",
)


def check_lists(request: Request) -> None:
    """Take lists out of the request that are too long to read.

    :raises InvalidInput: `If-Match` is one; to ignore it would let a write through that it was to stop
    """
    environ = request.environ
    for name in _MAY_BE_IGNORED:
        if name in environ and len(environ[name]) > LONGEST_CHARACTERS:
            del environ[name]
    if len(environ.get("HTTP_IF_MATCH", "")) > LONGEST_CHARACTERS:
        raise InvalidInput(Detail(field="If-Match", type="invalid_value", message='Expected one tag such as "3".'))
