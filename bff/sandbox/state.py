"""Customers with their logins and addresses, in memory. Knows neither tokens nor HTTP.

One lock guards all of it, and all other state of the sandbox that an operation changes.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
import threading
from dataclasses import dataclass, field
from enum import Enum

from bff.sandbox.replies import JsonObject

_FIRST_CUSTOMER_NUMBER = 13869000


class AccountStatus(Enum):
    """Whether a customer may sign in yet."""

    ACTIVE = "active"
    AWAITS_OPTIN = "awaits_optin"
    AWAITS_APPROVAL = "awaits_approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """A salted digest: people may type a password into the demo that they use on other sites."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, text: str) -> Password:
        """Digest a password."""
        salt = secrets.token_bytes(16)
        return cls(salt=salt, digest=_digest(text, salt))

    def matches(self, text: str) -> bool:
        """Say whether it is this password."""
        return hmac.compare_digest(self.digest, _digest(text, self.salt))


@dataclass(slots=True, kw_only=True, eq=False)
class Login:
    """One way to sign in; an entry of `accounts[]`."""

    key: str
    """Stays, while the e-mail may change."""
    email: str
    password: Password | None = None
    """None for one that came from an identity provider."""
    provider_id: str | None = None
    initial_password: bool = False
    """Whether an employee has set the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntity:
    """A company that a customer is assigned to."""

    id: str
    name: str
    contact_assignment_id: str


@dataclass(slots=True, kw_only=True, eq=False)
class Customer:
    """One customer of one tenant."""

    id: str
    """The customer number too."""
    tenant: str
    account_email: str
    """What the sign-up went by; differs from the login with separate credentials."""
    document: JsonObject
    """The profile as the contract spells it, with `metadata.version`."""
    status: AccountStatus
    logins: list[Login] = field(default_factory=list)
    addresses: dict[str, JsonObject] = field(default_factory=dict)
    legal_entities: tuple[LegalEntity, ...] = ()
    last_login: str | None = None
    """ISO 8601 in UTC."""

    def login(self, key: str | None) -> Login | None:
        """Return the login of that key."""
        return next((one for one in self.logins if one.key == key), None)

    @property
    def contact_email(self) -> str:
        """Where mail about the customer as a whole goes."""
        return str(self.document.get("contactEmail") or self.account_email)


class State:
    """All customers of all tenants."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Hold it around anything that reads or changes state."""
        self.customers: dict[str, Customer] = {}
        self._numbers = itertools.count(_FIRST_CUSTOMER_NUMBER)

    def add_customer(
        self,
        *,
        tenant: str,
        email: str,
        document: JsonObject,
        logins: list[Login],
        status: AccountStatus = AccountStatus.ACTIVE,
        legal_entities: tuple[LegalEntity, ...] = (),
    ) -> Customer:
        """Store a new customer; the caller has made sure that no e-mail is taken."""
        with self.lock:
            customer = Customer(
                id=str(next(self._numbers)),
                tenant=tenant,
                account_email=email,
                document={"mixins": {}, **document, "metadata": {"mixins": {}, "version": 1}},
                status=status,
                logins=logins,
                legal_entities=legal_entities,
            )
            self.customers[customer.id] = customer
            return customer

    def add_address(self, customer: Customer, fields: JsonObject, *, is_default: bool = False) -> str:
        """Store a new address and return its id."""
        with self.lock:
            address_id = secrets.token_hex(5)
            metadata = fields.get("metadata")
            mixins = metadata.get("mixins", {}) if isinstance(metadata, dict) else {}
            customer.addresses[address_id] = {
                "tags": [],
                "mixins": {},
                **fields,
                "id": address_id,
                "isDefault": is_default,
                "metadata": {"mixins": mixins, "version": 1},
            }
            return address_id

    def by_login(self, tenant: str, email: str) -> tuple[Customer, Login] | None:
        """Find the customer who signs in with this e-mail and a password; case makes no difference."""
        wanted = email.casefold()
        for customer in self._of(tenant):
            for login in customer.logins:
                if login.password is not None and login.email.casefold() == wanted:
                    return customer, login
        return None

    def by_email(self, tenant: str, email: str) -> Customer | None:
        """Find the customer of an e-mail: that of a login of any kind, or that of the sign-up."""
        wanted = email.casefold()
        for customer in self._of(tenant):
            if wanted in {
                customer.account_email.casefold(),
                *(one.email.casefold() for one in customer.logins),
            }:
                return customer
        return None

    def is_taken(self, tenant: str, email: str, *, wanted_by: Customer | None = None) -> bool:
        """Say whether an e-mail cannot become a login: it is another customer's, or already has a password."""
        return self.by_email(tenant, email) not in (None, wanted_by) or self.by_login(tenant, email) is not None

    def by_provider_id(self, tenant: str, provider_id: str) -> tuple[Customer, Login] | None:
        """Find the customer who signs in by this subject of an identity provider."""
        for customer in self._of(tenant):
            for login in customer.logins:
                if login.provider_id == provider_id:
                    return customer, login
        return None

    def awaiting_approval(self) -> list[Customer]:
        """List the customers whom an employee has to approve."""
        with self.lock:
            return [one for one in self.customers.values() if one.status is AccountStatus.AWAITS_APPROVAL]

    def approve(self, email: str) -> bool:
        """Activate the customer who waits under this e-mail, as an employee does; False if none waits."""
        with self.lock:
            for customer in self.awaiting_approval():
                if customer.account_email.casefold() == email.casefold():
                    customer.status = AccountStatus.ACTIVE
                    return True
            return False

    def _of(self, tenant: str) -> list[Customer]:
        return [one for one in self.customers.values() if one.tenant == tenant]


def new_login(
    email: str,
    *,
    password: str | None = None,
    provider_id: str | None = None,
    initial_password: bool = False,
) -> Login:
    """Make a login that no customer has yet."""
    return Login(
        key=secrets.token_hex(8),
        email=email,
        password=None if password is None else Password.of(password),
        provider_id=provider_id,
        initial_password=initial_password,
    )


def _digest(text: str, salt: bytes) -> bytes:
    # Cheap on purpose: tests sign in hundreds of times, and nothing is kept when the process ends.
    return hashlib.scrypt(text.encode("utf-8", "surrogatepass"), salt=salt, n=256, r=8, p=1)
