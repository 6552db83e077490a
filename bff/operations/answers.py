"""One model per answer, for the API description and the tests; an answer goes out as it came, held against nothing.

Emporix's answers have the property names of the Customer Service contract, and may have more; what the contract does
not promise may be missing. Our own have exactly what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bff.operations.body import optional, required

FreeForm = dict[str, object]
DateTime = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Answer(BaseModel):
    """A JSON object that this program makes."""

    # Nothing validates by these models while the program runs: their validators are not built for it.
    model_config = ConfigDict(alias_generator=to_camel, defer_build=True)

    examples: ClassVar[Mapping[str, Any]] = {}
    """Whole answers, by a word for each."""


class EmporixAnswer(Answer):
    """A JSON object that Emporix makes."""

    model_config = ConfigDict(extra="allow")


class RecordMetadata(EmporixAnswer):
    """Version and mixin schemas."""

    version: int = optional("Counts the changes; the ETag has it too.")
    mixins: FreeForm = optional("Name of each mixin, and the address of its schema.")


class Address(EmporixAnswer):
    """One entry of the address book."""

    id: str = required("Names the address in paths.")
    contact_name: str = optional("Who receives what is sent there.")
    company_name: str = optional("Company, where it is an office.")
    street: str = optional("Street without the number.")
    street_number: str = optional("House number.")
    street_appendix: str = optional("What follows the house number, e.g. a floor.")
    extra_line1: str = optional("First further line.")
    extra_line2: str = optional("Second further line.")
    extra_line3: str = optional("Third further line.")
    extra_line4: str = optional("Fourth further line.")
    zip_code: str = optional("Postal code.")
    city: str = optional("Town or city.")
    country: str = optional("Country, as its ISO 3166-1 code of two letters.")
    state: str = optional("State, province or region.")
    contact_phone: str = optional("Telephone number for deliveries.")
    is_default: bool = optional("Whether this is the customer's default address.")
    tags: list[str] = optional("What the address is for, e.g. BILLING and SHIPPING.")
    mixins: FreeForm = optional("Properties that the tenant added to addresses.")
    metadata: RecordMetadata = optional("Version and mixin schemas.")

    examples: ClassVar[Mapping[str, Any]] = {
        "address": {
            "id": "8f2c",
            "contactName": "Jane Doe",
            "street": "Platz der Republik",
            "streetNumber": "1",
            "zipCode": "11011",
            "city": "Berlin",
            "country": "DE",
            "isDefault": True,
            "tags": ["BILLING", "SHIPPING"],
            "metadata": {"version": 1},
        }
    }


class AccountName(EmporixAnswer):
    """One way to sign in."""

    id: str = required("The e-mail.")
    provider_id: str = optional("Names the customer at an identity provider; only after a social sign-in.")


class Company(EmporixAnswer):
    """A company that the customer may act for."""

    id: str = required("What a switch of the company names.")
    name: str = optional("Its name.")
    contact_assignment_id: str = optional("Names the customer's assignment to it.")


class CompanyDetails(EmporixAnswer):
    """What only business customers have."""

    company_registration_id: str = optional("Number under which the company is registered.")
    legal_entities: list[Company] = optional("The companies that the customer may act for.")


class Profile(EmporixAnswer):
    """A customer's profile; to a guest Emporix shows one of its own, named Anonymous."""

    id: str = required("Names the customer; a guest's is of zeros.")
    customer_number: str = optional("The customer's number.")
    title: str = optional("Form of address.")
    first_name: str = optional("First name.")
    middle_name: str = optional("Middle name.")
    last_name: str = optional("Last name.")
    contact_email: str = optional("Where the customer is written to; the sign-in has its own e-mail.")
    contact_phone: str = optional("Telephone number.")
    company: str = optional("Name of the company.")
    preferred_language: str = optional("Language to address the customer in, e.g. en_US.")
    preferred_currency: str = optional("Currency to show prices in, as its ISO 4217 code.")
    preferred_site: str = optional("Code of the site that the customer shops at.")
    accounts: list[AccountName] = optional("The ways to sign in.")
    addresses: list[Address] = optional("The address book, where `expand` names it.")
    default_address: Address = optional("The default address.")
    business_model: Literal["B2B", "B2C"] = optional("Whether the customer belongs to a company.")
    b2b: CompanyDetails = optional("The company, for business customers.", alias="b2b")
    mixins: FreeForm = optional("Properties that the tenant added to profiles, where `expand` names them.")
    metadata: RecordMetadata = optional("Version and mixin schemas.")
    last_login: DateTime = optional("When the customer last signed in.")

    examples: ClassVar[Mapping[str, Any]] = {
        "customer": {
            "id": "13869000",
            "customerNumber": "13869000",
            "title": "MS",
            "firstName": "Jane",
            "lastName": "Doe",
            "contactEmail": "jane.doe@example.com",
            "contactPhone": "123456789",
            "preferredLanguage": "en_US",
            "preferredCurrency": "EUR",
            "preferredSite": "main",
            "accounts": [{"id": "jane.doe@example.com"}],
            "businessModel": "B2C",
            "metadata": {"version": 1},
            "lastLogin": "2026-01-31T08:15:00.000+00:00",
        },
        "guest": {
            "id": "00000000",
            "customerNumber": "00000000",
            "firstName": "Anonymous",
            "lastName": "Anonymous",
            "preferredSite": "default",
            "accounts": [],
        },
    }


