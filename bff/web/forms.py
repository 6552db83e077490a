"""The forms of the account area: shape checks only; they call nobody.

Fields carry Emporix's property names, so that what upstream says of a property can be shown beside its field. A message
names what to do ("Enter your first name"), never what somebody did wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import StopValidation

from bff.operations.schemas import (
    MAX_EMAIL_CHARACTERS,
    MAX_PASSWORD_CHARACTERS,
    MAX_TAG_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    MAX_TOKEN_CHARACTERS,
)
from bff.passwords import MIN_PASSWORD_CHARACTERS, is_common
from bff.web.language import gettext as _

BILLING = "BILLING"
SHIPPING = "SHIPPING"

Validator = Callable[[FlaskForm, Field], None]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CODE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*")
_CURRENCY = re.compile(r"[A-Z]{3}")


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _required(message: Callable[[], str]) -> Validator:
    def check(form: FlaskForm, field: Field) -> None:
        if not field.data:
            raise StopValidation(message())

    return check


def _at_most(characters: int) -> Validator:
    def check(form: FlaskForm, field: Field) -> None:
        if field.data and len(field.data) > characters:
            raise StopValidation(_("Use at most %(count)d characters") % {"count": characters})

    return check


def _empty_or(pattern: re.Pattern[str], message: Callable[[], str]) -> Validator:
    def check(form: FlaskForm, field: Field) -> None:
        if field.data and not pattern.fullmatch(field.data):
            raise StopValidation(message())

    return check


def _email_shape(form: FlaskForm, field: Field) -> None:
    if field.data and not _EMAIL.fullmatch(field.data):
        raise StopValidation(_("Enter an e-mail address like name@example.com"))


def _good_password(form: FlaskForm, field: Field) -> None:
    if len(field.data) < MIN_PASSWORD_CHARACTERS:
        raise StopValidation(_("Use at least %(count)d characters") % {"count": MIN_PASSWORD_CHARACTERS})
    if is_common(field.data):
        raise StopValidation(_("Choose another password: this one is among those that are guessed first"))


def _text(*validators: Validator, most: int = MAX_TEXT_CHARACTERS) -> StringField:
    return StringField(filters=[_stripped], validators=[*validators, _at_most(most)])


def _email(*validators: Validator) -> StringField:
    return _text(*validators, _email_shape, most=MAX_EMAIL_CHARACTERS)


def _password(message: Callable[[], str], *validators: Validator) -> PasswordField:
    return PasswordField(validators=[_required(message), _at_most(MAX_PASSWORD_CHARACTERS), *validators])


def _short_tags(form: FlaskForm, field: Field) -> None:
    if any(len(tag) > MAX_TAG_CHARACTERS for tag in split_tags(field.data)):
        raise StopValidation(_("Use at most %(count)d characters for each tag") % {"count": MAX_TAG_CHARACTERS})


def split_tags(text: str | None) -> list[str]:
    """Return the tags of a text that separates them by commas."""
    return [tag.strip() for tag in (text or "").split(",") if tag.strip()]


def version_of(form: FlaskForm) -> dict[str, Any]:
    """Return what a change sends so that upstream can tell whether somebody else made one meanwhile."""
    sent = form.version.data or ""
    return {"metadata": {"version": int(sent)}} if sent.isdecimal() and len(sent) < 16 else {}


def tag_list(form: FlaskForm) -> list[str]:
    """Return the tags of a form with two boxes and a text, the usual ones first, each once."""
    usual = [name for name, on in ((BILLING, form.billing.data), (SHIPPING, form.shipping.data)) if on]
    return list(dict.fromkeys([*usual, *split_tags(form.tags.data)]))


def _token() -> HiddenField:
    return HiddenField(validators=[_at_most(MAX_TOKEN_CHARACTERS)])


class PageForm(FlaskForm):
    """What all forms share: whose page it was made for, and which fields are never shown again."""

    owner = HiddenField()
    """Keyed hash of the customer the page was made for; a draft is shown to nobody else."""

    never_shown_again: ClassVar[frozenset[str]] = frozenset(
        {"password", "currentPassword", "newPassword", "csrf_token", "owner", "token"}
    )
    """Not kept in a draft, not filled in after an error."""

    class Meta:
        """How Flask-WTF treats them."""

        locales = False

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """Read form fields and nothing else: no uploaded files, no JSON. None: there is nothing to read."""
            return None if formdata is None else request.form

    def typed(self) -> dict[str, Any]:
        """Return what may be kept of the entries."""
        return {field.name: field.data for field in self if field.name not in self.never_shown_again}


class LoginForm(PageForm):
    """Sign in, or prove it once more."""

    email = _email(_required(lambda: _("Enter your e-mail address")))
    password = _password(lambda: _("Enter your password"))
    next = HiddenField()
    proceed = HiddenField()
    """A mailed token that waits for somebody to be signed in, sealed."""


class AddressFields(PageForm):
    """A postal address; only the name is demanded, since every country writes addresses in its own way."""

    contactName = _text(_required(lambda: _("Enter the name of the person at this address")))  # noqa: N815
    companyName = _text()  # noqa: N815
    street = _text()
    streetNumber = _text()  # noqa: N815
    streetAppendix = _text()  # noqa: N815
    extraLine1 = _text()  # noqa: N815
    extraLine2 = _text()  # noqa: N815
    extraLine3 = _text()  # noqa: N815
    extraLine4 = _text()  # noqa: N815
    zipCode = _text()  # noqa: N815
    city = _text()
    state = _text()
    country = SelectField(
        validate_choice=False, validators=[_empty_or(_COUNTRY, lambda: _("Choose a country from the list"))]
    )
    contactPhone = _text()  # noqa: N815


ADDRESS_PROPERTIES = (
    "contactName",
    "companyName",
    "street",
    "streetNumber",
    "streetAppendix",
    "extraLine1",
    "extraLine2",
    "extraLine3",
    "extraLine4",
    "zipCode",
    "city",
    "state",
    "country",
    "contactPhone",
)
"""The text properties of an address, in the order they are asked for."""


class AddressForm(AddressFields):
    """Add or change an address."""

    billing = BooleanField()
    shipping = BooleanField()
    tags = _text(_short_tags)
    """Free tags, separated by commas."""
    isDefault = BooleanField()  # noqa: N815
    version = HiddenField()
    formId = HiddenField()  # noqa: N815
    """Made anew for each page, so that the same page sent twice adds one address."""


class SignupForm(AddressFields):
    """Create an account; company, another sign-in e-mail and a first address are there for whoever wants them."""

    contactName = _text()  # noqa: N815
    firstName = _text(_required(lambda: _("Enter your first name")))  # noqa: N815
    lastName = _text(_required(lambda: _("Enter your last name")))  # noqa: N815
    email = _email(_required(lambda: _("Enter your e-mail address")))
    password = _password(lambda: _("Enter a new password"), _good_password)
    phone = _text()
    company = _text()
    companyRegistrationId = _text()  # noqa: N815
    signInEmail = _email()  # noqa: N815

    def validate_companyRegistrationId(self, field: Field) -> None:  # noqa: N802
        """Upstream asks for the company's name with its number."""
        if field.data and not self.company.data:
            raise StopValidation(_("Enter the company's name too"))

    def validate_contactName(self, field: Field) -> None:  # noqa: N802
        """An address that was begun needs a name."""
        if not field.data and any(self[name].data for name in ADDRESS_PROPERTIES if name != "country"):
            raise StopValidation(_("Enter the name of the person at this address"))

    def validate_country(self, field: Field) -> None:
        """Upstream asks for the country of a first address."""
        if self.contactName.data and not field.data:
            raise StopValidation(_("Choose a country"))


