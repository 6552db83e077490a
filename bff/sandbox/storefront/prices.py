"""Prices: what one costs on a site, and matched by the context of a session."""

from __future__ import annotations

from bff.sandbox.bodies import Field, Kind, nested, read_body
from bff.sandbox.replies import JsonObject, Reply, invalid_field
from bff.sandbox.storefront.catalog import visible
from bff.sandbox.storefront.contexts import effective
from bff.sandbox.storefront.goods import STOCKED, Product
from bff.sandbox.storefront.money import amount, quantity_of, split
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import SITES, Site
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.world import Call, World

_COMPANIES_PAY_PERCENT = 90
_MATCH = {"items": Field(kind=Kind.OBJECTS, required=True)}


def unit_cents(product: Product, site: Site, currency: str, legal_entity_id: str | None) -> int | None:
    """Return what one costs; companies pay less. None: it is not sold so."""
    cents = site.price_cents(product, currency)
    if cents is None or legal_entity_id is None:
        return cents
    return cents * _COMPANIES_PAY_PERCENT // 100


def price_id(product: Product, site: Site, currency: str) -> str:
    """Return the id of a price."""
    return f"price-{product.id}-{site.code}-{currency.lower()}"


def _match(world: World, call: Call) -> Reply:
    items = read_body(call, _MATCH)["items"]
    context = effective(world.shops.of(call.tenant), call.token.grant.session_id)
    site, currency, country = (
        SITES.get(str(context.get("siteCode"))),
        context.get("currency"),
        context.get("targetLocation"),
    )
    if site is None or not isinstance(currency, str) or country not in site.countries:
        return Reply(body=[])
    found = []
    products = {one.id: one for one in visible(call)}
    for item in items if isinstance(items, list) else []:
        product = products.get(str(nested(item, "itemId").get("id")))
        quantity = quantity_of(nested(item, "quantity").get("quantity", 1))
        if quantity is None:
            raise invalid_field("items.quantity.quantity", "The quantity has to be a number above zero.")
        if product is None:
            continue
        cents = unit_cents(product, site, currency, call.token.grant.legal_entity_id)
        if cents is not None:
            unit = nested(item, "quantity").get("unitCode", "pc")
            found.append(_matched(product, site, currency, str(country), cents, quantity, unit))
    return Reply(body=found)


def _matched(
    product: Product, site: Site, currency: str, country: str, cents: int, quantity: float, unit: object
) -> JsonObject:
    rate, total = site.tax_rates[product.tax_class], round(cents * quantity)
    one, all_of_it = (split(value, rate, includes_tax=site.includes_tax).spelled() for value in (cents, total))
    return {
        "priceId": price_id(product, site, currency),
        "itemRef": {"itemType": "PRODUCT", "id": product.id},
        "site": {"code": site.code, "includesTax": site.includes_tax},
        "currency": currency,
        "location": {"countryCode": country},
        "originalValue": amount(cents),
        "effectiveValue": amount(cents),
        "totalValue": amount(total),
        "quantity": {"quantity": quantity, "unitCode": unit},
        "includesTax": site.includes_tax,
        "tax": {
            "taxClass": product.tax_class,
            "taxRate": rate,
            "prices": {"originalValue": one, "effectiveValue": one, "totalValue": all_of_it},
        },
        "mixins": {},
        "metadata": {"version": "1", "createdAt": STOCKED, "modifiedAt": STOCKED},
    }


SERVED = (serve(StorefrontOperation.PRICES_MATCH, "POST", "/price/{tenant}/match-prices-by-context", VISITOR, _match),)
