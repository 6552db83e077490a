"""What the pages with the fields of an address share: which country they begin with, and how they turn to another."""

from __future__ import annotations

from bff.web.forms.choices import Offer, countries, shared, shared_states
from bff.web.forms.forms import AddressFields
from bff.web.language import gettext as _
from bff.web.language import locale_code, region
from bff.web.pages.visit import Visit


def first_country(visit: Visit) -> str | None:
    """Return the country that the shop sells to, else the one that the browser names; None: neither is known."""
    return visit.services.settings.emporix.country or region()


def offer_places(visit: Visit, form: AddressFields) -> None:
    """Offer the countries, and the states of the one that is chosen; a value of neither list is kept."""
    form.take_country()
    form.country.choices = Offer(shared(countries, locale_code(), _("Choose a country")), form.country.data)
    states = shared_states(form.rules.code, _("Choose"))
    if states is not None:
        form.state.offer(Offer(states, form.state.data))


def turns_to_another_country(form: AddressFields) -> bool:
    """Tell whether the form was sent only to see the fields of another country."""
    if not form.changeCountry.data:
        return False
    form.take_country()
    return True
