"""The one place where the parts of a sandbox meet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from bff.sandbox.demo_customers import add_demo_customers
from bff.sandbox.emporix.handlers import HANDLERS
from bff.sandbox.faults import Faults
from bff.sandbox.gateway import Served, add_operations
from bff.sandbox.mails import Outbox
from bff.sandbox.mint import Issued, Mint
from bff.sandbox.operations import ROUTES, Asked, Operation
from bff.sandbox.pages import make_blueprint
from bff.sandbox.recorder import Recorder
from bff.sandbox.redeemer import CodeRedeemer
from bff.sandbox.settings import SandboxSettings
from bff.sandbox.state import State
from bff.sandbox.storefront.handlers import SERVED
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.state import Shops
from bff.sandbox.tokens import TokenBook
from bff.sandbox.world import World

_SERVED = (*(Served(route=route, handler=HANDLERS[route.operation]) for route in ROUTES), *SERVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """One stand-in, and what a test may look at or turn."""

    settings: SandboxSettings
    app: Flask
    """The WSGI application."""
    state: State
    shops: Shops
    mint: Mint
    tokens: TokenBook
    mails: Outbox
    faults: Faults[Asked]
    recorder: Recorder[Asked]

    @property
    def issued(self) -> tuple[Issued, ...]:
        """Every token and session id ever issued, oldest first."""
        return self.mint.issued


def create_sandbox(
    settings: SandboxSettings,
    *,
    now: Callable[[], float] = time.time,
    redeemer: CodeRedeemer | None = None,
    mint: Mint | None = None,
) -> Sandbox:
    """Build a sandbox.

    :param now: Unix seconds
    :param redeemer: redeems the codes of a social sign-in; None refuses all of them
    :param mint: to share with the redeemer, so that one list holds what both have issued
    """
    mint = mint or Mint()
    state = State()
    mails = Outbox(mint=mint, now=now, shop_url=settings.shop_url, lifetime_seconds=settings.mailed_token_seconds)
    world = World(
        settings=settings,
        now=now,
        mint=mint,
        state=state,
        shops=Shops(now=now),
        tokens=TokenBook(settings=settings, mint=mint, now=now),
        mails=mails,
        redeemer=redeemer,
    )
    if settings.demo_customers:
        add_demo_customers(state, tenant=settings.tenant)
    kinds: tuple[type[Asked], ...] = (Operation, StorefrontOperation)
    faults, recorder = Faults(*kinds), Recorder(*kinds)
    # The package has no files of its own to serve.
    app = Flask(__name__, static_folder=None)
    add_operations(app, _SERVED, world=world, faults=faults, recorder=recorder)
    app.register_blueprint(make_blueprint(world))
    return Sandbox(
        settings=settings,
        app=app,
        state=state,
        shops=world.shops,
        mint=mint,
        tokens=world.tokens,
        mails=mails,
        faults=faults,
        recorder=recorder,
    )
