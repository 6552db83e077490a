"""What is said of an address that a parcel may not reach, and whether a text could be a phone number."""

from __future__ import annotations

from bff.account.postal import Country
from bff.web.language import gettext as _

_BETWEEN_DIGITS = frozenset(" +()-/.\u2010\u2011\u2013\u00a0")
_FEWEST_DIGITS = 5


def could_be_a_phone(text: str) -> bool:
    """Tell whether a text has the digits of a phone number, and nothing else but what is written between them."""
    digits = sum(one.isdecimal() for one in text)
    return digits >= _FEWEST_DIGITS and all(one.isdecimal() or one in _BETWEEN_DIGITS for one in text)


def odd_phone() -> str:
    """Ask for another phone number."""
    return _("Enter a phone number like +49 30 901820")


def odd_postcode(rules: Country) -> str:
    """Ask for another postcode."""
    if rules.postcode_kind == "zip":
        return _("Check the ZIP code. It looks like %(example)s.") % {"example": rules.example}
    return _("Check the postal code. It looks like %(example)s.") % {"example": rules.example}


def wanted(rules: Country, name: str) -> str:
    """Ask for what a parcel needs."""
    if name == "state":
        return _state(rules.state_kind)
    if name == "zipCode":
        return _("Enter the ZIP code") if rules.postcode_kind == "zip" else _("Enter the postal code")
    return {
        "country": _("Choose a country"),
        "street": _("Enter the street and house number"),
        "city": _("Enter the town or city"),
    }[name]


def _state(kind: str) -> str:
    return {
        "state": _("Choose the state"),
        "province": _("Choose the province"),
        "prefecture": _("Choose the prefecture"),
        "county": _("Choose the county"),
    }.get(kind, _("Choose the region"))
