"""A real server at its most talkative: whatever a request brings, nothing secret of it is written out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.mails import Purpose
from bff.sandbox.mint import MARKER
from bff.sandbox.provider.settings import JANE
from tests.support.fakes.sso_browser import SsoBrowser, query_of
from tests.support.journeys.leak_canaries import Kind, Place
from tests.support.journeys.leak_drives import WRONG_PASSWORD
from tests.support.journeys.leak_redis import dump
from tests.support.journeys.leak_scenes import of_provider
from tests.support.journeys.leak_watch import Watch, listening
from tests.support.journeys.real_server import RealServer, free_port
from tests.support.shop import COOKIE, ShopMaker
from tests.support.social import CLICK, FROM_ELSEWHERE, LINK

_CRASH = "{% include request.args.token %}"
"""A page that fails with what stood in the URL: in the exception's text, and in its locals."""


@dataclass
class Visit:
    """A browser at the real server."""

    server: RealServer
    watch: Watch

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        self.csrf = ""

    def ask(self, method: str, path: str, **kwargs: object) -> requests.Response:
        answer = self.http.request(method, self.server.url + path, allow_redirects=False, timeout=20, **kwargs)  # type: ignore[arg-type]  # what requests takes
        self.csrf = answer.headers.get("X-CSRF-Token", self.csrf)
        if cookie := answer.cookies.get(COOKIE):
            self.watch.canaries.note(Kind.COOKIE, cookie)
        self.watch.found(self.http.cookies.get(COOKIE))
        return answer

    def post(self, path: str, **body: str) -> requests.Response:
        if not self.csrf:
            self.csrf = self.ask("GET", "/api/session").json()["csrfToken"]
        return self.ask("POST", path, json=body, headers={"X-CSRF-Token": self.csrf})

    @property
    def cookie(self) -> str:
        return str(self.http.cookies[COOKIE])


@pytest.fixture
def visit(make_shop: ShopMaker, tmp_path: Path) -> Iterator[Visit]:
    port = free_port()
    templates = tmp_path / "theme" / "templates"
    templates.mkdir(parents=True)
    (templates / "home.html").write_text(_CRASH)
    environment: dict[str, Any] = {"BFF_LOG_LEVEL": "debug", "BFF_THEME_DIR": str(tmp_path / "theme")}
    social = make_shop.with_provider(public_url=f"http://127.0.0.1:{port}", **environment)
    environment |= of_provider(social.provider)
    with listening() as log:
        watch = Watch(shop=social.shop, log=log, provider=social.provider.issuer)
    variables = make_shop.environment(social.shop.settings.emporix.api_url, **environment)
    with RealServer(variables, tmp_path / "log", port=port) as server:
        yield Visit(server, watch)


def sign_in(visit: Visit) -> None:
    assert visit.post("/api/login", email=B2C_EMAIL, password=WRONG_PASSWORD).status_code == 401
    assert visit.post("/api/login", email=B2C_EMAIL, password=B2C_PASSWORD).status_code == 200
    assert visit.ask("GET", "/api/me").status_code == 200


def open_a_mailed_link(visit: Visit) -> str:
    assert visit.post("/api/password/reset", email=B2C_EMAIL).status_code == 204
    token = visit.watch.shop.sandbox.mails.last(Purpose.PASSWORD_RESET).token
    page = visit.ask("GET", f"/password/reset?token={token}")
    assert token in page.text
    return token


def come_back_from_the_provider(visit: Visit) -> str:
    location = visit.ask("GET", LINK, headers=CLICK).headers["Location"]
    sso = SsoBrowser()
    back = sso.choose(location, JANE.subject).removeprefix(visit.server.url)
    sso.close()
    assert {"code", "state"} <= set(query_of(back))
    assert visit.ask("GET", back, headers=FROM_ELSEWHERE).headers["Location"] == "/account"
    return back


def malformed(visit: Visit, token: str, back: str) -> list[bytes]:
    host, cookie = b"Host: " + visit.server.host, f"Cookie: {COOKIE}={visit.cookie}".encode()
    link = f"/password/reset?token={token}".encode()
    lines = [
        b"GET " + link + b" HTTP/9.9\r\n" + host,
        b"GET " + link + b" SPACE HTTP/1.1\r\n" + host,
        b"G\x00T " + link + b" HTTP/1.1\r\n" + host,
        b"GET\t" + link + b"\r\n" + host,
        token.encode() + b" / HTTP/1.1\r\n" + host,
        b"GET " + link + b"x" * 9000 + b" HTTP/1.1\r\n" + host,
        b"GET " + back.encode() + b" HTTP/1.1\r\n" + host + b"\r\nBad Header " + cookie,
        b"GET / HTTP/1.1\r\n" + host + b"\r\n" + cookie + b"\r\n" + visit.cookie.encode() + b"(: x",
        b"GET / HTTP/1.1\r\n" + host + b"\r\n" + cookie + b"\x00",
        b"GET / HTTP/1.1\r\n" + host + b"\r\nX: " + token.encode() * 900,
        b"POST /api/login HTTP/1.1\r\n" + host + b"\r\n" + cookie + b"\r\nContent-Length: " + token.encode(),
        b"POST /api/login HTTP/1.1\r\n" + host + b"\r\nTransfer-Encoding: " + token.encode(),
        b"POST /api/login HTTP/1.1\r\n" + host + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + token.encode(),
        b"GET " + link + b"#" + token.encode() + b" HTTP/1.1\r\nHost: " + token.encode(),
    ]
    return [line + b"\r\n\r\n" for line in lines]


def test_real_server_writes_no_secret_out(visit: Visit) -> None:
    sign_in(visit)
    token = open_a_mailed_link(visit)
    back = come_back_from_the_provider(visit)
    for path in (f"/?token={token}", f"/nowhere?token={token}", back, f"/api/me?token={token}"):
        visit.ask("GET", path)
    assert visit.ask("GET", f"/?token={token}").status_code == 500
    for raw in malformed(visit, token, back):
        answer = visit.server.send(raw)
        assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 5")) or answer == b"", (raw[:60], answer)
    visit.watch.entries |= dump(visit.watch.shop.redis)
    visit.server.__exit__(None, None, None)
    output = visit.server.log
    visit.watch.texts[Place.OUTPUT].add(output.encode())
    assert visit.watch.findings() == set()
    # It did speak of all of this, and of gunicorn's own affairs too.
    for said in ("internal_error", "TemplateNotFound", "/login/callback", "upstream_call", "urllib3.connectionpool"):
        assert said in output, said
    assert '"audit": true' in output
    assert re.search(r'"logger": "gunicorn.error", "message": "Invalid request', output)
    assert MARKER in token
