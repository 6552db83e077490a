"""The one place where the parts of a provider meet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask

from bff.sandbox.faults import Faults
from bff.sandbox.mint import Mint
from bff.sandbox.provider.backchannel import Delivery, deliver
from bff.sandbox.provider.book import Book, ProviderSession
from bff.sandbox.provider.endpoints import Endpoint, add_endpoints
from bff.sandbox.provider.issuer import Issuer
from bff.sandbox.provider.keys import KeyRing, SigningKey
from bff.sandbox.provider.redeemer import ProviderRedeemer
from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.provider.tokens import AS_IT_SHOULD_BE, IdTokenShape, TokenMaker
from bff.sandbox.provider.world import ProviderWorld
from bff.sandbox.recorder import Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider, and what a test may look at or turn."""

    settings: ProviderSettings
    app: Flask
    """The WSGI application."""
    redeemer: ProviderRedeemer
    """For the sandbox that plays Emporix."""
    mint: Mint
    keys: KeyRing
    book: Book
    tokens: TokenMaker
    faults: Faults[Endpoint]
    recorder: Recorder[Endpoint]
    _issuer: Issuer
    _deliver: Delivery

    @property
    def issuer(self) -> str:
        """The issuer identifier, with a slash at the end."""
        return self._issuer.url

    def document(self) -> Mapping[str, object]:
        """Return the discovery document."""
        return self._issuer.document(self.settings)

    def serve_at(self, origin: str) -> None:
        """Say where the application is served, without a slash at the end: as `SandboxServer.url`."""
        self._issuer.serve_at(origin)

    def send_backchannel_logout(
        self, *, sid: str | None = None, sub: str | None = None, shape: IdTokenShape = AS_IT_SHOULD_BE
    ) -> int | None:
        """Post a logout token to the registered URL; return the status, or None if no answer came.

        :raises ValueError: no URL is registered
        """
        if not self.settings.backchannel_logout_url:
            raise ValueError("no back-channel logout URL is registered")
        logout_token = self.tokens.make_logout_token({"sid": sid, "sub": sub}, shape)
        return self._deliver(self.settings.backchannel_logout_url, logout_token)


def create_provider(
    settings: ProviderSettings,
    *,
    mint: Mint | None = None,
    now: Callable[[], float] = time.time,
    signing_key: SigningKey | None = None,
    delivery: Delivery = deliver,
) -> Provider:
    """Build a provider; tell it with `serve_at` where it is served, unless the settings name the issuer.

    :param mint: to share with the sandbox, so that one list holds what both have issued
    :param now: Unix seconds
    :param signing_key: to spare the tenth of a second that making one takes
    :param delivery: posts logout tokens
    """
    mint = mint or Mint()
    issuer = Issuer(settings.issuer)
    keys = KeyRing(signing_key)
    book = Book(settings=settings, mint=mint, now=now)
    tokens = TokenMaker(settings=settings, issuer=issuer, keys=keys, mint=mint, now=now)
    app = Flask(__name__, static_folder=None)
    faults, recorder = Faults(Endpoint), Recorder(Endpoint)
    provider = Provider(
        settings=settings,
        app=app,
        redeemer=ProviderRedeemer(app, settings),
        mint=mint,
        keys=keys,
        book=book,
        tokens=tokens,
        faults=faults,
        recorder=recorder,
        _issuer=issuer,
        _deliver=delivery,
    )

    def tell_sign_out(session: ProviderSession) -> None:
        if settings.backchannel_on_sign_out and settings.backchannel_logout_url:
            provider.send_backchannel_logout(sid=session.sid, sub=session.person.subject)

    world = ProviderWorld(
        settings=settings,
        now=now,
        mint=mint,
        issuer=issuer,
        keys=keys,
        book=book,
        tokens=tokens,
        tell_sign_out=tell_sign_out,
    )
    add_endpoints(app, world=world, faults=faults, recorder=recorder)
    return provider
