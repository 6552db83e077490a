"""This program: `bff serve` with two workers and everything on, its log in a file.

Rate limits count as ever, but their figures are as high as they can be set: else the load would be refused. Sessions
are made as a browser makes them: a cookie, a CSRF token, `POST /api/login`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import bff
from bff.config.settings import Settings
from tests.support.bench.errors import BenchError
from tests.support.bench.exchange import Answer, answers, ask, free_ports
from tests.support.bench.peers.peer import (
    CUSTOMER,
    FEW_REQUESTS,
    WORKERS,
    Asked,
    Instance,
    Surroundings,
    Target,
    is_profile,
)
from tests.support.bench.processes import Group, running, wait_until
from tests.support.bench.programs import PROJECT
from tests.support.bench.trusting import VARIABLE
from tests.support.bench.upstream import TENANT, Way, email_of
from tests.support.bench.wrk import Load

PASSWORD: Final = "Violet-Harbour-38"
_OURS: Final = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_URL")
_LIFTED: Final = {
    "BFF_RATE_LIMIT_LOGIN": "9999999/minute;9999999/minute;9999999/hour",
    "BFF_RATE_LIMIT_MAIL": "9999999/hour;9999999/hour",
    "BFF_RATE_LIMIT_GUEST": "9999999/minute",
    "BFF_RATE_LIMIT_API": "9999999/minute",
}
_STATIC: Final = "/static/site.css"
_CSRF: Final = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Program:
    """`bff serve`."""

    name = "bff"
    warm_up_requests = FEW_REQUESTS

    def prepared(self) -> str:
        """Return its version and Python's."""
        return f"emporix-bff {bff.__version__}, Python {sys.version.split()[0]}, {usual_threads()} threads"

    @contextmanager
    def running(self, around: Surroundings, way: Way) -> Iterator[Instance]:
        """Run it, with a signed-in session."""
        with self.started(around, way) as (url, group):
            yield Instance(name=self.name, url=url, group=group, targets=_targets(around, url))

    @contextmanager
    def started(self, around: Surroundings, way: Way) -> Iterator[tuple[str, Group]]:
        """Run it with no session at all, and give its URL and its processes once it is ready."""
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        environment = program_environment(around.redis.url, around.upstream.url(way), url)
        command = ["-m", "bff.cli", "serve"]
        if way.is_tls:
            environment[VARIABLE] = str(around.upstream.authority.bundle)
            command = ["-m", "tests.support.bench.trusting"]
        log = around.folder / f"bff-{port}.log"
        with running([sys.executable, *command], log, environment, PROJECT) as group:
            wait_until(lambda: answers(url, "/readyz"), group, self.name)
            yield url, group


def program_environment(
    redis_url: str, upstream_url: str, public_url: str, *, tenant: str = TENANT, workers: int = WORKERS
) -> dict[str, str]:
    """Return what the program is configured by; threads and the rest are its own defaults."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {
        **kept,
        "EMPORIX_TENANT": tenant,
        "EMPORIX_CLIENT_ID": "the-storefront-key-of-the-bench",
        "EMPORIX_API_URL": upstream_url,
        "REDIS_URL": redis_url,
        "BFF_PUBLIC_URL": public_url,
        "BFF_BIND": public_url.partition("//")[2],
        "BFF_SECRET_KEYS": "A" * 43,
        "BFF_WORKERS": str(workers),
        **_LIFTED,
    }


def usual_threads() -> int:
    """Return how many threads a worker has where nothing else is said."""
    nowhere = "http://127.0.0.1:1"
    return Settings.from_env(program_environment("redis://localhost", nowhere, nowhere)).serving.threads


def signed_in(url: str, number: int) -> str:
    """Sign a customer in over HTTP, and return the cookie to send.

    :raises BenchError: the program does not do it
    """
    begun = ask(url, "/api/session")
    if begun.status != 200 or len(begun.cookies) != 1:
        raise BenchError(f"/api/session begins no session: {begun.status} {begun.body[:300]!r}")
    headers = _json_headers(url, begun.cookies[0], str(json.loads(begun.body)["csrfToken"]))
    answer = ask(url, "/api/login", method="POST", headers=headers, body=credentials(number))
    if answer.status != 200 or len(answer.cookies) != 1:
        raise BenchError(f"/api/login signs nobody in: {answer.status} {answer.body[:300]!r}")
    return answer.cookies[0]


def credentials(number: int) -> bytes:
    """Return the body of a sign-in."""
    return json.dumps({"email": email_of(number), "password": PASSWORD}).encode()


def csrf_of_form(page: bytes) -> str:
    """Return the token that a page's form carries.

    :raises BenchError: there is none
    """
    found = _CSRF.search(page.decode())
    if found is None:
        raise BenchError(f"there is no form: {page[:300]!r}")
    return found[1]


def _json_headers(url: str, cookie: str, csrf: str) -> dict[str, str]:
    return {"Cookie": cookie, "X-CSRF-Token": csrf, "Content-Type": "application/json", "Origin": url}


def _targets(around: Surroundings, url: str) -> Mapping[Asked, Target]:
    cookie, guest = signed_in(url, CUSTOMER), ask(url, "/api/session").cookies[0]
    email = email_of(CUSTOMER).encode()
    shown = re.sub(rb"[@.]", rb"\g<0><wbr>", email)

    def get(path: str, is_right: Callable[[Answer], bool], **headers: str) -> Target:
        return Target(load=Load(path=path, headers=headers), is_right=is_right)

    return {
        Asked.ME: get("/api/me", is_profile(around), Cookie=cookie),
        Asked.SESSION: get("/api/session", _ok(b'"state":"authenticated"', email), Cookie=cookie),
        Asked.ACCOUNT: get("/account", _ok(shown, b"?change=currency", b"</html>"), Cookie=cookie),
        Asked.SIGN_IN_CUSTOMER: get("/login", _ok(b"You are signed in", b"</html>"), Cookie=cookie),
        Asked.SIGN_IN_GUEST: get("/login", _ok(b'name="password"', b"</html>"), Cookie=guest),
        Asked.POST_LOGIN: _post_login(url),
        Asked.STATIC: get(_STATIC, _ok(b"{")),
        Asked.SESSION_NEWCOMER: get("/api/session", _ok(b'"state":"guest"')),
        Asked.SIGN_IN_NEWCOMER: get("/login", _ok(b'name="password"', b"</html>")),
    }


def _ok(*parts: bytes) -> Callable[[Answer], bool]:
    return lambda answer: answer.status == 200 and all(part in answer.body for part in parts)


def _post_login(url: str) -> Target:
    """Return a sign-in that can be sent again and again: by a newcomer, whose cookie has no record to be replaced."""
    page = ask(url, "/login")
    headers = _json_headers(url, page.cookies[0], csrf_of_form(page.body))
    return Target(
        load=Load(path="/api/login", headers=headers, script="login.lua", arguments=("/api/login",)),
        is_right=_ok(b'"state":"authenticated"'),
        method="POST",
        body=credentials(CUSTOMER),
    )
