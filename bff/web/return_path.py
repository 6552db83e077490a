"""Where a browser may be sent back to: home, the account, and what the operator adds; or else the default.

What is not plainly a path here is refused, not repaired: `//e`, `/\\e`, `/%09/e`, `/x/..//e` and their kin all mean
another site to some browser. Of our own routes none but `/` and `/account…` is led to: `/login/social` acts when it is
opened, and after our own redirect a browser calls that a click on our page.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlencode

from flask import request

from bff.config.return_paths import SEGMENT
from bff.web.paths import ACCOUNT, HOME

_QUERY = re.compile(r"[A-Za-z0-9._~=&-]{1,256}")
_MAX_CHARACTERS = 512


def safe_return_path(value: str | None, default: str, *, added: Collection[str] = ()) -> str:
    """Return `value` if a visitor may be led there, else `default`.

    :param added: paths that are allowed besides, with all below them (`BFF_RETURN_PATHS`)
    """
    if not value or not is_plain_path(value):
        return default
    path = value.partition("?")[0]
    allowed = path == HOME or any(path == root or path.startswith(root + "/") for root in (ACCOUNT, *added))
    return value if allowed else default


def is_plain_path(value: str) -> bool:
    """Tell whether every browser takes this for a path of the same origin.

    It consists of segments of plain characters, perhaps with a slash at the end, and a plain query of at most 256.
    """
    path, mark, query = value.partition("?")
    if len(path) > _MAX_CHARACTERS or not path.startswith("/") or (mark and not _QUERY.fullmatch(query)):
        return False
    segments = path[1:].removesuffix("/").split("/")
    return path == HOME or all(SEGMENT.fullmatch(segment) for segment in segments)


def path_to_come_back_to() -> str:
    """Return the path of the request at hand, with its query where that may come along."""
    asked = f"{request.path}?{urlencode(list(request.args.items(multi=True)))}"
    return asked if is_plain_path(asked) else request.path
