"""The program behind a real nginx, which has the configuration that is shipped: over TLS, with an authority of ours."""

from __future__ import annotations

import http.server
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.return_paths import EXAMPLE_SHOP
from bff.factory import create_app
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.factory import create_sandbox
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from bff.web.paths import HOME, PROBES
from tests.support.bench.authority import Authority, make_authority
from tests.support.bench.exchange import ask, free_ports
from tests.support.bench.processes import running, wait_until
from tests.support.deploy.front import HOST, Front, Places, in_front
from tests.support.deploy.shipped import settings_of, shipped, variables_in
from tests.support.deploy.visitor import COOKIE, Answer, Visitor
from tests.support.patience import eventually
from tests.support.shop import KEY

OURS = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_URL")
SHOP = "x-stands-for-the-shop"
MAILED = "a-mailed-token-of-nobody"
LONGEST_BODY = 64 * 1024
FAILURES = 3
SIGN_IN = {"email": B2C_EMAIL, "password": B2C_PASSWORD}

VisitorMaker = Callable[..., Visitor]


class ShopHandler(http.server.BaseHTTPRequestHandler):
    """Answers to everything, with the header lines that it was sent."""

    def do_GET(self) -> None:
        body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header(SHOP, "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def shop_server() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer((HOST, 0), ShopHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    front: Front
    authority: Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Site]:
    """Run the program on a unix socket, and nginx in front of it and of a shop."""
    folder = tmp_path_factory.mktemp("site")
    port, plain_port = free_ports(2)
    public_url = f"https://{HOST}:{port}"
    sandbox = create_sandbox(SandboxSettings(shop_url=public_url))
    with ExitStack() as stack:
        redis = stack.enter_context(EmbeddedRedis())
        emporix = stack.enter_context(SandboxServer(sandbox.app))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(OURS)},
            "BFF_PUBLIC_URL": public_url,
            "BFF_BIND": f"unix:{folder}/bff.sock",
            "BFF_TRUSTED_PROXIES": variables_in(shipped("bff.env"))["BFF_TRUSTED_PROXIES"],
            "BFF_SECRET_KEYS": KEY,
            "BFF_SECURITY_CONTACT": "mailto:security@example.com",
            "BFF_RATE_LIMIT_LOGIN": f"10/hour;{FAILURES}/hour;100/hour",
            "BFF_WORKERS": "1",
            "BFF_GRACEFUL_TIMEOUT": "2",
            "REDIS_URL": redis.url,
            "EMPORIX_API_URL": emporix.url,
            "EMPORIX_TENANT": sandbox.settings.tenant,
            "EMPORIX_CLIENT_ID": sandbox.settings.client_id,
        }
        command = [sys.executable, "-m", "bff.cli", "serve"]
        program = stack.enter_context(running(command, folder / "bff.log", environment, Path.cwd()))
        shop = stack.enter_context(shop_server())
        places = Places(
            port=port,
            plain_port=plain_port,
            program=f"unix:{folder}/bff.sock",
            shop=shop,
            authority=authority,
        )
        front = stack.enter_context(in_front(folder, places))
        wait_until(lambda: ask(front.url, "/api/session", authority=authority.root).status == 200, program, "bff")
        yield Site(front=front, authority=authority)


@pytest.fixture
def visitor(site: Site) -> Iterator[VisitorMaker]:
    made: list[Visitor] = []

    def make(address: str = HOST, *, http2: bool = True) -> Visitor:
        made.append(Visitor(site.front.url, site.authority.root, address=address, http2=http2))
        return made[-1]

    yield make
    for one in made:
        one.close()


def attributes(answer: Answer) -> set[str]:
    (line,) = answer.set_cookies
    return {part.strip() for part in line.split(";")[1:]}


