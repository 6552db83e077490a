"""The session-context document: site, currency, country and language of one session, on which prices hang.

An anonymous login may wish for them; the document itself begins with the first cart of the session.
"""

from __future__ import annotations

from bff.sandbox.bodies import Field, Kind, nested, read_body, text
from bff.sandbox.documents import touched
from bff.sandbox.replies import JsonObject, Reply, conflict, invalid_field, not_found
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import SITES
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.storefront.state import Cart, Shop
from bff.sandbox.world import Call, World

WISHES = ("siteCode", "currency", "targetLocation", "language")
"""What the query of an anonymous login may name, and a document holds."""
_UPDATE = {
    "siteCode": Field(),
    "currency": Field(min_length=3, max_length=3),
    "targetLocation": Field(min_length=2, max_length=2),
    "language": Field(),
    "context": Field(kind=Kind.OBJECT),
    "metadata": Field(
        kind=Kind.OBJECT, required=True, properties={"version": Field(kind=Kind.WHOLE_NUMBER, required=True)}
    ),
}
_ATTRIBUTE = {"key": Field(required=True, min_length=1), "value": Field(kind=Kind.ANYTHING, required=True)}


def effective(shop: Shop, session_id: str) -> JsonObject:
    """Return what is known of a session: the document, else what its anonymous login wished for."""
    return shop.contexts.get(session_id) or shop.wishes.get(session_id, {})


def wish(shop: Shop, session_id: str, query: JsonObject) -> None:
    """Keep what an anonymous login names in its query."""
    shop.wishes[session_id] = {name: query[name] for name in WISHES if query.get(name)}


def has_cart(shop: Shop, session_id: str, cart: Cart) -> None:
    """Begin the document of a session, or have it name this cart."""
    document = shop.contexts.get(session_id)
    if document is None:
        time = shop.time()
        shop.contexts[session_id] = {
            "sessionId": session_id,
            "siteCode": cart.site,
            "currency": cart.currency,
            **shop.wishes.get(session_id, {}),
            "cartId": cart.id,
            "context": {},
            "metadata": {"version": 1, "createdAt": time, "modifiedAt": time},
        }
    elif document.get("cartId") != cart.id:
        _change(shop, session_id, {"cartId": cart.id})


def lost_cart(shop: Shop, cart_id: str) -> None:
    """Take a cart that is no more out of every document."""
    for session_id, document in list(shop.contexts.items()):
        if document.get("cartId") == cart_id:
            _change(shop, session_id, {"cartId": None})


def _change(shop: Shop, session_id: str, changes: JsonObject) -> None:
    old = shop.contexts[session_id]
    new = touched(old, changes)
    version = nested(new, "metadata").get("version")
    new["metadata"] = {**nested(old, "metadata"), "version": version, "modifiedAt": shop.time()}
    new.pop("mixins", None)
    shop.contexts[session_id] = {name: value for name, value in new.items() if value is not None}


def _own(world: World, call: Call) -> tuple[Shop, str, JsonObject]:
    """Return the session's document; it is not to be had before the first cart."""
    shop, session_id = world.shops.of(call.tenant), call.token.grant.session_id
    document = shop.contexts.get(session_id)
    if document is None:
        raise not_found("The session has no context.")
    return shop, session_id, document


def _get(world: World, call: Call) -> Reply:
    _, _, document = _own(world, call)
    customer_id = call.token.grant.customer_id
    return Reply(body=document if customer_id is None else {**document, "customerId": customer_id})


def _update(world: World, call: Call) -> Reply:
    body = read_body(call, _UPDATE)
    shop, session_id, document = _own(world, call)
    version = nested(document, "metadata").get("version")
    if nested(body, "metadata").get("version") != version:
        raise conflict(f"The version of the session context is {version}.")
    changes = {name: value for name, value in body.items() if name != "metadata"}
    site = SITES.get(text({**document, **changes}, "siteCode"))
    if site is None:
        raise invalid_field("siteCode", "The site does not exist.")
    if "currency" in changes and changes["currency"] not in site.currencies:
        raise invalid_field("currency", "The site does not sell in this currency.")
    if "siteCode" in changes:
        changes.setdefault("currency", site.currencies[0])
    _change(shop, session_id, changes)
    return Reply(status=204)


def _add_attribute(world: World, call: Call) -> Reply:
    body = read_body(call, _ATTRIBUTE)
    shop, session_id, document = _own(world, call)
    key = text(body, "key")
    _change(shop, session_id, {"context": {**nested(document, "context"), key: body["value"]}})
    return Reply(status=201, body=key)


def _delete_attribute(world: World, call: Call) -> Reply:
    shop, session_id, document = _own(world, call)
    attributes = dict(nested(document, "context"))
    if attributes.pop(call.path["attributeName"], None) is None:
        raise not_found(f"Attribute {call.path['attributeName']} not found.")
    _change(shop, session_id, {"context": attributes})
    return Reply(status=204)


_OWN = "/session-context/{tenant}/me/context"
_ATTRIBUTES = f"{_OWN}/attributes"
SERVED = (
    serve(StorefrontOperation.SESSION_CONTEXT, "GET", _OWN, VISITOR, _get),
    serve(StorefrontOperation.SESSION_CONTEXT_UPDATE, "PATCH", _OWN, VISITOR, _update),
    serve(StorefrontOperation.SESSION_CONTEXT_ATTRIBUTE_ADD, "POST", _ATTRIBUTES, VISITOR, _add_attribute),
    serve(
        StorefrontOperation.SESSION_CONTEXT_ATTRIBUTE_DELETE,
        "DELETE",
        f"{_ATTRIBUTES}/{{attributeName}}",
        VISITOR,
        _delete_attribute,
    ),
)
