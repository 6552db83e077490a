"""What the document on dev servers prints works: the example server runs as it stands, in front of a real shop."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.browser.servers import free_port
from tests.support.browser.storefront import PASSWORD, Storefront, running_storefront
from tests.support.documents import document

DOCUMENT = document("dev-servers.md")
PATIENCE_SECONDS = 60.0
GUESSES = 2


def program_of(name: str) -> str:
    """Return the program that the document prints under a name."""
    (found,) = re.findall(rf"^```js\n(// {re.escape(name)}\n.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    return str(found)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def rendering(folder: Path, shop_port: int, port: int, *, proxies: int) -> Iterator[int]:
    """Run the example in front of a shop, to the end of the block."""
    node = shutil.which("node")
    assert node is not None, "node is missing: tests/run says how to get it"
    (folder / "server.mjs").write_text(program_of("server.mjs"))
    variables = {"BFF": f"http://127.0.0.1:{shop_port}", "PORT": str(port), "BFF_TRUSTED_PROXIES": str(proxies)}
    process = subprocess.Popen([node, "server.mjs"], cwd=folder, env={"PATH": os.environ["PATH"], **variables})
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not listens(port):
            assert process.poll() is None, "it does not start"
            assert time.monotonic() < deadline, "it does not listen"
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


@dataclass(kw_only=True)
class Visitor:
    """A browser without a window: an address of its own, a cookie, a CSRF token."""

    port: int
    address: str = "127.0.0.1"
    sends: dict[str, str] = field(default_factory=dict)
    cookie: str | None = None
    token: str = ""

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_SECONDS, source_address=(self.address, 0)
        )
        headers = dict(self.sends)
        if self.cookie:
            headers["Cookie"] = f"theme=dark; bff-session={self.cookie}"
        if method == "POST":
            headers |= {"X-CSRF-Token": self.token, "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            (self.cookie,) = re.findall(r"^bff-session=([^;]+);", line)
        self.token = answer.headers.get("X-CSRF-Token", self.token)
        connection.close()
        return answer.status, text

    def begin(self) -> None:
        self.token = json.loads(self.ask("GET", "/api/session")[1])["csrfToken"]

    def sign_in(self, email: str, password: str = PASSWORD) -> int:
        return self.ask("POST", "/api/login", {"email": email, "password": password})[0]


@dataclass(frozen=True, kw_only=True)
class Site:
    """A shop that declares some proxies, and the example in front of it: as it should be, and one entry short."""

    store: Storefront
    port: int
    short_port: int | None


NewSite = Callable[[int], Site]


@pytest.fixture(scope="module")
def sites(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewSite]:
    with ExitStack() as stack:
        running: dict[int, Site] = {}

        def site(proxies: int) -> Site:
            if proxies not in running:
                folder, port, short = tmp_path_factory.mktemp("rendering"), free_port(), free_port()
                variables = {
                    "BFF_PUBLIC_URL": f"http://127.0.0.1:{port}",
                    "BFF_TRUSTED_PROXIES": str(proxies),
                    "BFF_RATE_LIMIT_LOGIN": f"{GUESSES}/hour;{GUESSES}/hour;100/hour",
                }
                store = stack.enter_context(
                    running_storefront(redis_server.url, folder, secure=False, environment=variables)
                )
                shop_port = int(store.url.rpartition(":")[2])
                stack.enter_context(rendering(folder, shop_port, port, proxies=proxies))
                if proxies > 1:
                    stack.enter_context(rendering(folder, shop_port, short, proxies=proxies - 1))
                running[proxies] = Site(store=store, port=port, short_port=short if proxies > 1 else None)
            return running[proxies]

        yield site


def guesses(visitor: Visitor) -> list[int]:
    """Guess once more than is allowed, at accounts that are not there; return the statuses."""
    visitor.begin()
    return [visitor.sign_in(f"nobody.{number}@example.com", "Wrong-Guess-11") for number in range(GUESSES + 1)]


ALLOWED_THEN_NOT = [401] * GUESSES + [429]


def test_visitors_of_one_server_have_limits_of_their_own(sites: NewSite) -> None:
    site = sites(1)
    assert guesses(Visitor(port=site.port, address="127.0.0.2")) == ALLOWED_THEN_NOT
    assert guesses(Visitor(port=site.port, address="127.0.0.3")) == ALLOWED_THEN_NOT
    # What a visitor says of themselves changes nothing.
    claims = {"X-Forwarded-For": "203.0.113.1", "X-Forwarded-Host": "evil.example", "Forwarded": "for=203.0.113.1"}
    liar = Visitor(port=site.port, address="127.0.0.3", sends=claims)
    assert guesses(liar) == [429] * (GUESSES + 1)


def test_proxy_in_front_of_the_server_says_who_the_visitors_are(sites: NewSite) -> None:
    site = sites(2)

    def behind_proxy(seen: str) -> dict[str, str]:
        return {
            "X-Forwarded-For": f"198.51.100.7, {seen}",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": f"127.0.0.1:{site.port}",
        }

    assert guesses(Visitor(port=site.port, sends=behind_proxy("203.0.113.2"))) == ALLOWED_THEN_NOT
    assert guesses(Visitor(port=site.port, sends=behind_proxy("203.0.113.3"))) == ALLOWED_THEN_NOT


def test_entries_that_are_too_few_are_not_believed(sites: NewSite) -> None:
    site = sites(2)
    assert site.short_port is not None
    # All of them are the server that renders.
    assert guesses(Visitor(port=site.short_port, address="127.0.0.2")) == ALLOWED_THEN_NOT
    assert guesses(Visitor(port=site.short_port, address="127.0.0.3")) == [429] * (GUESSES + 1)


def test_cookies_pass_through_both_ways_and_the_page_knows_the_customer(sites: NewSite) -> None:
    site = sites(1)
    email = site.store.customer()
    visitor = Visitor(port=site.port, address="127.0.0.4")
    visitor.begin()
    before = visitor.cookie
    assert before is not None
    assert "Hello. <a" in visitor.ask("GET", "/")[1]
    assert visitor.cookie == before
    assert visitor.sign_in(email) == 200
    assert visitor.cookie != before
    assert "Hello, Jane." in visitor.ask("GET", "/")[1]
    status, page = visitor.ask("GET", "/account")
    assert (status, "Your profile" in page) == (200, True)
    # The cookie from before is dead, and the page says nothing of anybody.
    assert "Jane" not in Visitor(port=site.port, cookie=before).ask("GET", "/")[1]
    assert visitor.ask("POST", "/api/logout")[0] == 200
    assert "Hello. <a" in visitor.ask("GET", "/")[1]


def test_visitor_without_a_cookie_costs_no_session(sites: NewSite) -> None:
    site = sites(1)
    kept = set(site.store.redis.scan_iter())
    newcomer = Visitor(port=site.port, address="127.0.0.5")
    assert newcomer.ask("GET", "/")[0] == 200
    assert newcomer.cookie is None
    assert set(site.store.redis.scan_iter()) == kept


def test_paths_that_are_printed_for_dev_servers_are_there() -> None:
    named = set(re.findall(r"'(/[a-z]+)(?:/:path\*)?'", program_of("next.config.mjs")))
    for found in re.findall(r"^```js\n(// vite\.config\.js\n.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL):
        assert set(re.findall(r"'(/[a-z]+)'", found)) == named
    assert {"/api", "/login"} < named