def test_customer_signs_in_by_form_with_a_cookie_for_this_host_alone(visitor: VisitorMaker) -> None:
    jane = visitor()
    answer = jane.send_form("/login", **SIGN_IN)
    assert (answer.status, answer.headers["location"]) == (303, "/account")
    assert attributes(answer) == {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"}
    page = jane.get("/account")
    assert page.status == 200
    assert page.protocol == "HTTP/2"
    assert "max-age=63072000" in page.headers["strict-transport-security"]
    assert jane.send_form("/logout").status == 303
    assert jane.get("/api/me").status == 401


@pytest.mark.parametrize("http2", [True, False])
def test_customer_signs_in_by_json(visitor: VisitorMaker, http2: bool) -> None:
    jane = visitor(http2=http2)
    answer = jane.send_json("/api/login", SIGN_IN)
    assert (answer.status, answer.json["state"]) == (200, "authenticated")
    assert "Secure" in attributes(answer)
    assert jane.get("/api/me").json["contactEmail"] == B2C_EMAIL
    assert jane.send_json("/api/logout", {}).status == 200


def test_change_that_another_site_sends_is_refused(visitor: VisitorMaker) -> None:
    jane = visitor()
    jane.csrf = jane.get("/api/session").json["csrfToken"]
    kind = ("Content-Type: application/json", f"X-CSRF-Token: {jane.csrf}", "Origin: https://elsewhere.example")
    answer = jane.ask("POST", "/api/login", *kind, body=json.dumps(SIGN_IN).encode())
    assert (answer.status, answer.json["type"]) == (403, "origin_refused")


def test_limits_count_the_visitors_address_whatever_the_visitor_says(visitor: VisitorMaker) -> None:
    thief, other = visitor("127.0.0.2"), visitor("127.0.0.3")
    statuses = [
        thief.send_json(
            "/api/login",
            {"email": f"nobody-{number}@example.com", "password": "Wrong-Guess-1"},
            f"X-Forwarded-For: 203.0.113.{number}",
            f"X-Real-IP: 203.0.113.{number}",
            f"Forwarded: for=203.0.113.{number}",
        ).status
        for number in range(FAILURES + 1)
    ]
    assert statuses == [401] * FAILURES + [429]
    assert other.send_json("/api/login", SIGN_IN, "X-Forwarded-For: 127.0.0.2").status == 200


def test_program_and_shop_are_sent_one_entry_of_ours_and_nothing_that_a_visitor_says_of_itself(
    visitor: VisitorMaker, site: Site
) -> None:
    lies = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Host": "elsewhere.example",
        "X-Forwarded-Port": "1",
        "X-Forwarded-Prefix": "/elsewhere",
        "X-Forwarded-Server": "elsewhere",
        "X_Forwarded_For": "203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        "X-Original-URL": "/account",
        "X-Rewrite-URL": "/account",
        "X-HTTP-Method-Override": "DELETE",
        "Forwarded": "for=203.0.113.9",
        "Proxy": "http://elsewhere.example",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": "elsewhere=1",
        "X-Request-ID": "chosen-by-a-visitor",
    }
    answer = visitor("127.0.0.4").get("/", *(f"{name}: {value}" for name, value in lies.items()))
    sent = [(name, value) for name, value in answer.json if name.startswith("x") or name in map(str.lower, lies)]
    own = dict(sent)
    assert len(own) == len(sent)
    request_id = own.pop("x-request-id")
    assert re.fullmatch("[0-9a-f]{32}", request_id)
    assert own == {"x-forwarded-for": "127.0.0.4", "x-forwarded-proto": "https", "x-forwarded-host": HOST}
    eventually(lambda: request_id in site.front.access_log)


def test_answer_and_both_logs_name_a_request_by_one_id(visitor: VisitorMaker, site: Site) -> None:
    request_id = visitor().get("/api/session", "X-Request-ID: chosen-by-a-visitor").headers["x-request-id"]
    eventually(lambda: request_id in site.front.access_log)
    assert request_id in (site.front.folder / "bff.log").read_text()


def test_body_of_64_kib_arrives_and_a_longer_one_is_refused_by_the_program(visitor: VisitorMaker) -> None:
    jane = visitor()
    body = json.dumps(SIGN_IN).encode()
    assert jane.send_json("/api/login", body.ljust(LONGEST_BODY)).status == 200
    refused = jane.send_json("/api/login", body.ljust(LONGEST_BODY + 1))
    assert (refused.status, refused.json["type"]) == (413, "payload_too_large")
    # That much nginx does not even hold.
    assert jane.send_json("/api/login", body.ljust(300 * 1024)).status == 413


def test_body_in_chunks_arrives_whole(visitor: VisitorMaker) -> None:
    jane = visitor(http2=False)
    body = json.dumps(SIGN_IN).encode().ljust(40_000)
    assert jane.send_json("/api/login", body, "Transfer-Encoding: chunked").status == 200


@pytest.mark.parametrize("http2", [True, False])
def test_large_cookie_arrives_and_one_that_is_too_large_is_refused_by_the_program(
    visitor: VisitorMaker, http2: bool
) -> None:
    jane = visitor(http2=http2)
    assert jane.send_json("/api/login", SIGN_IN).status == 200
    mine, jane.cookie = f"{COOKIE}={jane.cookie}", None
    others = "; ".join(f"other{number}={'x' * 500}" for number in range(30))
    assert 15_000 < len(others) < 16_000
    assert jane.get("/api/me", f"Cookie: {others}; {mine}").status == 200
    refused = jane.get("/api/me", f"Cookie: {others}; more={'x' * 1500}; {mine}")
    assert (refused.status, refused.headers["content-type"]) == (431, "application/json")


