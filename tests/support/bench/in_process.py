"""The application within this process, without a server around it: with a real Redis and the bench's upstream.

Requests are handed to it as a server would (PEP 3333); its log goes to a file, as in production.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from io import BytesIO
from statistics import median
from typing import TYPE_CHECKING, Final

from werkzeug.datastructures import Headers
from werkzeug.test import create_environ

from bff import log
from bff.config.settings import Settings
from bff.factory import Bff, create_app
from tests.support.bench.errors import BenchError
from tests.support.bench.peers.peer import Surroundings
from tests.support.bench.peers.program import credentials, csrf_of_form, program_environment
from tests.support.bench.upstream import TENANT, Way

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_BLOCKS: Final = 9
_BLOCK: Final = 100
_URL: Final = "http://127.0.0.1:8000"
_BROWSER: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the application has answered."""

    status: int
    headers: Headers
    body: bytes

    @property
    def cookie(self) -> str:
        """`name=value` of the cookie that was set; empty: none was."""
        return self.headers.get("Set-Cookie", "").partition(";")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcess:
    """An application that is asked directly."""

    app: Bff

    def told(self, environ: WSGIEnvironment) -> Told:
        """Hand one request over and take the whole answer; `environ` is used up."""
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], error: object = None) -> Callable[..., object]:
            begun.append((status, headers))
            return _no_writing

        answer = self.app(environ, start_response)
        try:
            body = b"".join(answer)
        finally:
            getattr(answer, "close", lambda: None)()
        status, headers = begun[-1]
        return Told(status=int(status.split()[0]), headers=Headers(headers), body=body)

    def asked(self, path: str, **headers: str) -> Told:
        """Ask for a path.

        :raises BenchError: it is not answered with 200
        """
        told = self.told(get(path, headers))
        if told.status != 200:
            raise BenchError(f"{path} is answered with {told.status} {told.body[:300]!r}")
        return told

    def microseconds(self, environ: WSGIEnvironment, requests: int) -> float:
        """Return this thread's processor time for one of so many requests."""
        spent = 0.0
        for _ in range(requests):
            copy = {**environ, "wsgi.input": BytesIO()}
            began = time.thread_time()
            told = self.told(copy)
            spent += time.thread_time() - began
            if told.status != 200:
                raise BenchError(f"{environ['PATH_INFO']} is answered with {told.status}")
        return spent / requests * 1e6

    def medians(self, environs: Mapping[str, WSGIEnvironment]) -> dict[str, float]:
        """Return this thread's processor time for one of each: the median of blocks, which take turns."""
        for environ in environs.values():
            self.microseconds(environ, _BLOCK)
        blocks = [{name: self.microseconds(one, _BLOCK) for name, one in environs.items()} for _ in range(_BLOCKS)]
        return {name: median(block[name] for block in blocks) for name in environs}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Signs customers in, each time as a newcomer, with one cookie that has no record."""

    program: InProcess
    headers: Mapping[str, str]

    @classmethod
    def to(cls, program: InProcess) -> SignIn:
        """Take the cookie and the token of a form.

        :raises BenchError: there is no form
        """
        page = program.asked("/login")
        headers = {"Cookie": page.cookie, "X-CSRF-Token": csrf_of_form(page.body), "Origin": _URL}
        return cls(program=program, headers=headers)

    def cookie(self, number: int) -> str:
        """Sign a customer in, on one device more, and return the cookie of the new session.

        :raises BenchError: it is refused
        """
        told = self.program.told(post("/api/login", self.headers, credentials(number)))
        if told.status != 200 or json.loads(told.body)["state"] != "authenticated":
            raise BenchError(f"/api/login is answered with {told.status} {told.body[:300]!r}")
        return told.cookie


@contextmanager
def in_process(around: Surroundings, *, tenant: str = TENANT) -> Iterator[InProcess]:
    """Build the application, to the end of the block."""
    environment = program_environment(around.redis.url, around.upstream.url(Way.FAST), _URL, tenant=tenant)
    settings = Settings.from_env(environment)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    with (around.folder / "in-process.log").open("a", encoding="utf-8") as file:
        with redirect_stderr(file):
            log.configure(settings.logging)
        app = create_app(settings)
        try:
            yield InProcess(app=app)
        finally:
            app.services.redis.close()
            root.handlers[:] = before
            root.setLevel(level)


def get(path: str, headers: Mapping[str, str]) -> WSGIEnvironment:
    """Return a request for a path, as a browser sends it."""
    return create_environ(path, _URL, headers={"User-Agent": _BROWSER, **headers})


def post(path: str, headers: Mapping[str, str], body: bytes) -> WSGIEnvironment:
    """Return a request that brings JSON."""
    return create_environ(
        path,
        _URL,
        method="POST",
        headers={"User-Agent": _BROWSER, **headers},
        input_stream=BytesIO(body),
        content_type="application/json",
        content_length=len(body),
    )


def _no_writing(data: bytes) -> object:
    raise BenchError("the application writes by itself")
