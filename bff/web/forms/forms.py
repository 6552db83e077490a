"""The forms of the account area: shape checks only, no calls.

Fields carry Emporix's property names, so that what upstream says of a property can be shown beside its field. A message
names what to do ("Enter your first name"), never what was done wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField
from wtforms.validators import DataRequired, Regexp, StopValidation

from bff.account import postal
from bff.account.profile import AddressTexts
from bff.config.settings import SignupField
from bff.web.forms.address_words import could_be_a_phone, odd_phone, odd_postcode, wanted
from bff.web.forms.fields import (
    PageForm,
    at_most,
    email_field,
    good_password,
    new_email_field,
    password_field,
    short_tags,
    state_field,
    tag_list,
    text_field,
    token_field,
)
from bff.web.language import lazy_gettext as _

_COUNTRY = r"(?:[A-Z]{2})?\Z"


class LoginForm(PageForm):
    """Sign in, or prove it once more."""

    email = email_field(DataRequired(_("Enter your e-mail address")))
    password = password_field(_("Enter your password"))
    next = HiddenField()
    proceed = HiddenField()
    """A mailed token that is used once the customer has signed in, sealed."""


class AddressFields(PageForm):
    """A postal address, as its country writes it; what a parcel needs is asked for, and can be left out on purpose."""

    contactName = text_field(DataRequired(_("Enter the name of the person at this address")))  # noqa: N815
    companyName = text_field()  # noqa: N815
    street = text_field()
    streetNumber = text_field()  # noqa: N815
    streetAppendix = text_field()  # noqa: N815
    extraLine1 = text_field()  # noqa: N815
    extraLine2 = text_field()  # noqa: N815
    extraLine3 = text_field()  # noqa: N815
    extraLine4 = text_field()  # noqa: N815
    zipCode = text_field()  # noqa: N815
    city = text_field()
    state = state_field()
    country = SelectField(
        validate_choice=False, validators=[Regexp(_COUNTRY, message=_("Choose a country from the list"))]
    )
    contactPhone = text_field()  # noqa: N815
    shownCountry = HiddenField()  # noqa: N815
    """The country that the page was made for."""
    changeCountry = BooleanField()  # noqa: N815
    """Pressed to see the fields of another country."""
    anyway = BooleanField()
    """Ticked by who has been told that a parcel may not arrive."""
    is_doubtful = False
    """Whether that has to be told."""

    @property
    def rules(self) -> postal.Country:
        """How the chosen country writes addresses."""
        return postal.country(self.country.data)

    @property
    def is_begun(self) -> bool:
        """Whether there is an address at all."""
        return True

    @property
    def kept_unseen(self) -> frozenset[str]:
        """What the record has and the page could not show."""
        return frozenset()

    def take_country(self) -> None:
        """Take what was chosen among another country's states for no choice among this one's: `CA` is in Italy, too."""
        before = self.shownCountry.data
        if before == (self.country.data or ""):
            return
        if any(self.state.data == state.key for state in postal.country(before).states):
            self.state.data = ""
        self.shownCountry.data = self.country.data or ""

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check the shape; then, unless it is to be saved anyway, whether a parcel would arrive."""
        self.take_country()
        right = super().validate(extra_validators)
        doubts = self._doubts() if self.is_begun else {}
        self.is_doubtful = bool(doubts)
        if self.anyway.data:
            return right
        for name, message in doubts.items():
            if not self[name].errors:
                self[name].errors = [message]
        return right and not doubts

    def _doubts(self) -> dict[str, str]:
        texts = {name: self[name].data or ("?" if name in self.kept_unseen else "") for name in ADDRESS_PROPERTIES}
        rules, postcode, phone = self.rules, self.zipCode.data or "", self.contactPhone.data or ""
        doubts = {name: wanted(rules, name) for name in rules.missing(texts) if name != "contactName"}
        if not texts["country"]:
            doubts["country"] = wanted(rules, "country")
        if not rules.is_postcode(postcode):
            doubts["zipCode"] = odd_postcode(rules)
        if phone and not could_be_a_phone(phone):
            doubts["contactPhone"] = odd_phone()
        return doubts


ADDRESS_PROPERTIES = tuple(AddressTexts().by_property())
"""The text properties of an address, in the order they are asked for."""


class AddressForm(AddressFields):
    """Add or change an address."""

    billing = BooleanField()
    shipping = BooleanField()
    tags = text_field(short_tags)
    """Free tags, separated by commas."""
    isDefault = BooleanField()  # noqa: N815
    version = HiddenField()
    unshown = HiddenField()
    """Properties that the page could not show, separated by commas."""

    @property
    def kept_unseen(self) -> frozenset[str]:
        """What the record has and the page could not show."""
        return frozenset((self.unshown.data or "").split(","))


