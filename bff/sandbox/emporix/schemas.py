"""The request bodies of the contract, under its own names."""

from __future__ import annotations

from bff.sandbox.bodies import Field, Kind, Schema

_TEXT = Field()
_REQUIRED = Field(required=True)
_OBJECT = Field(kind=Kind.OBJECT)
_METADATA = Field(kind=Kind.OBJECT, properties={"mixins": _OBJECT, "version": Field(kind=Kind.WHOLE_NUMBER)})
_BASIC_METADATA = Field(kind=Kind.OBJECT, properties={"mixins": _OBJECT})

PASSWORD_AUTHENTICATION: Schema = {
    "email": Field(required=True, min_length=1),
    "password": Field(required=True, min_length=6),
}
PASSWORD_CHANGE: Schema = {
    "currentPassword": _REQUIRED,
    # The contract names no length; an empty one could never sign in.
    "newPassword": Field(required=True, min_length=1),
}
PASSWORD_RESET_REQUEST: Schema = {"email": _REQUIRED, "site": _TEXT}
PASSWORD_UPDATE: Schema = {"token": _REQUIRED, "password": Field(required=True, min_length=1)}
REFRESH_TOKEN: Schema = {"email": _REQUIRED}
# The contract marks nothing of these two as required, though neither works without.
CHANGE_EMAIL_REQUEST: Schema = {
    "email": _REQUIRED,
    "password": _REQUIRED,
    "newEmail": Field(required=True, min_length=1),
    "syncContactEmail": Field(kind=Kind.FLAG),
}
UPDATE_EMAIL: Schema = {"token": _REQUIRED}

_ADDRESS_TEXTS: Schema = dict.fromkeys(
    (
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
        "country",
        "state",
        "contactPhone",
    ),
    _TEXT,
)
_ADDRESS_COMMON: Schema = {**_ADDRESS_TEXTS, "tags": Field(kind=Kind.TEXTS), "mixins": _OBJECT}

ADDRESS_CREATE: Schema = {
    **_ADDRESS_COMMON,
    "metadata": _BASIC_METADATA,
    "isDefault": Field(kind=Kind.REFUSED),
}
ADDRESS_UPDATE: Schema = {**_ADDRESS_COMMON, "metadata": _METADATA, "isDefault": Field(kind=Kind.FLAG)}
ADDRESS: Schema = {
    **_ADDRESS_COMMON,
    "contactName": _REQUIRED,
    "country": Field(min_length=2, max_length=2),
    "metadata": _METADATA,
    "isDefault": Field(kind=Kind.FLAG),
}

CUSTOMER_UPDATE: Schema = {
    "title": _TEXT,
    "firstName": _TEXT,
    "middleName": _TEXT,
    "lastName": _TEXT,
    "contactEmail": _TEXT,
    "contactPhone": _TEXT,
    "company": _TEXT,
    "preferredLanguage": _TEXT,
    "preferredCurrency": Field(min_length=3, max_length=3),
    "preferredSite": _TEXT,
    "b2b": Field(kind=Kind.OBJECT, properties={"companyRegistrationId": _TEXT}),
    "metadata": _METADATA,
    "mixins": _OBJECT,
}
CUSTOMER_SIGNUP: Schema = {
    "email": Field(required=True, min_length=1),
    "password": Field(required=True, min_length=1),
    "customerDetails": Field(kind=Kind.OBJECT, properties=CUSTOMER_UPDATE),
    "customerAddress": Field(kind=Kind.OBJECT, properties=ADDRESS),
    "signup": Field(kind=Kind.OBJECT, properties=PASSWORD_AUTHENTICATION),
}
