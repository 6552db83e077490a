"""Quotes: a cart with its prices, which the customer accepts or declines; and the reasons that there are for it."""

from __future__ import annotations

import copy
from typing import Final

from bff.sandbox.bodies import Field, Kind, nested, read_body, text
from bff.sandbox.replies import JsonObject, Refused, Reply, error_message, not_found
from bff.sandbox.storefront.cart_book import own_cart, shown_line
from bff.sandbox.storefront.goods import STOCKED
from bff.sandbox.storefront.listing import listed, shown
from bff.sandbox.storefront.localized import text as localized
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.patches import all_ours, metadata, new_owned, ours, patch
from bff.sandbox.storefront.serving import CUSTOMER, serve
from bff.sandbox.storefront.state import Cart, Owned, Shop, new_id
from bff.sandbox.storefront.totals import totals
from bff.sandbox.world import Call, World

_CREATE = {
    "cartId": Field(required=True),
    "billingAddressId": Field(),
    "shippingAddressId": Field(),
    "shipping": Field(kind=Kind.OBJECT),
    "companyName": Field(),
    "customerReference": Field(),
    "customerComment": Field(),
    "validTo": Field(),
    "mixins": Field(kind=Kind.OBJECT),
}
_ACCEPTED = "ACCEPTED"
_PATHS = ("/status", "/customerReference", "/customerComment")
_REASONS: Final = {
    "too-dear": ("PRICE_TOO_HIGH", "CHANGE", localized("The price is too high", "Der Preis ist zu hoch")),
    "not-needed": ("NOT_NEEDED", "DECLINE", localized("No longer needed", "Nicht mehr gebraucht")),
}


def accepted_quote(world: World, call: Call, quote_id: str) -> tuple[Shop, Owned]:
    """Return a quote that may be ordered.

    :raises Refused: 404: it is not the customer's; 400: it is not accepted, or was ordered before
    """
    shop = world.shops.of(call.tenant)
    quote = ours(shop.quotes, call, quote_id, "Quote")
    if nested(quote.document, "status").get("value") != _ACCEPTED:
        raise Refused(error_message(400, "bad_request", "The quote is not accepted."))
    return shop, quote


def ordered(shop: Shop, quote: Owned) -> tuple[Cart, JsonObject]:
    """Return what a quote was about, and what an order of it needs beside that."""
    return shop.quoted[str(quote.document["id"])], {"customer": dict(nested(quote.document, "customer"))}


def _list(world: World, call: Call) -> Reply:
    return listed(call, all_ours(world.shops.of(call.tenant).quotes, call))


def _create(world: World, call: Call) -> Reply:
    body = read_body(call, _CREATE)
    customer = call.customer(world)
    shop, cart = own_cart(world, call, text(body, "cartId"))
    if not cart.items:
        raise Refused(error_message(400, "bad_request", "The cart is empty."))
    of_it = totals(shop, cart)
    id = new_id()
    document: JsonObject = {
        **body,
        "id": id,
        "businessModel": "B2C" if call.token.grant.legal_entity_id is None else "B2B",
        "customer": {
            "customerId": customer.id,
            "firstName": customer.document.get("firstName", ""),
            "lastName": customer.document.get("lastName", ""),
            "contactEmail": customer.contact_email,
            "email": customer.contact_email,
        },
        "siteCode": cart.site,
        "currency": cart.currency,
        "status": {"value": "OPEN"},
        "items": [shown_line(line, of_it, call.tenant) for line in of_it.lines],
        "totalPrice": of_it.final.spelled(),
        "subtotalPrice": of_it.final.spelled(),
        "metadata": metadata(shop),
    }
    shop.quotes[id] = new_owned(call, document)
    shop.quoted[id] = copy.deepcopy(cart)
    return Reply(status=201, body={"id": id})


def _named(world: World, call: Call) -> tuple[Shop, Owned]:
    shop = world.shops.of(call.tenant)
    return shop, ours(shop.quotes, call, call.path["quoteId"], "Quote")


def _get(world: World, call: Call) -> Reply:
    return shown(call, _named(world, call)[1].document)


def _update(world: World, call: Call) -> Reply:
    patch(*_named(world, call), call, paths=_PATHS, any_case=True)
    return Reply(status=204)


def _pdf(world: World, call: Call) -> Reply:
    _, quote = _named(world, call)
    return Reply(pdf=_page(f"Quote {quote.document['id']}"))


def _page(title: str) -> bytes:
    """Make a document of one line (ISO 32000-1, 7.5)."""
    drawing = f"BT /F 24 Tf 72 720 Td ({title}) Tj ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F 5 0 R>> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    whole, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return (
        whole
        + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            count,
            table,
            count,
            len(whole),
        )
    )


def _reason(id: str) -> JsonObject:
    code, type, message = _REASONS[id]
    about = {"version": 1, "createdAt": STOCKED, "modifiedAt": STOCKED}
    return {"id": id, "code": code, "type": type, "message": message, "metadata": about}


def _list_reasons(world: World, call: Call) -> Reply:
    return listed(call, map(_reason, _REASONS))


def _get_reason(world: World, call: Call) -> Reply:
    if call.path["quoteReasonId"] not in _REASONS:
        raise not_found(f"Quote reason {call.path['quoteReasonId']} not found.")
    return shown(call, _reason(call.path["quoteReasonId"]))


_OWN = "/quote/{tenant}/quotes"
_ONE = f"{_OWN}/{{quoteId}}"
_REASONS_PATH = "/quote/{tenant}/quote-reasons"
SERVED = (
    serve(StorefrontOperation.QUOTES, "GET", _OWN, CUSTOMER, _list),
    serve(StorefrontOperation.QUOTE_CREATE, "POST", _OWN, CUSTOMER, _create),
    serve(StorefrontOperation.QUOTE, "GET", _ONE, CUSTOMER, _get),
    serve(StorefrontOperation.QUOTE_UPDATE, "PATCH", _ONE, CUSTOMER, _update),
    serve(StorefrontOperation.QUOTE_PDF, "POST", f"{_ONE}/pdf", CUSTOMER, _pdf),
    serve(StorefrontOperation.QUOTE_REASONS, "GET", _REASONS_PATH, CUSTOMER, _list_reasons),
    serve(StorefrontOperation.QUOTE_REASON, "GET", f"{_REASONS_PATH}/{{quoteReasonId}}", CUSTOMER, _get_reason),
)