class EmailOnlyForm(PageForm):
    """Ask for a mail: a forgotten password, another activation link."""

    email = _email(_required(lambda: _("Enter your e-mail address")))


class TokenForm(PageForm):
    """One button that spends a mailed token."""

    token = _token()


class ResetForm(TokenForm):
    """Set a new password with a mailed token."""

    password = _password(lambda: _("Enter a new password"), _good_password)


class ProfileForm(PageForm):
    """Everything of the profile that a customer may change."""

    firstName = _text(_required(lambda: _("Enter your first name")))  # noqa: N815
    middleName = _text()  # noqa: N815
    lastName = _text(_required(lambda: _("Enter your last name")))  # noqa: N815
    contactPhone = _text()  # noqa: N815
    company = _text()
    companyRegistrationId = _text()  # noqa: N815
    contactEmail = _email()  # noqa: N815
    preferredLanguage = SelectField(  # noqa: N815
        validate_choice=False, validators=[_empty_or(_CODE, lambda: _("Choose a language from the list"))]
    )
    preferredCurrency = SelectField(  # noqa: N815
        validate_choice=False, validators=[_empty_or(_CURRENCY, lambda: _("Choose a currency from the list"))]
    )
    preferredSite = SelectField(validate_choice=False, validators=[_at_most(128)])  # noqa: N815
    version = HiddenField()
    contactEmailBefore = HiddenField()  # noqa: N815
    companyRegistrationIdBefore = HiddenField()  # noqa: N815

    def validate_contactEmail(self, field: Field) -> None:  # noqa: N802
        """Upstream keeps a contact e-mail for good: leaving it out would look like a change and be none."""
        if not field.data and self.contactEmailBefore.data:
            raise StopValidation(_("Enter an e-mail address for messages: it can be changed, not removed"))

    def validate_companyRegistrationId(self, field: Field) -> None:  # noqa: N802
        """Upstream asks for the company's name with its number."""
        if field.data and not self.company.data:
            raise StopValidation(_("Enter the company's name too"))


class PasswordForm(PageForm):
    """Change the password."""

    currentPassword = _password(lambda: _("Enter your current password"))  # noqa: N815
    newPassword = _password(lambda: _("Enter a new password"), _good_password)  # noqa: N815

    def validate_newPassword(self, field: Field) -> None:  # noqa: N802
        """A change to the same is none."""
        if field.data == self.currentPassword.data:
            raise StopValidation(_("Choose a password that differs from your current one"))


class EmailForm(PageForm):
    """Change the sign-in e-mail."""

    newEmail = _email(_required(lambda: _("Enter your new e-mail address")))  # noqa: N815
    password = _password(lambda: _("Enter your current password"))
    syncContactEmail = BooleanField()  # noqa: N815


class CompanyForm(PageForm):
    """Choose for which company to act."""

    legalEntityId = RadioField(validate_choice=False, validators=[_at_most(128)])  # noqa: N815

    def validate_legalEntityId(self, field: Field) -> None:  # noqa: N802
        """No choice at all is not the choice of no company."""
        if field.data is None:
            raise StopValidation(_("Choose who you act for"))


class DeletionForm(PageForm):
    """Ask for the account's deletion."""

    understood = BooleanField(validators=[_required(lambda: _("Confirm that you want to delete your account"))])


class ConfirmForm(PageForm):
    """A button and nothing else."""

    summary = HiddenField()
    """What it is about, in a line, so that the page can be shown again without asking upstream."""


class TagsForm(ConfirmForm):
    """The tags of one address."""

    billing = BooleanField()
    shipping = BooleanField()
    tags = _text(_short_tags)
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

    email = _email(_required(lambda: _("Enter your e-mail address")))
    password = _password(lambda: _("Enter a new password"), _good_password)
