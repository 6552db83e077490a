"""How one provider behaves; read nowhere from the environment, always passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bff.sandbox.demo_customers import B2C_EMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who can be chosen at the provider."""

    subject: str
    """`sub`."""
    email: str
    email_verified: bool
    given_name: str
    family_name: str

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given_name} {self.family_name}"


JANE = Person(subject="google-oauth2|1001", email=B2C_EMAIL, email_verified=True, given_name="Jane", family_name="Doe")
"""Has the e-mail of the sandbox's B2C customer."""
JOHN = Person(
    subject="google-oauth2|1002", email="john@example.com", email_verified=True, given_name="John", family_name="Doe"
)
"""Has no customer in the sandbox yet."""
RICHARD = Person(
    subject="google-oauth2|1003",
    email="richard.roe@example.com",
    email_verified=False,
    given_name="Richard",
    family_name="Roe",
)
"""Has an e-mail that the provider has not verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """One Auth0 domain with one application, as its administrator would have set them up."""

    issuer: str = ""
    """With a slash at the end, as Auth0's; empty until `Provider.serve_at` is told the origin."""
    client_id: str = "demo-social"
    client_secret: str = "demo-social-secret"  # noqa: S105 - public on purpose; opens nothing but the sandbox
    redirect_uris: tuple[str, ...] = ("http://127.0.0.1:8000/login/callback",)
    """Compared exactly."""
    post_logout_redirect_uris: tuple[str, ...] = ("http://127.0.0.1:8000/",)
    """The same, for both ways to sign out."""
    connections: tuple[str, ...] = ("google-oauth2", "facebook")
    people: tuple[Person, ...] = (JANE, JOHN, RICHARD)

    backchannel_logout_url: str = ""
    """Empty: nothing registered."""
    backchannel_on_sign_out: bool = False
    """Whether a sign-out at the provider tells the registered URL, before it answers the browser."""

    end_session_endpoint: bool = True
    """Whether discovery names one, and it exists; `/v2/logout` does in any case."""
    iss_parameter: bool = True
    """Whether discovery promises `iss` in the authorization response, and it comes."""
    discovery_overrides: Mapping[str, object] = field(default_factory=dict)
    """Properties of the discovery document to replace; None leaves one out."""

    code_seconds: int = 60
    access_token_seconds: int = 86400
    id_token_seconds: int = 36000
    logout_token_seconds: int = 120