class SignupForm(PageForm):
    """Create an account; what the shop asks besides, `signup_form` adds."""

    firstName = text_field(DataRequired(_("Enter your first name")))  # noqa: N815
    lastName = text_field(DataRequired(_("Enter your last name")))  # noqa: N815
    email = new_email_field(DataRequired(_("Enter your e-mail address")))
    password = password_field(_("Enter a new password"), good_password)


class _Phone(PageForm):
    phone = text_field()


class _Company(PageForm):
    company = text_field()
    companyRegistrationId = text_field()  # noqa: N815

    def validate_companyRegistrationId(self, field: Field) -> None:  # noqa: N802
        """Upstream asks for the company's name with its number."""
        if field.data and not self.company.data:
            raise StopValidation(_("Enter the company's name too"))


class _OtherEmail(PageForm):
    signInEmail = new_email_field()  # noqa: N815


class _FirstAddress(AddressFields):
    contactName = text_field()  # noqa: N815

    @property
    def is_begun(self) -> bool:
        """Whether an address is wanted: the country alone may have been filled in by us."""
        return any(self[name].data for name in ADDRESS_PROPERTIES if name != "country")

    def validate_contactName(self, field: Field) -> None:  # noqa: N802
        """An address that was begun needs a name."""
        if not field.data and any(self[name].data for name in ADDRESS_PROPERTIES if name != "country"):
            raise StopValidation(_("Enter the name of the person at this address"))

    def validate_country(self, field: Field) -> None:
        """Upstream asks for the country of a first address."""
        if self.contactName.data and not field.data:
            raise StopValidation(_("Choose a country"))


_BESIDES: Mapping[SignupField, type[PageForm]] = MappingProxyType(
    {
        SignupField.PHONE: _Phone,
        SignupField.COMPANY: _Company,
        SignupField.OTHER_EMAIL: _OtherEmail,
        SignupField.ADDRESS: _FirstAddress,
    }
)


@cache
def signup_form(asked: frozenset[SignupField]) -> type[PageForm]:
    """Return the form that creates an account; it has no field that the shop does not ask for, whatever is sent."""
    besides = [form for field, form in _BESIDES.items() if field in asked]
    return cast("type[PageForm]", type("SignupForm", (*besides, SignupForm), {}))


class EmailOnlyForm(PageForm):
    """Ask for a mail: a forgotten password, another activation link."""

    email = email_field(DataRequired(_("Enter your e-mail address")))


class TokenForm(PageForm):
    """One button that spends a mailed token."""

    token = token_field()


class ResetForm(TokenForm):
    """Set a new password with a mailed token."""

    password = password_field(_("Enter a new password"), good_password)


class PasswordForm(PageForm):
    """Change the password."""

    currentPassword = password_field(_("Enter your current password"))  # noqa: N815
    newPassword = password_field(_("Enter a new password"), good_password)  # noqa: N815
    endOthers = BooleanField(default=True)  # noqa: N815
    """Another person who knew the old password may be signed in with it."""

    def validate_newPassword(self, field: Field) -> None:  # noqa: N802
        """A change to the same is none."""
        if field.data == self.currentPassword.data:
            raise StopValidation(_("Choose a password that's different from your current one"))


class EmailForm(PageForm):
    """Change the sign-in e-mail."""

    newEmail = new_email_field(DataRequired(_("Enter your new e-mail address")))  # noqa: N815
    password = password_field(_("Enter your current password"))
    syncContactEmail = BooleanField()  # noqa: N815


class CompanyForm(PageForm):
    """Choose for which company to act."""

    legalEntityId = RadioField(validate_choice=False, validators=[at_most(128)])  # noqa: N815

    def validate_legalEntityId(self, field: Field) -> None:  # noqa: N802
        """No choice at all is not the choice of no company."""
        if field.data is None:
            raise StopValidation(_("Choose who you act for"))


class DeletionForm(PageForm):
    """Ask for the account's deletion."""

    understood = BooleanField(validators=[DataRequired(_("Confirm that you want to delete your account"))])


class ConfirmForm(PageForm):
    """A button and nothing else."""

    summary = HiddenField()
    """What it is about, in a line, so that the page can be shown again without asking upstream."""


class TagsForm(ConfirmForm):
    """The tags of one address."""

    billing = BooleanField()
    shipping = BooleanField()
    tags = text_field(short_tags)
    before = HiddenField()
    """The tags as they were, separated by commas."""

    def wanted(self) -> list[str]:
        """Return the tags as they shall be."""
        return tag_list(self)


class SocialForm(PageForm):
    """A button that starts a sign-in at the identity provider."""

    next = HiddenField()
    again = HiddenField()


class AddLoginForm(PageForm):
    """Add an e-mail and a password to an account that has none."""

    email = new_email_field(DataRequired(_("Enter your e-mail address")))
    password = password_field(_("Enter a new password"), good_password)
