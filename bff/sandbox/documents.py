"""Writing a stored document: optimistic locking, plain PATCH and JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

import copy

from bff.sandbox.bodies import nested
from bff.sandbox.replies import JsonObject, conflict


def written(stored: JsonObject, body: JsonObject, *, merge: bool) -> JsonObject:
    """Return the document after a PATCH, one version on; `stored` stays as it is.

    :param merge: whether the body is a merge patch; else each property it has takes the stored one's place
    :raises Refused: 409 (not in the contract): the body names a version that is not the newest
    """
    metadata = nested(stored, "metadata")
    version = metadata.get("version")
    named = nested(body, "metadata").get("version")
    if named is not None and named != version:
        raise conflict(f"The version of the resource is {version}, not {named}.")
    if not body:
        return stored
    new = copy.deepcopy(stored)
    if merge:
        new = _merged(new, body)
    else:
        new.update(copy.deepcopy({k: v for k, v in body.items() if k != "metadata"}))
        new["metadata"] = {**metadata, **nested(body, "metadata")}
    _bump(new, version)
    return new


def touched(stored: JsonObject, changes: JsonObject) -> JsonObject:
    """Return the document with some properties replaced, one version on."""
    new = {**copy.deepcopy(stored), **changes}
    _bump(new, nested(stored, "metadata").get("version"))
    return new


def _bump(document: JsonObject, version: object) -> None:
    number = version if isinstance(version, int) else 0
    mixins = nested(nested(document, "metadata"), "mixins")
    document["metadata"] = {"mixins": mixins, "version": number + 1}
    document.setdefault("mixins", {})


def _merged(target: JsonObject, patch: JsonObject) -> JsonObject:
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            merged[name] = _merged(nested(merged, name), value)
        else:
            merged[name] = copy.deepcopy(value)
    return merged
