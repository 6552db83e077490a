"""Documents of one customer's or company's, and JSON Patch on them (RFC 6902), as far as the services take it."""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Mapping

from bff.sandbox.bodies import JSON, nested
from bff.sandbox.replies import Detail, JsonObject, forbidden, invalid, invalid_field, not_found, unsupported_media_type
from bff.sandbox.storefront.state import Owned, Shop
from bff.sandbox.tokens import Grant
from bff.sandbox.world import Call

_OPERATIONS = frozenset({"add", "remove", "replace"})
_DEEPEST = 8


def new_owned(call: Call, document: JsonObject) -> Owned:
    """Make a document of the bearer's owner."""
    grant = call.token.grant
    return Owned(
        document=document,
        customer_id=grant.customer_id,
        session_id=grant.session_id,
        legal_entity_id=grant.legal_entity_id,
    )


def is_ours(owned: Owned, grant: Grant) -> bool:
    """Say whether a document is the bearer's owner's, or of the company that the token is for."""
    if grant.legal_entity_id is not None and owned.legal_entity_id == grant.legal_entity_id:
        return True
    if grant.customer_id is None:
        return owned.customer_id is None and owned.session_id == grant.session_id
    return owned.customer_id == grant.customer_id


def ours(documents: Mapping[str, Owned], call: Call, id: str, what: str) -> Owned:
    """Return a document that the bearer's owner may see.

    :raises Refused: 404: there is none
    """
    owned = documents.get(id)
    if owned is None or not is_ours(owned, call.token.grant):
        raise not_found(f"{what} {id} not found.")
    return owned


def all_ours(documents: Mapping[str, Owned], call: Call) -> list[JsonObject]:
    """List the documents that the bearer's owner may see, newest first."""
    return [one.document for one in reversed(list(documents.values())) if is_ours(one, call.token.grant)]


def patch(shop: Shop, owned: Owned, call: Call, *, paths: Collection[str], any_case: bool) -> None:
    """Change a document as the body says.

    :param paths: what may be changed; what is below them, too
    :param any_case: whether the operations may be in capitals
    :raises Refused: 400: it is no JSON Patch; 403: it touches anything else
    """
    changed = copy.deepcopy(owned.document)
    for step in _steps(call):
        given, path = step.get("op"), step.get("path")
        op = given.lower() if any_case and isinstance(given, str) else given
        if op not in _OPERATIONS or not isinstance(path, str) or (op != "remove" and "value" not in step):
            raise invalid_field("op", "Each step has an operation, a path and a value.")
        if not any(path == one or path.startswith(f"{one}/") for one in paths):
            raise forbidden(f"A customer cannot change {path}.")
        *parents, name = path.removeprefix("/").split("/")
        if len(parents) > _DEEPEST:
            raise invalid_field("path", "The path is too deep.")
        place = changed
        for parent in parents:
            below = place.setdefault(parent, {})
            if not isinstance(below, dict):
                raise invalid_field("path", f"There is nothing at {path}.")
            place = below
        if op == "remove":
            place.pop(name, None)
        else:
            place[name] = step["value"]
    bumped(shop, changed)
    owned.document = changed


def bumped(shop: Shop, document: JsonObject) -> None:
    """Let a document be one version on."""
    metadata = nested(document, "metadata")
    version = metadata.get("version")
    number = version if isinstance(version, int) else 0
    document["metadata"] = {**metadata, "version": number + 1, "modifiedAt": shop.time()}


def metadata(shop: Shop) -> JsonObject:
    """Return the metadata of a new document."""
    return {"version": 1, "createdAt": shop.time(), "modifiedAt": shop.time(), "mixins": {}}


def _steps(call: Call) -> list[JsonObject]:
    if call.media_type != JSON:
        raise unsupported_media_type(call.media_type)
    try:
        steps = json.loads(call.body)
    except (ValueError, RecursionError):
        raise invalid(Detail(field="", type="invalid_json", message="The body is not JSON.")) from None
    if not isinstance(steps, list) or not steps or not all(isinstance(one, dict) for one in steps):
        raise invalid_field("", "The body has to be an array of steps.")
    return steps
