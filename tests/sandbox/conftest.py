"""One sandbox or provider for each test, on a real server and a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bff.sandbox.factory import create_sandbox
from bff.sandbox.mint import Mint
from bff.sandbox.provider.backchannel import Delivery, deliver
from bff.sandbox.provider.factory import create_provider
from bff.sandbox.provider.keys import SigningKey
from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.redeemer import CodeRedeemer
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from tests.support.sandbox.provider_driver import Provide, ProviderDriver
from tests.support.sandbox.sandbox_driver import Driver, FakeClock, Start


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def start(clock: FakeClock) -> Iterator[Start]:
    """Start a sandbox with the settings that are given."""
    with ExitStack() as stack:

        def begin(
            settings: SandboxSettings | None = None,
            *,
            redeemer: CodeRedeemer | None = None,
            mint: Mint | None = None,
        ) -> Driver:
            sandbox = create_sandbox(settings or SandboxSettings(), now=clock, redeemer=redeemer, mint=mint)
            server = stack.enter_context(SandboxServer(sandbox.app))
            driver = Driver(sandbox=sandbox, url=server.url)
            stack.callback(driver.http.close)
            stack.callback(sandbox.faults.clear)
            return driver

        yield begin


@pytest.fixture
def driver(start: Start) -> Driver:
    """A sandbox as it is by default."""
    return start()


@pytest.fixture(scope="session")
def signing_key() -> SigningKey:
    return SigningKey()


@pytest.fixture
def provide(clock: FakeClock, signing_key: SigningKey) -> Iterator[Provide]:
    """Start a provider with the settings that are given."""
    with ExitStack() as stack:

        def begin(settings: ProviderSettings | None = None, *, delivery: Delivery = deliver) -> ProviderDriver:
            provider = create_provider(
                settings or ProviderSettings(), now=clock, signing_key=signing_key, delivery=delivery
            )
            server = stack.enter_context(SandboxServer(provider.app, host="localhost"))
            provider.serve_at(server.url)
            driver = ProviderDriver(provider=provider, url=server.url)
            stack.callback(driver.browser.close)
            stack.callback(provider.faults.clear)
            return driver

        yield begin


@pytest.fixture
def sso(provide: Provide) -> ProviderDriver:
    """A provider as it is by default."""
    return provide()
