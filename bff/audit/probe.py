"""Asks the running application for everything it has, as a newcomer, a forger and a broken client would.

The requests change nothing: the application has no session store (`bff.audit.offline`), no customer is signed in, and
every write is sent so that it has to be refused. Nothing is logged meanwhile.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from html import unescape
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, request, request_started
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from bff.audit.probed import ELSEWHERE, HOSTILE_TARGETS, SAFE, Asked, Newcomer, Probe, Probed, SeenAddress
from bff.crypto import random_text
from bff.factory import Bff
from bff.sessions.cookie import SessionCookie
from bff.web.api.routes import api_routes
from bff.web.middleware.bodies import READ_AT_MOST_BYTES
from bff.web.middleware.csrf import CSRF_HEADER
from bff.web.paths import BACKCHANNEL_LOGOUT, PROBES, is_api, is_static
from bff.web.session_interface import CSRF_FIELD, browser_session
from bff.wiring import Services

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_LINKED: Final = MappingProxyType({"token": "probe"})  # nosec B105 # a word, no secret
_FORM_TYPES: Final = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
_TOKEN_FIELD: Final = re.compile(rf'name="{CSRF_FIELD}"[^>]*value="([^"]*)"')
_STATIC_LINK: Final = re.compile(r'(?:href|src)="(/static/[^"?]+)[?"]')
_LEADING_NAMES: Final = ("next", "returnTo", "return_to", "redirect", "redirect_uri", "url", "target")
"""Names of query parameters by which applications redirect."""
_FROM_HERE: Final = MappingProxyType({"Sec-Fetch-Site": "same-origin", "Sec-Purpose": "prefetch"})
"""As a page of ours asks, so that no step aside (`SameSite=Strict`) hides what is behind it; ahead of time, so that no
sign-in at the provider begins."""
_PEER: Final = "192.0.2.1"
_PLACEHOLDER: Final = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


def probe(app: Bff, services: Services) -> Probed:
    """Ask the application for all it has."""
    with silence():
        prober = _Prober(app, services)
        prober.ask_all()
        return Probed(
            answers=tuple(prober.answers),
            newcomers=tuple(prober.newcomers),
            cookies_sent=frozenset(prober.cookies_sent),
            addresses=(prober.seen_address(),),
        )


@contextmanager
def silence() -> Iterator[None]:
    """Log nothing meanwhile: no client sent these requests."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _query(rule: Rule) -> Mapping[str, str] | None:
    # Some pages are only there for a mailed link; JSON routes refuse what they do not know.
    return None if is_api(rule.rule) or is_static(rule.rule) else _LINKED


