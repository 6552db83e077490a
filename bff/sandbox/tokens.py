"""Access and refresh tokens: issued, expired, rotated, revoked. Knows no operation and no HTTP.

Not safe between threads by itself: callers hold the lock of the state. An expired token stays known, since the gateway
has another fault code for it than for an unknown one (the contract's 401 response, `401_unauthorized`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from bff.sandbox.bearer import BearerKind
from bff.sandbox.mint import Mint, TokenKind
from bff.sandbox.replies import access_token_expired, invalid_access_token, invalid_refresh_token
from bff.sandbox.settings import SandboxSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token allows, and for whom."""

    kind: BearerKind
    tenant: str
    session_id: str
    """Made by the anonymous login, carried by every token that follows from it."""
    customer_id: str | None = None
    login_key: str | None = None
    """Which of the customer's logins was used."""
    legal_entity_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A bearer."""

    value: str
    grant: Grant
    expires_at: float
    """Unix seconds; dead from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """Good for one new set."""

    value: str
    grant: Grant
    expires_at: float
    """Unix seconds; dead from then on."""
    access_value: str
    """The access token that came with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What one issue or one refresh gives."""

    access: AccessToken
    refresh: RefreshToken
    access_seconds: int
    refresh_seconds: int


class TokenBook:
    """Every access and refresh token that is not revoked or spent."""

    def __init__(self, *, settings: SandboxSettings, mint: Mint, now: Callable[[], float]) -> None:
        self._settings = settings
        self._mint = mint
        self._now = now
        self._access: dict[str, AccessToken] = {}
        self._refresh: dict[str, RefreshToken] = {}

    def issue(self, grant: Grant) -> TokenSet:
        """Make an access token and a refresh token for this grant."""
        settings = self._settings
        if grant.kind is BearerKind.ANONYMOUS:
            kinds = (TokenKind.ANONYMOUS_ACCESS, TokenKind.ANONYMOUS_REFRESH)
            lives = (settings.anonymous_access_seconds, settings.anonymous_refresh_seconds)
        else:
            kinds = (TokenKind.CUSTOMER_ACCESS, TokenKind.CUSTOMER_REFRESH)
            lives = (settings.customer_access_seconds, settings.customer_refresh_seconds)
        now = self._now()
        access = AccessToken(value=self._mint.opaque(kinds[0]), grant=grant, expires_at=now + lives[0])
        refresh = RefreshToken(
            value=self._mint.opaque(kinds[1]),
            grant=grant,
            expires_at=now + lives[1],
            access_value=access.value,
        )
        self._access[access.value] = access
        self._refresh[refresh.value] = refresh
        return TokenSet(access=access, refresh=refresh, access_seconds=lives[0], refresh_seconds=lives[1])

    def admit(self, value: str | None, *, accepts: Collection[BearerKind], tenant: str | None) -> AccessToken:
        """Return the living token of an accepted kind.

        :param tenant: None: whichever the token is for

        :raises Refused: 401 of the gateway: it is missing, unknown, expired, of another kind or another tenant's
        """
        token = self._access.get(value or "")
        if token is None or token.grant.kind not in accepts or tenant not in (None, token.grant.tenant):
            raise invalid_access_token()
        if self._now() >= token.expires_at:
            raise access_token_expired()
        return token

    def refreshable(self, value: str, *, kind: BearerKind, tenant: str) -> RefreshToken:
        """Return the living refresh token, without spending it.

        :raises Refused: 401 of the gateway: it is unknown, spent, expired, of another kind or another tenant's
        """
        token = self._refresh.get(value)
        if token is None or token.grant.kind is not kind or token.grant.tenant != tenant:
            raise invalid_refresh_token()
        if self._now() >= token.expires_at:
            raise invalid_refresh_token()
        return token

    def refreshable_by_access(self, value: str, *, tenant: str) -> RefreshToken:
        """Return the living refresh token that came with this anonymous access token, dead or alive.

        :raises Refused: 401 of the gateway: no living refresh token came with it
        """
        for token in self._refresh.values():
            if token.access_value == value:
                return self.refreshable(token.value, kind=BearerKind.ANONYMOUS, tenant=tenant)
        raise invalid_access_token()

    def rotate(self, spent: RefreshToken, grant: Grant) -> TokenSet:
        """Spend a refresh token for a new set."""
        del self._refresh[spent.value]
        if self._settings.revoke_old_access_on_refresh:
            self._access.pop(spent.access_value, None)
        return self.issue(grant)

    def revoke(self, access_value: str) -> None:
        """Kill one access token and nothing else."""
        self._access.pop(access_value, None)

    def forget_customer(self, customer_id: str) -> None:
        """Kill everything a customer holds."""
        self._access = {k: t for k, t in self._access.items() if t.grant.customer_id != customer_id}
        self._refresh = {k: t for k, t in self._refresh.items() if t.grant.customer_id != customer_id}

    def remaining_seconds(self, token: AccessToken) -> int:
        """Return the whole seconds a token has to live."""
        return max(0, int(token.expires_at - self._now()))