class Created(EmporixAnswer):
    """What was made."""

    id: str = required("Names what was made.")

    examples: ClassVar[Mapping[str, Any]] = {"created": {"id": "8f2c"}}


class Accepted(Answer):
    """Nothing: the answer does not tell whether the e-mail was known."""

    examples: ClassVar[Mapping[str, Any]] = {"accepted": {}}


class TokenDetails(EmporixAnswer):
    """What Emporix says of the customer's token, but for the token."""

    token_type: str = optional("Its kind.", alias="token_type")
    expires_in: int = optional("Seconds until it ends.", alias="expires_in")
    scope: str = optional("What it may do, with blanks between.")
    email: str = optional("The e-mail that was signed in with.")
    legal_entity_id: str = optional("The company that the customer acts for.")

    examples: ClassVar[Mapping[str, Any]] = {
        "valid": {
            "token_type": "Bearer",  # nosec B105 # a word, no password
            "expires_in": 2591974,
            "scope": "customer.customer_read_own customer.customer_manage_own tenant=myshop",
            "email": "jane.doe@example.com",
        }
    }


class SessionCustomer(Answer):
    """Who is signed in."""

    id: str = required("Names the customer.")
    first_name: str | None = required("First name.")
    last_name: str | None = required("Last name.")
    email: str | None = required("The e-mail to sign in with.")


class SocialLink(Answer):
    """One way to sign in at the identity provider."""

    connection: str | None = required("Names it; null where there is only one.")
    label: str = required("What a button says.")
    url: str = required("Where the button leads: a path of this origin.")


class Features(Answer):
    """What the operator has left switched on."""

    account_deletion: bool = required("Whether an account can be deleted.")
    add_login: bool = required("Whether an e-mail and a password can be added.")


class SessionState(Answer):
    """Who the visitor is, and the token that changes have to carry."""

    state: Literal["guest", "authenticated"] = required("Whether a customer is signed in.")
    csrf_token: str = required("What `X-CSRF-Token` has to say from here on.")
    customer: SessionCustomer | None = required("Who is signed in; null for a guest.")
    legal_entity_id: str | None = required("The company that the customer acts for.")
    initial_password: bool = required("Whether the password is one that an employee of the shop has set.")
    expires_in: int | None = required(
        "Seconds until the session ends for want of requests, never more than lifetimeExpiresIn; null without a record."
    )
    lifetime_expires_in: int | None = required("Seconds until a signed-in session ends in any case.")
    ended: Literal["idle", "lifetime", "elsewhere"] | None = required(
        "Why the last signed-in session of this cookie is over; known for an hour."
    )
    social_login: list[SocialLink] = required("The ways to sign in at the identity provider.")
    features: Features = required("What the operator has left switched on.")

    examples: ClassVar[Mapping[str, Any]] = {
        "customer": {
            "state": "authenticated",
            "csrfToken": "IjJkYjY0…",
            "customer": {
                "id": "13869000",
                "firstName": "Jane",
                "lastName": "Doe",
                "email": "jane.doe@example.com",
            },
            "legalEntityId": None,
            "initialPassword": False,
            "expiresIn": 1800,
            "lifetimeExpiresIn": 43200,
            "ended": None,
            "socialLogin": [{"connection": None, "label": "Continue with single sign-on", "url": "/login/social"}],
            "features": {"accountDeletion": True, "addLogin": True},
        },
    }
    guest_examples: ClassVar[Mapping[str, Any]] = {
        "guest": {
            **examples["customer"],
            "state": "guest",
            "customer": None,
            "expiresIn": 86400,
            "lifetimeExpiresIn": None,
        }
    }


class SignedOut(Answer):
    """Where to go after a sign-out."""

    logout_url: str | None = required(
        "Where to send the browser, because the identity provider has a session to end too; null: nowhere."
    )

    examples: ClassVar[Mapping[str, Any]] = {"signedOut": {"logoutUrl": None}}


class Device(Answer):
    """One browser that the customer is signed in with."""

    id: str = required("Names it in paths; another one after each change of the cookie.")
    current: bool = required("Whether it is the one that asks.")
    created_at: DateTime = required("When the customer signed in there.")
    last_seen_at: DateTime = required("When it last sent a request.")
    browser: str | None = required("Browser and system in words; null where neither is known.")

    examples: ClassVar[Mapping[str, Any]] = {
        "device": {
            "id": "4be1c2d07a5f4c5e8d1b2a3c4d5e6f70",
            "current": True,
            "createdAt": "2026-01-31T08:15:00Z",
            "lastSeenAt": "2026-01-31T08:20:00Z",
            "browser": "Firefox on Windows",
        }
    }


class ErrorDetail(Answer):
    """One cause of an error."""

    field: str = optional("Dotted path of the property at fault, or the name of a parameter or header.")
    type: str = optional("What is wrong with it, e.g. missing_value.")
    message: str = required("The same in words, for developers.")
    more_info: str = optional("Where more is said about it.")


class Error(Answer):
    """An error, in Emporix's shape."""

    status: int = required("The status of the answer.")
    type: str = required("What has happened: a word that programs go by.")
    message: str = required("The same in words, for developers.")
    more_info: str = optional("Where more is said about it.")
    ended: Literal["idle", "lifetime", "elsewhere"] = optional("Why the customer's session is over; only with a 401.")
    details: list[ErrorDetail] = required("The causes, at most fifty.")
    request_id: str | None = required("Finds the request in the server's log; X-Request-ID says it too.")