def test_cookies_that_come_one_by_one_over_http2_are_read(visitor: VisitorMaker) -> None:
    jane = visitor()
    assert jane.send_json("/api/login", SIGN_IN).status == 200
    mine, jane.cookie = f"Cookie: {COOKIE}={jane.cookie}", None
    answer = jane.get("/api/me", "Cookie: before=1", mine, "Cookie: after=1")
    assert (answer.status, answer.protocol) == (200, "HTTP/2")


def test_websocket_is_no_way_in(visitor: VisitorMaker) -> None:
    asked = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + "A" * 24)
    answer = visitor(http2=False).get("/api/session", *asked)
    assert (answer.status, answer.json["state"]) == (200, "guest")


def test_every_path_of_the_program_leads_to_it_and_every_other_to_the_shop(
    visitor: VisitorMaker, tmp_path: Path
) -> None:
    somebody = visitor("127.0.0.5")
    rules = create_app(settings_of(variables_in(shipped("bff.env")), tmp_path)).url_map.iter_rules()
    paths = {re.sub(r"<[^>]+>", "x", rule.rule) for rule in rules} - {HOME, EXAMPLE_SHOP}
    assert len(paths) > 50
    for path in sorted(paths - PROBES):
        answer = somebody.get(path)
        assert SHOP not in answer.headers, path
        assert "x-request-id" in answer.headers, path
    for path in PROBES:
        assert somebody.get(path).status == 404, path
    for path in (
        "/",
        "/cart",
        EXAMPLE_SHOP,
        "/accounts",
        "/loginx",
        "/apis",
        "/staticfile",
        "/.well-known/x",
        "/passwords/x",
    ):
        assert SHOP in somebody.get(path).headers, path


@pytest.mark.parametrize("path", ["//api/session", "/x/../api/session", "/%61pi/session", "/./healthz", "//healthz"])
def test_other_spellings_of_a_path_lead_to_no_other_route(visitor: VisitorMaker, path: str) -> None:
    answer = visitor().get(path)
    # The one is the same path by RFC 3986; the others are none of ours.
    assert answer.status == (200 if "%61" in path else 404)


def test_page_over_http_leads_to_https(site: Site) -> None:
    answer = ask(site.front.plain_url, "/account?x=1")
    assert (answer.status, answer.headers["location"]) == (301, f"{site.front.url}/account?x=1")
    assert answer.cookies == ()


def test_redirect_stays_on_the_public_url(visitor: VisitorMaker) -> None:
    answer = visitor().get("/account")
    assert answer.status == 303
    assert answer.headers["location"].startswith("/login?next=")


def test_static_file_is_served_with_its_age(visitor: VisitorMaker) -> None:
    page = visitor().get("/login").body.decode()
    (path,) = set(re.findall(r'"(/static/[^"]*site[^"]*\.css[^"]*)"', page))
    answer = visitor().get(path)
    assert answer.status == 200
    assert "immutable" in answer.headers["cache-control"]


def test_mailed_token_is_in_no_log_of_nginx(visitor: VisitorMaker, site: Site) -> None:
    assert visitor().get(f"/password/reset?token={MAILED}").status == 200
    eventually(lambda: '"GET /password/reset HTTP/2.0"' in site.front.access_log)
    assert MAILED not in site.front.all_logs


@pytest.fixture
def alone(tmp_path: Path, authority: Authority) -> Iterator[Front]:
    """Run nginx in front of nothing."""
    port, plain_port = free_ports(2)
    nobody = f"unix:{tmp_path}/nobody.sock"
    with in_front(tmp_path, Places(port=port, plain_port=plain_port, program=nobody, authority=authority)) as front:
        yield front


def test_script_is_told_in_the_usual_shape_that_the_program_is_away_and_no_token_is_logged(
    alone: Front, authority: Authority
) -> None:
    visitor = Visitor(alone.url, authority.root)
    answer = visitor.get("/api/session")
    assert (answer.status, answer.headers["cache-control"], answer.headers["retry-after"]) == (503, "no-store", "5")
    assert answer.json["type"] == "upstream_unavailable"
    assert answer.json["requestId"] == answer.headers["x-request-id"]
    assert visitor.get(f"/password/reset?token={MAILED}").status == 502
    visitor.close()
    # It writes its line after the answer has left.
    eventually(lambda: "/password/reset" in alone.all_logs)
    assert MAILED not in alone.all_logs


def test_one_address_that_asks_for_too_much_is_told_so_and_no_other(alone: Front, authority: Authority) -> None:
    busy, other = (Visitor(alone.url, authority.root, address=address) for address in ("127.0.0.2", "127.0.0.3"))
    answers = (busy.get("/api/session") for _ in range(5000))
    refused = next(answer for answer in answers if answer.status != 503)
    assert (refused.status, refused.headers["retry-after"], refused.json["type"]) == (429, "5", "rate_limited")
    assert other.get("/api/session").status == 503
    for visitor in (busy, other):
        visitor.close()
