"""A storefront's own dev server in front of `bff demo`: with either way to pass `Host` on, and under either name."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.alike import alike
from tests.support.browser.dev_server import DevServer, running_dev_server
from tests.support.demo import said_of, start, told

_ASK = "async ([path, options]) => { const got = await fetch(path, options); return [got.status, await got.json()] }"
OTHER_NAME = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}


@dataclass(frozen=True, kw_only=True)
class Developed:
    """A storefront that is being developed."""

    server: DevServer
    name: str

    @property
    def url(self) -> str:
        return f"http://{self.name}:{self.server.port}"

    @property
    def other_url(self) -> str:
        """The same by the name that is not the public URL's."""
        return f"http://{OTHER_NAME[self.name]}:{self.server.port}"


@pytest.fixture(scope="module", params=alike("localhost", "127.0.0.1"))
def demo(request: pytest.FixtureRequest) -> Iterator[Developed]:
    with tempfile.TemporaryDirectory(prefix="demo-") as folder, running_dev_server() as server:
        developed = Developed(server=server, name=request.param)
        # All visitors come from one address here.
        with start(folder, "--port", "0", "--public-url", developed.url, BFF_RATE_LIMIT_GUEST="off") as process:
            server.target = urlsplit(said_of("Dev server", told(process)).rpartition(" ")[2]).netloc
            yield developed
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=60)


@pytest.fixture(params=[False, True], ids=["host as sent", "changeOrigin"])
def developed(request: pytest.FixtureRequest, demo: Developed) -> Developed:
    demo.server.change_origin = request.param
    return demo


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def ask(page: Page, path: str, **options: object) -> tuple[int, dict[str, object]]:
    status, body = page.evaluate(_ASK, [path, options])
    return status, body


def test_storefronts_own_page_signs_in_by_json(developed: Developed, page: Page) -> None:
    page.goto(developed.url)
    _, session = ask(page, "/api/session")
    sent = {"Content-Type": "application/json", "X-CSRF-Token": session["csrfToken"]}
    body = f'{{"email": "{B2C_EMAIL}", "password": "{B2C_PASSWORD}"}}'
    assert ask(page, "/api/login", method="POST", body=body)[1]["type"] == "csrf_failed"
    assert ask(page, "/api/login", method="POST", headers=sent, body=body)[0] == 200
    page.reload()
    assert ask(page, "/api/session")[1]["state"] == "authenticated"
    status, profile = ask(page, "/api/me")
    assert (status, profile["firstName"]) == (200, "Jane")


def test_social_sign_in_leads_to_another_site_and_back_to_the_dev_server(developed: Developed, page: Page) -> None:
    page.goto(developed.url)
    page.get_by_role("link", name="Continue with Google").click()
    page.get_by_role("button", name="Jane Doe").click(trial=True)
    assert urlsplit(page.url).hostname == OTHER_NAME[developed.name]
    page.get_by_role("button", name="Jane Doe").click()
    page.wait_for_url(f"{developed.url}/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{developed.url}/")
    assert ask(page, "/api/session")[1]["state"] == "guest"


def test_other_name_is_told_the_public_url(developed: Developed, page: Page) -> None:
    page.goto(developed.other_url)
    status, body = ask(page, "/api/session")
    assert (status, body["type"]) == (400, "validation_failure")
    assert urlsplit(developed.url).netloc in str(body["details"])
    assert ask(page, "/api/login", method="POST", headers={"X-CSRF-Token": "x"}, body="{}")[0] == 400
    page.get_by_role("link", name="Continue with Google").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This page has moved")
    page.get_by_role("link", name=developed.url).click()
    assert page.url.startswith(f"{developed.url}/login/social")
    assert [cookie["domain"] for cookie in page.context.cookies()] in ([], [developed.name])