class _Prober:
    def __init__(self, app: Bff, services: Services) -> None:
        self._app = app
        self._client: FlaskClient = app.test_client(use_cookies=False)
        self._rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ())))
        self._settings = services.settings
        self._samples = {"filename": "nothing"}
        if services.settings.social is not None and services.settings.social.connections:
            self._samples["connection"] = services.settings.social.connections[0].name
        self._stranger, self._other_cookie = random_text(), random_text()
        self.cookies_sent = {self._stranger, self._other_cookie}
        self._most_bytes = {
            (entry.route.method, entry.route.path): entry.operation.free_body.max_bytes
            for entry in api_routes(services.operations)
            if entry.operation.free_body is not None
        }
        self.answers: list[Probe] = []
        self.newcomers: list[Newcomer] = []

    def ask_all(self) -> None:
        """Ask for every rule, then for what is no rule's."""
        # Pages first: they name a static file that is there.
        for rule in sorted(self._rules, key=lambda rule: is_static(rule.rule)):
            if "GET" in (rule.methods or ()):
                self._read(rule)
        for rule in self._rules:
            for method in sorted((rule.methods or set()) - SAFE):
                self._write(rule, method)
        self._ask_methods()
        self._ask_oddities()
        for path in ("/", "/api/session"):
            self._make(Asked.ROTATION, path)
            self._make(Asked.CRASH, path)

    def seen_address(self) -> SeenAddress:
        """Send one request by way of all declared proxies, with an address of its own invention in front."""
        proxies = self._settings.serving.trusted_proxies
        added = [f"198.51.100.{number}" for number in range(1, proxies + 1)]
        taken: list[str | None] = []

        def see(sender: Flask) -> None:
            taken.append(request.remote_addr)

        with request_started.connected_to(see, self._app):
            forwarded = {"X-Forwarded-For": ", ".join(["203.0.113.66", *added])}
            self._sent("GET", "/healthz", headers=forwarded, peer=_PEER)
        return SeenAddress(right=added[0] if added else _PEER, taken=taken[0] if taken else None)

    def _read(self, rule: Rule) -> None:
        path = self._path(rule)
        query = _query(rule)
        self._ask(Asked.READ, "GET", path, rule, _FROM_HERE, query=query)
        self._meet(self.answers[-1])
        for site in ("cross-site", "same-site"):
            headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"}
            for method in sorted(SAFE if is_api(rule.rule) else {"GET"}):
                self._ask(Asked.READ_CROSS_SITE, method, path, rule, headers | {"Origin": ELSEWHERE})
        name = self._settings.cookie.name
        stranger = {"Cookie": f"{name}={self._stranger}; another={self._other_cookie}", "Sec-Fetch-Site": "same-origin"}
        self._ask(Asked.READ_UNKNOWN_COOKIE, "GET", path, rule, stranger, query=query)
        malformed = {"Cookie": f"{name}=malformed; another={self._other_cookie}"}
        self._ask(Asked.READ_MALFORMED_COOKIE, "GET", path, rule, malformed)
        if not is_api(rule.rule):
            leading = dict.fromkeys(_LEADING_NAMES, ELSEWHERE)
            self._ask(Asked.LED_ELSEWHERE, "GET", path, rule, _FROM_HERE, query=leading)

    def _meet(self, answer: Probe) -> None:
        """Take what a newcomer gets with a page: a cookie, and the form's token for it."""
        cookie, token = self._cookie_of(answer.all_of("Set-Cookie")), _TOKEN_FIELD.search(answer.body)
        if cookie is not None and token is not None:
            self.newcomers.append(Newcomer(cookie=cookie, token=unescape(token[1])))
        if (link := _STATIC_LINK.search(answer.body)) is not None:
            self._samples["filename"] = link[1].removeprefix("/static/")

    def _write(self, rule: Rule, method: str) -> None:
        path = self._path(rule)
        self._ask(Asked.BARE, method, path, rule)
        if rule.rule == BACKCHANNEL_LOGOUT or not self.newcomers:
            return
        one, another = self.newcomers[0], self.newcomers[-1]
        self.cookies_sent.add(one.cookie)
        self._ask_as(Newcomer(cookie=one.cookie, token=another.token), Asked.FORGED_TOKEN, method, rule)
        with_cookie = {"Cookie": f"{self._settings.cookie.name}={one.cookie}"}
        in_url = {CSRF_FIELD: one.token, CSRF_HEADER: one.token}
        self._ask(Asked.TOKEN_IN_URL, method, path, rule, with_cookie, query=in_url)
        for origin in (ELSEWHERE, f"{self._settings.serving.public_url}.elsewhere.example"):
            self._ask_as(one, Asked.FOREIGN_ORIGIN, method, rule, {"Origin": origin})
        for site in ("cross-site", "same-site"):
            self._ask_as(one, Asked.FETCHED_ELSEWHERE, method, rule, {"Sec-Fetch-Site": site})
        most = max(READ_AT_MOST_BYTES, self._most_bytes.get((method, rule.rule), 0))
        self._ask_as(one, Asked.TOO_LARGE, method, rule, body=b"x" * (most + 1))
        if is_api(rule.rule):
            for media_type in _FORM_TYPES:
                self._ask_as(one, Asked.FORM_BODY, method, rule, body=b"{}", media_type=media_type)

    def _ask_methods(self) -> None:
        there = self._app.url_map.bind("")
        # A word of one rule may stand where another has a parameter, and then both answer under it.
        listed = {path: set(there.allowed_methods(path)) for path in map(self._path, self._rules)}
        for path, methods in listed.items():
            for method in _METHODS:
                if method not in methods:
                    self._ask(Asked.UNLISTED_METHOD, method, path)
            self._ask(
                Asked.PREFLIGHT,
                "OPTIONS",
                path,
                headers={"Origin": ELSEWHERE, "Access-Control-Request-Method": "POST"},
            )
            if methods.isdisjoint(SAFE):
                self._ask(Asked.OVERRIDE, "GET", path, headers={"X-HTTP-Method-Override": sorted(methods)[0]})

    def _ask_oddities(self) -> None:
        name = self._settings.cookie.name
        host = urlsplit(self._settings.serving.public_url).netloc
        proxies = self._settings.serving.trusted_proxies
        for rule in self._rules:
            if "GET" not in (rule.methods or ()):
                continue
            path = self._path(rule)
            if path not in PROBES:
                self._ask(Asked.FOREIGN_HOST, "GET", path, rule, base_url=ELSEWHERE)
            # A client can send any entry in front of those that the declared proxies add.
            forwarded = ", ".join(["elsewhere.example", *[host] * proxies])
            headers = {"X-Forwarded-Host": forwarded, **_FROM_HERE}
            self._ask(Asked.FORWARDED_HOST, "GET", path, rule, headers, query=_query(rule))
            self._ask(Asked.DOUBLED_SLASH, "GET", "/" + path, raw_path=True)
        self._ask(Asked.TWO_COOKIES, "GET", "/", headers={"Cookie": f"{name}=one; {name}=another"})
        self._ask(Asked.TWO_COOKIES, "GET", "/api/session", headers={"Cookie": f"{name}=one; {name}=another"})
        for path in ("/nothing", "/api/nothing", "/static/nothing", "/.git/config", "/static/../app.py"):
            self._ask(Asked.NOTHING_THERE, "GET", path)
        for target in HOSTILE_TARGETS:
            self._ask(Asked.HOSTILE_TARGET, "GET", "/login", headers=_FROM_HERE, query={"next": target})

    def _make(self, asked: Asked, path: str) -> None:
        """Have the application finish an answer that no request from outside can bring about here."""
        cookie = SessionCookie.fresh()
        sent = {"Cookie": f"{self._settings.cookie.name}={cookie.value.reveal()}"}
        context = self._app.test_request_context(path, base_url=self._settings.serving.public_url, headers=sent)
        with context:
            if asked is Asked.CRASH:
                answer: Response = self._app.handle_exception(RuntimeError())
            else:
                browser_session().session.new_cookie = SessionCookie.fresh()
                made = self._app.make_response("{}" if is_api(path) else "")
                made.mimetype = "application/json" if is_api(path) else "text/html"
                answer = self._app.process_response(made)
            answer = Response.from_app(partial(self._app.send, answer), context.request.environ, buffered=True)
        self._note(asked, "GET", path, None, answer)

    def _path(self, rule: Rule) -> str:
        return _PLACEHOLDER.sub(lambda found: self._samples.get(found[1], "probe"), rule.rule)

    def _cookie_of(self, lines: list[str]) -> str | None:
        for line in lines:
            name, _, value = line.partition(";")[0].partition("=")
            if name == self._settings.cookie.name:
                return value
        return None

    def _ask_as(
        self,
        newcomer: Newcomer,
        asked: Asked,
        method: str,
        rule: Rule,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        media_type: str = "application/json",
    ) -> None:
        sent = {"Cookie": f"{self._settings.cookie.name}={newcomer.cookie}", **(headers or {})}
        if is_api(rule.rule):
            sent[CSRF_HEADER] = newcomer.token
        elif body is None:
            body, media_type = f"{CSRF_FIELD}={newcomer.token}".encode(), "application/x-www-form-urlencoded"
        if body is not None:
            sent["Content-Type"] = media_type
        self._ask(asked, method, self._path(rule), rule, sent, body=body)

    def _ask(
        self,
        asked: Asked,
        method: str,
        path: str,
        rule: Rule | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        query: Mapping[str, str] | None = None,
        base_url: str | None = None,
        raw_path: bool = False,
    ) -> None:
        answer = self._sent(method, path, headers=headers, body=body, query=query, base_url=base_url, raw_path=raw_path)
        self._note(asked, method, path, rule, answer)

    def _note(self, asked: Asked, method: str, path: str, rule: Rule | None, answer: Response) -> None:
        mimetype = answer.mimetype or ""
        text = answer.get_data(as_text=True) if mimetype.startswith(("text/", "application/json")) else ""
        self.answers.append(
            Probe(
                asked=asked,
                method=method,
                path=path,
                rule=rule.rule if rule is not None else None,
                status=answer.status_code,
                headers=tuple(answer.headers),
                mimetype=mimetype,
                body=text,
            )
        )

    def _sent(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        query: Mapping[str, str] | None = None,
        base_url: str | None = None,
        raw_path: bool = False,
        peer: str | None = None,
    ) -> Response:
        # The test client itself would read a path that begins with two slashes as a host.
        environ = {"PATH_INFO": path, "RAW_URI": path, "REQUEST_URI": path} if raw_path else {}
        if peer is not None:
            environ["REMOTE_ADDR"] = peer
        return self._client.open(
            "/" if raw_path else path,
            method=method,
            base_url=base_url or self._settings.serving.public_url,
            headers=dict(headers or {}),
            data=body,
            query_string=dict(query or {}),
            environ_overrides=environ,
            buffered=True,
        )
