"""The seam between the service and the stand-in for the identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialIdentity:
    """The person who signed in at the provider, and what the provider issued for it."""

    subject: str
    """The provider's own identifier; `accounts[].providerId` of the customer."""
    email: str
    email_verified: bool = True
    """Whether the provider has verified it."""
    access_token: str
    id_token: str
    first_name: str | None = None
    last_name: str | None = None


class CodeRedeemer(Protocol):
    """Plays the token call that the service makes to the provider, with the client secret it holds."""

    def redeem(self, code: str, redirect_uri: str, code_verifier: str | None) -> SocialIdentity | None:
        """Spend a code; None if it is refused. Called with the lock of the state held: do not call back."""
        ...
