"""The form of the profile: it has every field, and owns those that were sent, so a page may show a few of them.

What a form does not show is neither demanded by it nor changed, kept or compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from wtforms import Field, HiddenField, SelectField, StringField
from wtforms.validators import DataRequired, Regexp, StopValidation

from bff.web.forms.fields import PageForm, at_most, new_email_field, text_field
from bff.web.language import lazy_gettext as _

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("firstName", "middleName", "lastName"),
        "email": ("contactEmail",),
        "phone": ("contactPhone",),
        "company": ("company", "companyRegistrationId"),
        "language": ("preferredLanguage",),
        "currency": ("preferredCurrency",),
        "site": ("preferredSite",),
    }
)
"""What is changed together, by the word for it in the page's query."""

_FIELDS: Final = frozenset(name for names in SECTIONS.values() for name in names)
_CODE: Final = r"(?:[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})*)?\Z"
_CURRENCY: Final = r"(?:[A-Z]{3})?\Z"
_BASIS_CHARACTERS: Final = 32


def _if_sent(form: PageForm, field: Field) -> None:
    if not field.raw_data:
        raise StopValidation


def _demanded(message: str) -> StringField:
    return text_field(_if_sent, DataRequired(message))


def _choice(pattern: str, message: str) -> SelectField:
    return SelectField(validate_choice=False, validators=[_if_sent, Regexp(pattern, message=message)])


class ProfileForm(PageForm):
    """Everything of the profile that a customer may change."""

    firstName = _demanded(_("Enter your first name"))  # noqa: N815
    middleName = text_field()  # noqa: N815
    lastName = _demanded(_("Enter your last name"))  # noqa: N815
    contactPhone = text_field()  # noqa: N815
    company = text_field()
    companyRegistrationId = text_field()  # noqa: N815
    contactEmail = new_email_field(_if_sent)  # noqa: N815
    preferredLanguage = _choice(_CODE, _("Choose a language from the list"))  # noqa: N815
    preferredCurrency = _choice(_CURRENCY, _("Choose a currency from the list"))  # noqa: N815
    preferredSite = SelectField(validate_choice=False, validators=[_if_sent, at_most(128)])  # noqa: N815
    version = HiddenField()
    unshown = HiddenField()
    """Properties that the page could not show, separated by commas."""
    contactEmailBefore = HiddenField()  # noqa: N815
    companyRegistrationIdBefore = HiddenField()  # noqa: N815
    change = HiddenField()
    """The sections that a page shows, separated by commas."""
    basis = HiddenField()
    """A hash of what they held when it was shown."""

    def validate_contactEmail(self, field: Field) -> None:  # noqa: N802
        """Upstream keeps a contact e-mail for good: leaving it out would look like a change and be none."""
        if not field.data and self.contactEmailBefore.data:
            raise StopValidation(_("Enter an e-mail address for messages: it can be changed, not removed"))

    def validate_companyRegistrationId(self, field: Field) -> None:  # noqa: N802
        """Upstream asks for the company's name with its number."""
        if field.data and not self.company.data:
            raise StopValidation(_("Enter the company's name too"))

    @property
    def owned(self) -> tuple[str, ...]:
        """Names of the profile's fields that were sent."""
        return tuple(name for name in _FIELDS if self[name].raw_data)

    @property
    def sections(self) -> tuple[str, ...]:
        """What the page shows to be changed: what was sent, else what was asked for."""
        owned = self.owned
        if owned:
            return tuple(word for word, names in SECTIONS.items() if not {*names}.isdisjoint(owned))
        asked = known_sections((self.change.data or "").split(","))
        # What is sent and holds nothing is no profile to be read.
        return asked if asked or self.change.raw_data is None else tuple(SECTIONS)

    def typed(self) -> dict[str, Any]:
        """Return what may be kept of the entries."""
        every = super().typed()
        kept = {name: value for name, value in every.items() if name not in _FIELDS or self[name].raw_data}
        return {**kept, "change": ",".join(self.sections)}

    def typed_beside(self, earlier: Mapping[str, Any]) -> dict[str, Any]:
        """Keep what was typed into another section, too."""
        both = known_sections([*str(earlier.get("change")).split(","), *self.sections])
        kept = {**earlier, **self.typed(), "change": ",".join(both)}
        # Based on the older page: what was changed between the two would be overwritten unseen.
        versions = [one for one in (earlier.get("version"), self.version.data) if one and str(one).isdecimal()]
        return {**kept, "version": min(versions, key=lambda one: int(str(one)[:16]), default=kept["version"])}


def known_sections(asked: Sequence[str]) -> tuple[str, ...]:
    """Return those that there are, each once, in the page's order."""
    return tuple(word for word in SECTIONS if word in asked)


def basis_of(values: Mapping[str, Any], sections: Sequence[str]) -> str:
    """Return a hash of what sections of a profile hold, to tell later whether they have changed."""
    held = [[name, values.get(name) or ""] for word in sections for name in SECTIONS[word]]
    return hashlib.sha256(json.dumps(held).encode()).hexdigest()[:_BASIS_CHARACTERS]
