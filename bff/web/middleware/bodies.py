"""Size and media type of a request body, before anything looks into it."""

from __future__ import annotations

from flask import Request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge

from bff.errors import Detail, InvalidInput, PayloadTooLarge, UnsupportedMediaType
from bff.operations.declared import MAX_BODY_BYTES
from bff.operations.model import JSON, Route

BEYOND = 1
READ_AT_MOST_BYTES = MAX_BODY_BYTES + BEYOND
"""Werkzeug cuts a body without `Content-Length` at its limit and says nothing; the byte beyond tells."""


def body_of(request: Request) -> bytes:
    """Return the body, which is kept; Werkzeug sets up a stream to read it, also where none was sent (RFC 9112 6.3)."""
    environ = request.environ
    if "CONTENT_LENGTH" not in environ and "HTTP_TRANSFER_ENCODING" not in environ:
        return b""
    return request.get_data(cache=True)


def check_size(request: Request, most_bytes: int = MAX_BODY_BYTES) -> None:
    """Read the body, if it is whole and not larger than it may be.

    :param most_bytes: of the route; where it is not the usual one, nothing may have read the body before
    :raises PayloadTooLarge: it is longer
    :raises InvalidInput: it broke off, or its chunks are not HTTP's
    """
    if most_bytes != MAX_BODY_BYTES:
        request.max_content_length = most_bytes + BEYOND
    try:
        body = body_of(request)
    except RequestEntityTooLarge:
        raise PayloadTooLarge(most_bytes) from None
    except ParseException:
        raise InvalidInput(Detail(type="invalid_value", message="The body's chunks cannot be read.")) from None
    # `bff serve` does not wait for the end of a body that says it is too large.
    if max(len(body), request.content_length or 0) > most_bytes:
        raise PayloadTooLarge(most_bytes)
    if "CONTENT_LENGTH" in request.environ and len(body) < (request.content_length or 0):
        raise InvalidInput(Detail(type="invalid_value", message="The body is shorter than its Content-Length."))


def check_media_type(request: Request, route: Route | None) -> None:
    """Refuse a body that is not of a type the route reads; where none is sent and none required, any type will do.

    :param route: None for a JSON route that no operation is behind
    :raises UnsupportedMediaType: the route does not read this type, or the charset is not UTF-8
    """
    if (route is None or not route.needs_body) and not body_of(request):
        return
    if request.mimetype not in (route.media_types if route is not None else (JSON,)):
        raise UnsupportedMediaType
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType
