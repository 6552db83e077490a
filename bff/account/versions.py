"""Optimistic locking over `metadata.version`, for writes that name the version they are based on.

How upstream answers a stale version on PATCH is not documented. So the version is compared before the write, and sent
along with it, for upstream to compare again; between the two there is no gap that loses a change unseen.
"""

from __future__ import annotations

from typing import Any

from bff.errors import Detail, InvalidInput, UpstreamRejected

_STALE = frozenset({400, 409, 412})
"""How upstream was seen to refuse a version that is no longer the newest."""
_TOO_LARGE = 10**15
"""No counter of writes gets there, and a tag has no more than fifteen digits."""


def version_of(content: Any) -> int | None:
    """Return the version of a profile or an address; None where it has none."""
    version = _named(content)
    is_one = isinstance(version, int) and not isinstance(version, bool) and 0 <= version < _TOO_LARGE
    return version if is_one else None


def names_version(content: Any) -> bool:
    """Tell whether a write names the version that it is based on, be it one that no record can have."""
    return _named(content) is not None


def with_version(content: dict[str, Any], version: int) -> dict[str, Any]:
    """Return the body of a write that upstream compares the version of.

    :raises InvalidInput: the body names another version
    """
    metadata = content.get("metadata") or {}
    if metadata.get("version", version) != version:
        raise InvalidInput(Detail(field="metadata.version", type="invalid_value", message="This contradicts If-Match."))
    return {**content, "metadata": {**metadata, "version": version}}


def _named(content: Any) -> Any:
    metadata = content.get("metadata") if isinstance(content, dict) else None
    return metadata.get("version") if isinstance(metadata, dict) else None


def says_stale(err: UpstreamRejected) -> bool:
    """Tell whether upstream refused a write because its version is no longer the newest."""
    words = " ".join([err.message, *(f"{d.field} {d.message}" for d in err.details)]).lower()
    return err.status == 409 or (err.status in _STALE and "version" in words)
