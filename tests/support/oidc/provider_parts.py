"""An identity provider on a real port, and our view of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bff.config.settings import SocialSettings
from bff.oidc.login_state import LoginState
from bff.oidc.provider import IdentityProvider
from bff.operations.places import Places
from bff.sandbox.provider.factory import Provider, create_provider
from bff.sandbox.provider.keys import SigningKey
from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.server import SandboxServer
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.logs import log_to

CLIENT = "demo-social"
BACK = "http://127.0.0.1:8000/login/callback"
KEY = SigningKey()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What we make of a provider, and the provider."""

    ours: IdentityProvider
    provider: Provider
    clock: FakeClock

    def asked(self) -> tuple[int, int]:
        """Count how often each document was fetched: discovery, keys."""
        return self.provider.recorder.count("discovery"), self.provider.recorder.count("jwks")


def social_settings(issuer: str) -> SocialSettings:
    return SocialSettings(
        issuer=issuer, client_id=CLIENT, connections=(), scope="openid profile email", emporix_config=None
    )


def ours(issuer: str, clock: FakeClock, most_waiting: int = 8) -> IdentityProvider:
    return IdentityProvider(social_settings(issuer), clock, log_to(), places=Places(32), most_waiting=most_waiting)


@contextmanager
def serving(settings: ProviderSettings, clock: FakeClock, *, issuer_suffix: str = "/") -> Iterator[Seen]:
    """Serve a provider for as long as it is needed."""
    provider = create_provider(settings, signing_key=KEY, now=clock)
    with SandboxServer(provider.app, host="localhost") as server:
        provider.serve_at(server.url)
        yield Seen(ours=ours(server.url + issuer_suffix, clock), provider=provider, clock=clock)
        provider.faults.clear()


def login_of(clock: FakeClock, *, is_reauthentication: bool = False) -> LoginState:
    return LoginState.fresh(
        return_path="/account", issuer="any", prefix=None, now=clock(), is_reauthentication=is_reauthentication
    )
