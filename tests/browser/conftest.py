"""Real browsers at real shops: one of each kind and one shop of each kind for the session, a customer for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.browser.chromium import running_chromium
from tests.support.browser.firefox import running_firefox
from tests.support.browser.modes import MODES, Mode
from tests.support.browser.social_place import NewPlace, Place, running_place
from tests.support.browser.storefront import Storefront, running_storefront
from tests.support.browser.visitor import PATIENCE_SECONDS, NewVisitor, Visitor, make_visitor

NewStorefront = Callable[..., Storefront]


IN_EVERY_MODE = frozenset({"test_signing_in"})
"""What each run goes through over https and without scripts too; the other journeys wait for tests/more with that."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker("browser")
            if "https-without" in item.name and item.path.stem not in IN_EVERY_MODE:
                item.add_marker("more")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with running_chromium(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    with running_firefox(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def places(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewPlace]:
    """The session's shops with an identity provider, each started when first asked for."""
    with ExitStack() as stack:
        running: dict[str, Place] = {}

        def place(same_site: str) -> Place:
            if same_site not in running:
                folder = tmp_path_factory.mktemp("place")
                running[same_site] = stack.enter_context(running_place(redis_server.url, folder, same_site=same_site))
            return running[same_site]

        yield place


@pytest.fixture(scope="session")
def storefronts(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewStorefront]:
    """The session's shops, each started when first asked for: by whether over https, and by what else is set."""
    with ExitStack() as stack:
        running: dict[tuple[bool, tuple[tuple[str, str], ...]], Storefront] = {}

        def storefront(secure: bool, environment: Mapping[str, str] | None = None) -> Storefront:
            key = secure, tuple(sorted((environment or {}).items()))
            if key not in running:
                folder = tmp_path_factory.mktemp("storefront")
                running[key] = stack.enter_context(
                    running_storefront(redis_server.url, folder, secure=secure, environment=environment)
                )
            return running[key]

        yield storefront


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Mode:
    found: Mode = request.param
    return found


@pytest.fixture
def store(mode: Mode, storefronts: Callable[[bool], Storefront]) -> Iterator[Storefront]:
    """The shop of this test's mode."""
    found = storefronts(mode.is_secure)
    yield found
    found.sandbox.faults.clear()


@pytest.fixture
def new_visitor(chromium: Browser, mode: Mode, store: Storefront) -> Iterator[NewVisitor]:
    """Makes visitors; none of their browsers may have complained about anything by the end."""
    visitors: list[Visitor] = []

    def make(**wishes: Any) -> Visitor:
        visitor = make_visitor(chromium, store, **{"scripts": mode.has_scripts, **wishes})
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        visitor.context.close()
    for visitor in visitors:
        visitor.watch.check()


@pytest.fixture
def visitor(new_visitor: NewVisitor) -> Visitor:
    return new_visitor()
