"""The example shop at `/shop`: the shell that its modules fill, with every text in the language of the page.

It is there where `BFF_EXAMPLE_SHOP` is on. The shell is the same for everybody. Who the visitor is, and all of an
account, the modules in `static/shop` ask for over the JSON routes; so nothing of a session may get into it here.
Products, cart, checkout and orders are there where the operations that they need are declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from bff.web import paths
from bff.web.declared import Declared, Need, declare
from bff.web.forms.choices import Offer, countries, currencies, languages, shared
from bff.web.forms.forms import AddressForm, LoginForm
from bff.web.forms.profile_form import ProfileForm
from bff.web.language import gettext as _
from bff.web.language import locale_code
from bff.web.rendering import render
from bff.web.session_interface import browser_session
from bff.wiring import Services

_NOT_SENT = {"csrf": False}
"""The fields are drawn as in the forms of the pages, but no browser sends them: a token would be of no use."""


STORE_ROWS: Final = frozenset(
    {
        *("products", "product", "prices_match", "availability_search", "sites", "session_context"),
        *("session_context_update", "cart", "cart_create", "cart_by_id", "cart_validate", "cart_refresh"),
        *("cart_change_site", "cart_change_currency", "cart_item_add", "cart_item_update", "cart_item_delete"),
        *("cart_discount_add", "cart_discount_delete", "shipping_quote", "payment_modes", "checkout_order"),
        *("orders", "order"),
    }
)
"""What the modules ask for beside the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    """Where a visitor shops who has chosen nothing."""

    site: str
    sites: str
    """All that can be chosen, with `,` between them."""
    currency: str
    country: str


def make_blueprint(services: Services) -> Blueprint:
    """Return the page; 404 where the example shop is off."""
    blueprint = Blueprint("shop", __name__)
    is_on = services.settings.features.example_shop
    store = _store(services)

    @blueprint.get(paths.SHOP)
    def shop() -> ResponseReturnValue:
        if not is_on:
            abort(404)
        # A customer's language is part of the session.
        browser_session().resume()
        return render(
            "shop.html",
            who=None,
            visitor_is_known=False,
            language_choice=None,
            store=store,
            sign_in=LoginForm(formdata=None, meta=_NOT_SENT),
            profile=_profile(),
            address=_address(),
        )

    declare(blueprint, shop.__name__, Declared(need=Need.ANYONE))
    return blueprint


def _store(services: Services) -> _Store | None:
    emporix = services.settings.emporix
    if emporix.site is None or not services.operations.keys() >= STORE_ROWS:
        return None
    sites = [emporix.site, *sorted(emporix.sites - {emporix.site})]
    return _Store(
        site=emporix.site, sites=",".join(sites), currency=emporix.currency or "", country=emporix.country or ""
    )


def _profile() -> ProfileForm:
    form, tongue, unchosen = ProfileForm(formdata=None, meta=_NOT_SENT), locale_code(), _("Not chosen")
    form.preferredLanguage.choices = Offer(shared(languages, tongue, unchosen), None)
    form.preferredCurrency.choices = Offer(shared(currencies, tongue, unchosen), None)
    return form


def _address() -> AddressForm:
    form = AddressForm(formdata=None, meta=_NOT_SENT)
    form.country.choices = Offer(shared(countries, locale_code(), _("Choose a country")), None)
    return form
