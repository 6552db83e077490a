"""Social sign-in in a real browser: from the link to the profile and out again, with either kind of cookie."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.factory import create_sandbox
from bff.sandbox.provider.factory import Provider, create_provider
from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from tests.support.browser.servers import free_port, gunicorn


@dataclass(frozen=True, kw_only=True)
class Place:
    """A shop and its identity provider, on two sites."""

    url: str
    provider: Provider


@pytest.fixture(scope="module", params=["Lax", "Strict"])
def place(
    request: pytest.FixtureRequest, redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        provider = create_provider(
            ProviderSettings(redirect_uris=(f"{url}/login/callback",), post_logout_redirect_uris=(f"{url}/",))
        )
        provider.serve_at(stack.enter_context(SandboxServer(provider.app, host="localhost")).url)
        sandbox = create_sandbox(SandboxSettings(shop_url=url), redeemer=provider.redeemer, mint=provider.mint)
        environment = {
            "EMPORIX_TENANT": sandbox.settings.tenant,
            "EMPORIX_CLIENT_ID": sandbox.settings.client_id,
            "EMPORIX_API_URL": stack.enter_context(SandboxServer(sandbox.app, host="localhost")).url,
            "REDIS_URL": redis_server.url,
            "BFF_SECRET_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "BFF_PUBLIC_URL": url,
            "BFF_BIND": f"127.0.0.1:{port}",
            "BFF_WORKERS": "1",
            "BFF_GRACEFUL_TIMEOUT": "2",
            "BFF_COOKIE_SAMESITE": request.param,
            "AUTH0_ISSUER": provider.issuer,
            "AUTH0_CLIENT_ID": provider.settings.client_id,
            "AUTH0_CONNECTIONS": "google-oauth2=Google",
        }
        stack.enter_context(gunicorn(environment, tmp_path_factory.mktemp("social") / "log", port))
        yield Place(url=url, provider=provider)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a tab went through."""

    page: Page
    refusals: list[str]


@pytest.fixture
def seen(chromium: Browser) -> Iterator[Seen]:
    context = chromium.new_context()
    page = context.new_page()
    refusals: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Refused" in message.text:
            refusals.append(message.text)

    page.on("console", note)
    yield Seen(page=page, refusals=refusals)
    context.close()


def at_provider(page: Page, place: Place) -> None:
    page.wait_for_url(f"{place.provider.issuer}authorize**")


def test_from_the_link_to_the_profile_out_by_the_form_and_asked_again(place: Place, seen: Seen) -> None:
    page = seen.page
    page.goto(f"{place.url}/login")
    page.get_by_role("link", name="Continue with Google").click()
    at_provider(page, place)
    page.get_by_role("button", name="Jane Doe").click()
    page.wait_for_url(f"{place.url}/account")
    assert page.get_by_role("heading", level=1).inner_text() == "Your profile"
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{place.url}/")
    page.get_by_text("You are not signed in").or_(page.get_by_role("link", name="Sign in")).first.wait_for()
    page.goto(f"{place.url}/login")
    page.get_by_role("link", name="Continue with Google").click()
    at_provider(page, place)
    assert page.get_by_role("button", name="Jane Doe").is_visible()
    assert seen.refusals == []
    assert all("bff-session" not in call.headers.get("cookie", "") for call in place.provider.recorder)


def test_who_refuses_there_is_told_so_here(place: Place, seen: Seen) -> None:
    page = seen.page
    page.goto(f"{place.url}/login")
    page.get_by_role("link", name="Continue with Google").click()
    at_provider(page, place)
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{place.url}/login?notice=social-refused")
    assert "You were not signed in there" in page.get_by_role("main").inner_text()


def test_foreign_page_that_links_to_the_start_starts_nothing(place: Place, seen: Seen) -> None:
    page = seen.page
    page.goto(f"{place.url}/login")
    page.goto(place.provider.issuer)
    page.evaluate(
        "url => { const a = document.createElement('a'); a.href = url; document.body.append(a); a.click() }",
        f"{place.url}/login/social/google-oauth2",
    )
    page.get_by_role("button", name="Go on").wait_for()
    assert page.url.startswith(f"{place.url}/login/social/google-oauth2")
    page.get_by_role("button", name="Go on").click()
    at_provider(page, place)


def test_unverified_address_signs_nobody_in(place: Place, seen: Seen) -> None:
    page = seen.page
    page.goto(f"{place.url}/login")
    page.get_by_role("link", name="Continue with Google").click()
    at_provider(page, place)
    page.get_by_role("button", name="Richard Roe").click()
    page.wait_for_url(f"{place.url}/login?notice=social-failed")
