"""What can go wrong while a route is driven: upstream in some way, or an application that fails by itself.

Each is a context that a visitor enters for the one request that counts, and leaves for everything around it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from flask import Flask, Response, request

from bff.factory import Bff
from bff.sandbox.faults import Fault
from bff.sandbox.operations import Operation
from tests.support.shop import Browser, Shop

Trouble = Callable[[Browser], AbstractContextManager[None]]


def none_at_all(browser: Browser) -> AbstractContextManager[None]:
    """Let all be well."""
    return nullcontext()


def upstream(shop: Shop, *faults: Fault, operations: Iterable[Operation] = Operation) -> Trouble:
    """Let these operations go wrong; in another way each time, where there are several."""
    turns = itertools.cycle(faults)

    @contextmanager
    def trouble(browser: Browser) -> Iterator[None]:
        fault = next(turns)
        for operation in operations:
            shop.sandbox.faults.add(operation, fault)
        yield
        shop.sandbox.faults.clear()

    return trouble


class Asking:
    """Tells which routes ask upstream for anything at all."""

    def __init__(self, shop: Shop) -> None:
        self._recorder = shop.sandbox.recorder
        self.asked = False
        """Whether the last one did."""

    @contextmanager
    def trouble(self, browser: Browser) -> Iterator[None]:
        """No trouble, but a look."""
        before = len(self._recorder)
        yield
        self.asked = len(self._recorder) > before


def through(app: Flask, around: Trouble = none_at_all) -> Trouble:
    """Let another application on the same Redis answer."""

    @contextmanager
    def trouble(browser: Browser) -> Iterator[None]:
        calm, cookie = browser.client, browser.cookie
        browser.client = app.test_client()
        browser.cookie = cookie
        with around(browser):
            yield
        cookie, browser.client = browser.cookie, calm
        browser.cookie = cookie

    return trouble


class Echo:
    """An upstream that refuses by quoting all it was sent, in every part of its answer; off until it is used."""

    def __init__(self, app: Flask) -> None:
        """:param app: the sandbox's, before its first request"""
        self._status: int | None = None
        app.after_request(self._answer)

    def trouble(self, status: int) -> Trouble:
        """Let every answer be such a refusal."""

        @contextmanager
        def trouble(browser: Browser) -> Iterator[None]:
            self._status = status
            yield
            self._status = None

        return trouble

    def _answer(self, response: Response) -> Response:
        if self._status is None:
            return response
        bearer = request.headers.get("Authorization", "")
        target = request.environ["RAW_URI"]
        quoted = f"Not {bearer} at {target} with {request.get_data(as_text=True)}"
        body = {
            "status": self._status,
            "type": "bad_request",
            "message": quoted,
            "moreInfo": quoted,
            "details": [quoted, {"field": quoted, "type": quoted, "message": quoted, "moreInfo": quoted}],
            "fault": {"faultstring": quoted, "detail": {"errorcode": quoted}},
        }
        headers = {
            "X-Quoted": bearer,
            "WWW-Authenticate": bearer,
            "Set-Cookie": f"quoted={bearer.removeprefix('Bearer ')}",
            "Location": target,
            "ETag": f'"{bearer}"',
            "Retry-After": "7",
        }
        return Response(json.dumps(body), status=self._status, mimetype="application/json", headers=headers)


def crashing(app: Bff, make_error: Callable[[str], Exception], secrets: Callable[[], str]) -> None:
    """Let every view of an application raise what holds secrets in its text, its cause and its locals."""

    def crash(**path: str) -> Response:
        held = secrets()
        try:
            raise LookupError(held)
        except LookupError as err:
            raise make_error(held) from err

    for endpoint in app.view_functions:
        app.view_functions[endpoint] = crash
