"""What the invented shop sells: teas, coffees, and what they are drunk from."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bff.sandbox.replies import JsonObject
from bff.sandbox.storefront.localized import Localized, text

STOCKED: Final = "2026-01-15T08:00:00.000Z"
"""When everything in the catalog was written."""
STANDARD: Final = "STANDARD"
REDUCED: Final = "REDUCED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One thing on the shelf."""

    id: str
    name: Localized
    description: Localized
    category: str
    brand: str
    labels: tuple[str, ...] = ()
    tax_class: str = STANDARD
    eur_cents: int
    """With tax, as the German site shows it."""
    usd_cents: int | None
    """Without tax, as the American site shows it; None: not sold there."""
    stock: tuple[int, int]
    """On the German and on the American site."""
    colour: str
    for_companies: bool = False
    """Whether only those see it who act for a company."""

    @property
    def image(self) -> JsonObject:
        """A picture that no other host is asked for."""
        drawing = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">'
            f'<rect width="8" height="8" fill="#f4f1ea"/><circle cx="4" cy="4" r="3" fill="{self.colour}"/></svg>'
        )
        url = f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
        return {"id": f"image-{self.id}", "url": url, "contentType": "image/svg+xml"}


def _food(id: str, category: str, names: tuple[str, str], told: tuple[str, str], cents: tuple[int, int]) -> Product:
    return Product(
        id=id,
        name=text(*names),
        description=text(*told),
        category=category,
        brand="morning-post",
        labels=("organic",),
        tax_class=REDUCED,
        eur_cents=cents[0],
        usd_cents=cents[1],
        stock=(120, 60),
        colour="#6b8f3c" if category == "tea" else "#5b3a21",
    )


def _ware(
    id: str,
    category: str,
    names: tuple[str, str],
    told: tuple[str, str],
    cents: tuple[int, int | None],
    *,
    labels: tuple[str, ...] = (),
    stock: tuple[int, int] = (25, 12),
    for_companies: bool = False,
) -> Product:
    return Product(
        id=id,
        name=text(*names),
        description=text(*told),
        category=category,
        brand="kiln-nine",
        labels=labels,
        eur_cents=cents[0],
        usd_cents=cents[1],
        stock=stock,
        colour="#3c6b8f",
        for_companies=for_companies,
    )


_ALL: Final = (
    _food("sencha", "tea", ("Sencha, 100 g", "Sencha, 100 g"), ("A green tea.", "Ein grüner Tee."), (890, 990)),
    _food("assam", "tea", ("Assam, 100 g", "Assam, 100 g"), ("A strong black tea.", "Ein kräftiger Tee."), (690, 790)),
    _food("oolong", "tea", ("Oolong, 50 g", "Oolong, 50 g"), ("Half fermented.", "Halb fermentiert."), (1190, 1290)),
    _food("mint", "tea", ("Mint, 40 g", "Minze, 40 g"), ("Leaves of mint.", "Blätter der Minze."), (450, 550)),
    _food("rooibos", "tea", ("Red bush, 100 g", "Rotbusch, 100 g"), ("Mild.", "Mild."), (590, 690)),
    _food("huehue", "coffee", ("Huehue beans, 250 g", "Bohnen Huehue, 250 g"), ("Nutty.", "Nussig."), (1090, 1190)),
    _food("sidamo", "coffee", ("Sidamo beans, 250 g", "Bohnen Sidamo, 250 g"), ("Fruity.", "Fruchtig."), (1250, 1390)),
    _food("decaf", "coffee", ("Decaf, ground, 250 g", "Entkoffeiniert, 250 g"), ("Calm.", "Ruhig."), (1150, 1290)),
    _ware("cup-blue", "cups", ("Blue cup", "Blaue Tasse"), ("Holds 200 ml.", "Fasst 200 ml."), (1490, 1590)),
    _ware("cup-white", "cups", ("White cup", "Weiße Tasse"), ("Holds 200 ml.", "Fasst 200 ml."), (1390, 1490)),
    _ware("bowl-tea", "cups", ("Tea bowl", "Teeschale"), ("Without a handle.", "Ohne Henkel."), (1990, 2190)),
    _ware(
        "teapot",
        "pots",
        ("Teapot, 1 l", "Teekanne, 1 l"),
        ("Thrown by hand.", "Von Hand gedreht."),
        (5900, 6500),
        labels=("handmade", "new"),
    ),
    _ware(
        "kettle",
        "pots",
        ("Kettle, 1.2 l", "Wasserkessel, 1,2 l"),
        ("For every stove.", "Für jeden Herd."),
        (7900, 8500),
        labels=("new",),
        stock=(4, 0),
    ),
    _ware(
        "dripper",
        "pots",
        ("Coffee dripper", "Kaffeefilter"),
        ("Sold in Europe only.", "Nur in Europa."),
        (3400, None),
        labels=("handmade",),
        stock=(0, 0),
    ),
    _ware(
        "cup-crate",
        "cups",
        ("Crate of 48 cups", "Kiste mit 48 Tassen"),
        ("For companies.", "Für Firmen."),
        (49900, 52900),
        for_companies=True,
    ),
)
PRODUCTS: Final[Mapping[str, Product]] = {one.id: one for one in _ALL}


def item_yrn(tenant: str, product_id: str) -> str:
    """Return the name that the platform gives a product."""
    return f"urn:yaas:saasag:caasproduct:product:{tenant};{product_id}"


def product_of(item_yrn: str) -> str:
    """Return the product that a platform's name ends with."""
    return item_yrn.rpartition(";")[2]
