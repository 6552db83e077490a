"""Size and media type of a request body, before anything looks into it."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from bff.errors import PayloadTooLarge, UnsupportedMediaType
from bff.operations.model import Route

MAX_BODY_BYTES = 64 * 1024


def check_size() -> None:
    """Read the body, if it is not larger than it may be.

    :raises PayloadTooLarge:
    """
    try:
        request.get_data(cache=True)
    except RequestEntityTooLarge:
        raise PayloadTooLarge from None


def check_media_type(route: Route) -> None:
    """Refuse a body that is not of a type the route reads; where none is sent and none required, any type will do.

    :raises UnsupportedMediaType:
    """
    needs_body = route.body is not None and route.body_required
    if not needs_body and not request.get_data(cache=True):
        return
    if request.mimetype not in route.media_types:
        raise UnsupportedMediaType
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType
