"""One model per request body: Emporix's own, and those of the routes that take a token in the body.

Property names and required properties are those of the Customer Service contract; the upper bounds are ours, where it
has none. Three rules differ from it: an e-mail that is required must not be empty; all three properties of an e-mail
change are required, because none works without; a password is only not empty here, because upstream judges the one that
signs in, and `bff.account.passwords` the one that is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from bff.emails import canonical
from bff.errors import Detail
from bff.operations.body import Body, nullable, optional, required, validate
from bff.operations.json_body import JsonValue

__all__ = [
    "AddressCreate",
    "AddressUpdate",
    "CustomerSignup",
    "CustomerUpdate",
    "EmailChange",
    "Empty",
    "MailedToken",
    "NewLogin",
    "OptInResend",
    "PasswordAuthentication",
    "PasswordChange",
    "PasswordReset",
    "PasswordResetRequest",
    "SessionRefresh",
    "nullable",
    "validate",
]

MAX_EMAIL_CHARACTERS = 320
"""As it is sent, blanks around it included; what an address may be is the door's to say (`bff.account.emails`)."""
MAX_PASSWORD_CHARACTERS = 1024
MAX_TOKEN_CHARACTERS = 512
MAX_TEXT_CHARACTERS = 2000
MAX_TAGS = 50
MAX_TAG_CHARACTERS = 100
MIN_PASSWORD_CHARACTERS = 8
"""Of a new one (NIST SP 800-63B 3.1.1.2)."""

MAILED = "the-token-of-the-mail"
"""Stands for a mailed token in examples."""
PASSWORD = "Velvet-Garden-24"  # nosec B105 # noqa: S105 - of the customer in examples, and of nobody
NEW_PASSWORD = "Harbour-Lamp-63"  # nosec B105 # noqa: S105 - the same

_SECRET = {"format": "password"}

Text = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)]
Email = Annotated[str, Field(min_length=1, max_length=MAX_EMAIL_CHARACTERS)]
ContactEmail = Annotated[str, Field(max_length=MAX_EMAIL_CHARACTERS)]
Password = Annotated[str, Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS, json_schema_extra=_SECRET)]
Token = Annotated[str, Field(min_length=1, max_length=MAX_TOKEN_CHARACTERS, json_schema_extra=_SECRET)]
Identifier = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
Currency = Annotated[str, Field(min_length=3, max_length=3)]
Country = Annotated[str, Field(min_length=2, max_length=2)]
Tags = Annotated[
    list[Annotated[str, Field(max_length=MAX_TAG_CHARACTERS)]],
    Field(max_length=MAX_TAGS),
]
FreeForm = dict[str, object]


class MixinLinks(Body):
    """Where the schemas of the mixins are; other properties pass, since clients send back what they read."""

    model_config = ConfigDict(extra="allow")

    mixins: FreeForm = optional("Name of each mixin, and the address of its schema.")


class Metadata(MixinLinks):
    """Version and mixin schemas; other properties pass, since clients send back what they read."""

    version: int = optional("The version that this write is based on; left out, no check is made.")


class B2B(Body):
    """What only business customers have."""

    company_registration_id: Text = optional(
        "Number under which the company is registered; at sign-up, names and company have to come with it."
    )


class CustomerUpdate(Body):
    """The customer's profile, as far as the customer edits it."""

    title: Text = optional("Form of address.")
    first_name: Text = optional("First name.")
    middle_name: Text = optional("Middle name.")
    last_name: Text = optional("Last name.")
    contact_email: ContactEmail = optional("Where the customer is written to; the sign-in has its own e-mail.")
    contact_phone: Text = optional("Telephone number.")
    company: Text = optional("Name of the company.")
    preferred_language: Text = optional("Language to address the customer in, e.g. en_US.")
    preferred_currency: Currency = optional("Currency to show prices in, as its ISO 4217 code.")
    preferred_site: Text = optional("Code of the site that the customer shops at.")
    b2b: B2B = optional("The company, for business customers.", alias="b2b")
    metadata: Metadata = optional("Version and mixin schemas.")
    mixins: FreeForm = optional("Properties that the tenant added to profiles.")

    examples: ClassVar[Mapping[str, Any]] = {"change": {"firstName": "Jane", "contactPhone": "0301234567"}}

    merge_examples: ClassVar[Mapping[str, Any]] = {"removal": {"contactPhone": None}}


class PostalAddress(Body):
    """The lines that every kind of address has."""

    contact_name: Text = optional("Who receives what is sent there.")
    company_name: Text = optional("Company, where it is an office.")
    street: Text = optional("Street without the number.")
    street_number: Text = optional("House number.")
    street_appendix: Text = optional("What follows the house number, e.g. a floor.")
    extra_line1: Text = optional("First further line.")
    extra_line2: Text = optional("Second further line.")
    extra_line3: Text = optional("Third further line.")
    extra_line4: Text = optional("Fourth further line.")
    zip_code: Text = optional("Postal code.")
    city: Text = optional("Town or city.")
    country: Text = optional("Country, as its ISO 3166-1 code of two letters.")
    state: Text = optional("State, province or region.")
    contact_phone: Text = optional("Telephone number for deliveries.")
    tags: Tags = optional("What the address is for, e.g. BILLING and SHIPPING; other words are allowed.")
    mixins: FreeForm = optional("Properties that the tenant added to addresses.")


class AddressCreate(PostalAddress):
    """A new entry of the address book; only a later update can make it the default."""

    metadata: MixinLinks = optional("Mixin schemas.")

    examples: ClassVar[Mapping[str, Any]] = {
        "address": {
            "contactName": "Jane Doe",
            "street": "Rynek",
            "streetNumber": "7",
            "zipCode": "31-042",
            "city": "Krakow",
            "country": "PL",
            "tags": ["SHIPPING"],
        }
    }


class AddressUpdate(PostalAddress):
    """A change to an entry of the address book."""

    metadata: Metadata = optional("Version and mixin schemas.")
    is_default: bool = optional("Whether this is the customer's default address.")

    examples: ClassVar[Mapping[str, Any]] = {"default": {"streetNumber": "7", "isDefault": True}}


class SignupAddress(AddressUpdate):
    """The first entry of the address book, made together with the account."""

    id: Text = optional("The address's id; upstream gives one.")
    contact_name: Text = required("Who receives what is sent there.")
    country: Country = optional("Country, as its ISO 3166-1 code of two letters.")


class PasswordAuthentication(Body):
    """E-mail and password to sign in with."""

    email: Email = required("The e-mail that is used to sign in.")
    password: Password = required("The password.")

    examples: ClassVar[Mapping[str, Any]] = {"customer": {"email": "jane.doe@example.com", "password": PASSWORD}}


class NewLogin(PasswordAuthentication):
    """An e-mail and a password to sign in with besides."""

    examples: ClassVar[Mapping[str, Any]] = {"login": {"email": "jane.second@example.com", "password": NEW_PASSWORD}}


class CustomerSignup(Body):
    """A new account."""

    email: Email = required("The new customer's e-mail.")
    password: Password = required("The password to set.")
    customer_details: CustomerUpdate = optional("The profile; its contactEmail, if any, is the same as email.")
    customer_address: SignupAddress = optional("The first address.")
    signup: PasswordAuthentication = optional("What to sign in with, where that is not the e-mail above.")

    examples: ClassVar[Mapping[str, Any]] = {
        "customer": {
            "email": "mary.major@example.com",
            "password": NEW_PASSWORD,
            "customerDetails": {"firstName": "Mary", "lastName": "Major", "contactEmail": "mary.major@example.com"},
        }
    }

    @classmethod
    def across_properties(cls, value: dict[str, JsonValue]) -> tuple[Detail, ...]:
        """Hold the profile against the e-mail, and names and company against the registration number."""
        profile = value.get("customerDetails")
        if not isinstance(profile, dict):
            return ()
        return *_contact_email_problems(value, profile), *_company_problems(profile)


class EmailChange(Body):
    """The wish to sign in with another e-mail; a mail to the new one asks for confirmation."""

    email: Email = required("The e-mail that is used to sign in now.")
    password: Password = required("The current password.")
    new_email: Email = required("The e-mail to sign in with from then on.")
    sync_contact_email: bool = optional("Whether the profile's contactEmail follows; it does not if left out.")

    examples: ClassVar[Mapping[str, Any]] = {
        "change": {
            "email": "jane.doe@example.com",
            "password": PASSWORD,
            "newEmail": "jane@example.com",
            "syncContactEmail": True,
        }
    }


class PasswordResetRequest(Body):
    """The wish for a mail with which a forgotten password can be replaced."""

    email: Email = required("The e-mail that is used to sign in.")
    site: Text = optional("Code of the site that the customer is on.")

    examples: ClassVar[Mapping[str, Any]] = {"forgotten": {"email": "jane.doe@example.com"}}


class PasswordReset(Body):
    """A new password in place of a forgotten one."""

    token: Token = required("The token from the mail.")
    password: Password = required("The password to set.")

    examples: ClassVar[Mapping[str, Any]] = {"mailed": {"token": MAILED, "password": NEW_PASSWORD}}


class PasswordChange(Body):
    """A new password in place of the current one."""

    current_password: Password = required("The password that is valid now.")
    new_password: Password = required("The password to set.")

    examples: ClassVar[Mapping[str, Any]] = {"change": {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}}


class OptInResend(Body):
    """The wish for another mail that activates the account."""

    email: Email = required("The e-mail that was signed up with.")

    examples: ClassVar[Mapping[str, Any]] = {"again": {"email": "jane.doe@example.com"}}


class MailedToken(Body):
    """The proof that a mail was read."""

    token: Token = required("The token from the mail.")

    examples: ClassVar[Mapping[str, Any]] = {"mailed": {"token": MAILED}}


class SessionRefresh(Body):
    """The wish for fresh upstream tokens."""

    legal_entity_id: Identifier | None = optional(
        "The company to act for from now on; null: none; left out: as before."
    )

    examples: ClassVar[Mapping[str, Any]] = {
        "company": {"legalEntityId": "D165356"},
        "none": {"legalEntityId": None},
        "asBefore": {},
    }


class Empty(Body):
    """An object without properties."""


def _contact_email_problems(value: dict[str, JsonValue], profile: dict[str, JsonValue]) -> tuple[Detail, ...]:
    email, contact_email = value.get("email"), profile.get("contactEmail")
    if not isinstance(email, str) or not isinstance(contact_email, str):
        return ()
    if canonical(email) == canonical(contact_email):
        return ()
    field = "customerDetails.contactEmail"
    return (Detail(message="must be the same as email", field=field, type="invalid_value"),)


def _company_problems(profile: dict[str, JsonValue]) -> tuple[Detail, ...]:
    b2b = profile.get("b2b")
    number = b2b.get("companyRegistrationId") if isinstance(b2b, dict) else None
    if not isinstance(number, str) or not number.strip():
        return ()
    return tuple(
        Detail(
            message="is required together with b2b.companyRegistrationId",
            field=f"customerDetails.{name}",
            type="missing_value",
        )
        for name in ("firstName", "lastName", "company")
        if _is_blank(profile.get(name, ""))
    )


def _is_blank(value: JsonValue) -> bool:
    # The model has already refused null and numbers.
    return isinstance(value, str) and not value.strip()
