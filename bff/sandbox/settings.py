"""How one sandbox behaves; read nowhere from the environment, always passed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bff.sandbox.bearer import BearerKind


class SignupMode(Enum):
    """How the tenant turns a sign-up into an account that can sign in."""

    OPTIN = "optin"
    """By a mailed link."""
    IMMEDIATE = "immediate"
    """At once."""
    APPROVAL = "approval"
    """By an employee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """One tenant as its administrator would have set it up."""

    tenant: str = "demoshop"
    further_tenants: tuple[str, ...] = ()
    """Further tenants that exist: no token or customer of one is valid for another."""
    client_id: str = "demo-storefront"
    """The storefront API key that the anonymous token is asked with."""
    shop_url: str = "http://127.0.0.1:8000"
    """Origin of the shop, without a slash at the end; mailed links lead there."""
    signup: SignupMode = SignupMode.OPTIN
    demo_customers: bool = True
    """Whether the customers of `demo_customers` are there from the start."""

    anonymous_access_seconds: int = 3599
    anonymous_refresh_seconds: int = 86399
    customer_access_seconds: int = 2591999
    customer_refresh_seconds: int = 86399
    """Less than the access token's own life, as the contract's examples have it."""
    mailed_token_seconds: int = 86400
    session_idle_seconds: int = 3600
    """`session_idle_time` of a social sign-in; reported, not enforced."""

    match_unverified_email: bool = False
    """Whether a social sign-in also matches a customer by an e-mail that the provider has not verified."""

    refresh_bearer: BearerKind = BearerKind.ANONYMOUS
    """The token that authorises `refreshauthtoken`: GET-customer-refresh-authtoken names both kinds."""
    revoke_old_access_on_refresh: bool = False
    """Whether a refresh kills the access token it replaces, instead of leaving it to expire."""
    camel_case_only: bool = False
    """Whether the replies of login, opt-in and refresh have the older spelling, and only that."""

    @property
    def tenants(self) -> frozenset[str]:
        """Every tenant that exists."""
        return frozenset((self.tenant, *self.further_tenants))
