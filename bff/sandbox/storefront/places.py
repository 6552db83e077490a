"""Sites, countries, regions and currencies: the shop has a site for Europe and one for America."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bff.sandbox.replies import JsonObject, Refused, Reply, error_message, not_found
from bff.sandbox.storefront.goods import REDUCED, STANDARD, STOCKED, Product
from bff.sandbox.storefront.listing import listed, shown
from bff.sandbox.storefront.localized import text
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.world import Call, World

MAIN_SITE: Final = "main"
"""The site of Europe."""
OTHER_SITE: Final = "us"
"""The site of America."""
_CHF_PER_EUR: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One storefront of the tenant."""

    code: str
    name: str
    currencies: tuple[str, ...]
    """The first is the site's own."""
    countries: tuple[str, ...]
    """Where it delivers to; prices are matched for these."""
    languages: tuple[str, ...]
    includes_tax: bool
    """Whether its prices do."""
    tax_rates: Mapping[str, float]
    """In percent, by tax class."""
    address: JsonObject

    def price_cents(self, product: Product, currency: str) -> int | None:
        """Return what one costs here; None: there is no price."""
        if currency not in self.currencies:
            return None
        if currency == "USD":
            return product.usd_cents
        return round(product.eur_cents * _CHF_PER_EUR) if currency == "CHF" else product.eur_cents

    def stock(self, product: Product) -> int:
        """Return how many there were of it at first."""
        return product.stock[0 if self.code == MAIN_SITE else 1]


SITES: Final[Mapping[str, Site]] = {
    one.code: one
    for one in (
        Site(
            code=MAIN_SITE,
            name="Kettle & Kiln Europe",
            currencies=("EUR", "CHF"),
            countries=("DE", "AT", "CH", "PL"),
            languages=("en", "de"),
            includes_tax=True,
            tax_rates={STANDARD: 19.0, REDUCED: 7.0},
            address={"street": "Platz der Republik", "zipCode": "11011", "city": "Berlin", "country": "DE"},
        ),
        Site(
            code=OTHER_SITE,
            name="Kettle & Kiln America",
            currencies=("USD",),
            countries=("US",),
            languages=("en",),
            includes_tax=False,
            tax_rates={STANDARD: 8.0, REDUCED: 0.0},
            address={"street": "Main Street", "zipCode": "97035", "city": "Lake Oswego", "country": "US"},
        ),
    )
}
_COUNTRIES: Final = {
    "DE": (text("Germany", "Deutschland"), "EUROPE"),
    "AT": (text("Austria", "Österreich"), "EUROPE"),
    "CH": (text("Switzerland", "Schweiz"), "EUROPE"),
    "PL": (text("Poland", "Polen"), "EUROPE"),
    "US": (text("United States", "Vereinigte Staaten"), "AMERICA"),
}
_REGIONS: Final = {"EUROPE": text("Europe", "Europa"), "AMERICA": text("America", "Amerika")}
_CURRENCIES: Final = {
    "EUR": text("Euro", "Euro"),
    "CHF": text("Swiss franc", "Schweizer Franken"),
    "USD": text("US dollar", "US-Dollar"),
}
_METADATA: Final[JsonObject] = {"version": 1, "createdAt": STOCKED, "modifiedAt": STOCKED}


def site_of(code: object) -> Site:
    """Return a site.

    :raises Refused: 400: there is none of this code
    """
    site = SITES.get(code) if isinstance(code, str) else None
    if site is None:
        raise Refused(error_message(400, "bad_request", f"The site {code!r} does not exist."))
    return site


def _list_sites(world: World, call: Call) -> Reply:
    sites = [_shown(one) for one in SITES.values()]
    wants = call.query.get("totalCount", "").lower() == "true"
    return listed(call, sites, total_header="X-Count", wants_total=wants)


def _get_site(world: World, call: Call) -> Reply:
    site = SITES.get(call.path["siteCode"])
    if site is None:
        raise not_found(f"Site {call.path['siteCode']} not found.")
    return shown(call, _shown(site))


def _shown(site: Site) -> JsonObject:
    return {
        "code": site.code,
        "name": site.name,
        "active": True,
        "default": site.code == MAIN_SITE,
        "includesTax": site.includes_tax,
        "defaultLanguage": site.languages[0],
        "languages": list(site.languages),
        "currency": site.currencies[0],
        "availableCurrencies": list(site.currencies),
        "homeBase": {"address": dict(site.address), "timezone": "UTC"},
        "shipToCountries": list(site.countries),
        "metadata": {"version": 1, "mixins": {}},
        "mixins": {},
    }


def _list_countries(world: World, call: Call) -> Reply:
    return listed(call, map(_country, _COUNTRIES), filters=("name", "code", "active", "regions"))


def _get_country(world: World, call: Call) -> Reply:
    if call.path["countryCode"] not in _COUNTRIES:
        raise not_found(f"Country {call.path['countryCode']} not found.")
    return shown(call, _country(call.path["countryCode"]))


def _country(code: str) -> JsonObject:
    name, region = _COUNTRIES[code]
    return {"code": code, "name": name, "regions": [region], "active": True, "metadata": _METADATA}


def _list_regions(world: World, call: Call) -> Reply:
    regions = [{"code": code, "name": name, "metadata": _METADATA} for code, name in _REGIONS.items()]
    return listed(call, regions, filters=("name", "code"))


def _list_currencies(world: World, call: Call) -> Reply:
    currencies = [{"code": code, "name": name, "metadata": _METADATA} for code, name in _CURRENCIES.items()]
    return listed(call, currencies, filters=("name", "code"))


SERVED = (
    serve(StorefrontOperation.SITES, "GET", "/site/{tenant}/sites", VISITOR, _list_sites),
    serve(StorefrontOperation.SITE, "GET", "/site/{tenant}/sites/{siteCode}", VISITOR, _get_site),
    serve(StorefrontOperation.COUNTRIES, "GET", "/country/{tenant}/countries", VISITOR, _list_countries),
    serve(StorefrontOperation.COUNTRY, "GET", "/country/{tenant}/countries/{countryCode}", VISITOR, _get_country),
    serve(StorefrontOperation.REGIONS, "GET", "/country/{tenant}/regions", VISITOR, _list_regions),
    serve(StorefrontOperation.CURRENCIES, "GET", "/currency/{tenant}/currencies", VISITOR, _list_currencies),
)
