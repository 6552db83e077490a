"""Request bodies with every property that the contract lists for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]

CREDENTIALS: Body = {"email": "jane.doe@example.com", "password": "correct horse 1"}

CUSTOMER_DETAILS: Body = {
    "title": "MRS",
    "firstName": "Jane",
    "middleName": "M.",
    "lastName": "Doe",
    "contactEmail": "jane.doe@example.com",
    "contactPhone": "123456789",
    "company": "Example",
    "preferredLanguage": "en_US",
    "preferredCurrency": "EUR",
    "preferredSite": "main",
    "b2b": {"companyRegistrationId": "123-456-789"},
    "mixins": {"loyalty": {"points": 7, "since": None}},
    "metadata": {"version": 3, "mixins": {"loyalty": "https://example.com/loyalty.json"}},
}
NULLED_DETAILS: Body = dict.fromkeys(CUSTOMER_DETAILS)

_ADDRESS: Body = {
    "contactName": "Jane Doe",
    "companyName": "Example",
    "street": "Platz der Republik",
    "streetNumber": "1",
    "streetAppendix": "b",
    "extraLine1": "1",
    "extraLine2": "2",
    "extraLine3": "3",
    "extraLine4": "Käfer & Söhne",
    "zipCode": "11011",
    "city": "Berlin",
    "country": "DE",
    "state": "Berlin",
    "contactPhone": "123456789",
    "tags": ["BILLING", "SHIPPING"],
    "mixins": {"door": {"code": "7"}},
}
_MIXIN_LINKS: Body = {"door": "https://example.com/door.json"}
NEW_ADDRESS: Body = {**_ADDRESS, "metadata": {"mixins": _MIXIN_LINKS}}
CHANGED_ADDRESS: Body = {**_ADDRESS, "isDefault": True, "metadata": {"version": 2, "mixins": _MIXIN_LINKS}}
SIGNUP: Body = {
    **CREDENTIALS,
    "customerDetails": CUSTOMER_DETAILS,
    "customerAddress": {**CHANGED_ADDRESS, "id": "b05c20e034"},
    "signup": {"email": "jane.login@example.com", "password": "correct horse 2"},
}

RESEND: Body = {"email": "jane.doe@example.com"}
CHANGE_EMAIL: Body = {**CREDENTIALS, "newEmail": "jane.new@example.com", "syncContactEmail": True}
MAILED_TOKEN: Body = {"token": "mailed-token-1"}
RESET: Body = {"email": "jane.doe@example.com"}
RESET_AT_SITE: Body = {"email": "jane.doe@example.com", "site": "main"}
RESET_UPDATE: Body = {"token": "mailed-token-1", "password": "correct horse 3"}
CHANGE_PASSWORD: Body = {"currentPassword": "correct horse 1", "newPassword": "correct horse 3"}
