"""One visitor of a load test: a cookie, a shopper's account, and a look at each answer for what is another's.

Each sends one request at a time, at the pace of all. What goes wrong is noted, and ends the journey; the next one
begins with a look at who is signed in, as a client does that has not heard what became of its request.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from tests.support.load.notes import Asked, Notes
from tests.support.load.place import IDLE_SECONDS, PASSWORD, email_of, mark_of
from tests.support.pages import Page
from tests.support.shop import COOKIE

_PATIENCE_SECONDS: Final = 30.0
_MARK: Final = re.compile(r"load-\d{4}", re.IGNORECASE)
_WORD: Final = re.compile(r"[\w-]{8,}")
_FINE: Final = (200, 201, 204, 303)


class JourneyOver(Exception):
    """Something went wrong, and is noted."""


@dataclass(slots=True)
class Tempo:
    """So many requests a second, of all together; who comes late does not catch up."""

    a_second: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    next: float = 0.0

    def wait(self) -> None:
        with self.lock:
            now = time.monotonic()
            self.next = max(self.next + 1 / self.a_second, now)
            seconds = self.next - now
        time.sleep(seconds)


@dataclass(slots=True)
class Owners:
    """Whose a cart or an order is."""

    of: dict[str, int] = field(default_factory=dict)


def others_in(text: str, number: int, owners: Mapping[str, int]) -> set[str]:
    """Return what stands in an answer and is another shopper's."""
    text = text.replace("<wbr>", "")
    marks = {one.lower() for one in _MARK.findall(text)} - {mark_of(number)}
    return marks | {one for one in _WORD.findall(text) if owners.get(one, number) != number}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def told(self) -> str:
        """The status, and the type of an error."""
        if "json" in self.headers.get("content-type", ""):
            body = self.json
            if isinstance(body, dict) and "type" in body:
                return f"{self.status} {body['type']}"
        return str(self.status)


@dataclass(kw_only=True)
class Visitor:
    """A shopper with an account, signed in or not."""

    number: int
    port: int
    notes: Notes
    tempo: Tempo
    owners: Owners
    since: Callable[[], float]
    cookie: str | None = None
    csrf: str = ""
    is_signed_in: bool | None = False
    """None: nobody told."""
    heard_at: float = 0.0

    @property
    def mark(self) -> str:
        return mark_of(self.number)

    def ask(
        self,
        kind: str,
        method: str,
        route: str,
        *,
        path: str | None = None,
        fine: Collection[int | str] = _FINE,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request.

        :param route: with names in place of ids
        :param fine: answers that end no journey: a status, or a status and the type of an error
        :raises JourneyOver: no answer, or another than these
        """
        self.tempo.wait()
        begin = self.since()
        try:
            reply = self._sent(method, path or route, json_body, form)
            told = reply.told
        except TimeoutError:
            told, reply = "none late", None
        except ConnectionError:
            told, reply = "none reset", None
        except (http.client.HTTPException, ValueError):
            told, reply = "none cut", None
        is_error = reply is None or not (reply.status in fine or told in fine)
        asked = Asked(
            at=begin, took=self.since() - begin, kind=kind, route=f"{method} {route}", answer=told, is_error=is_error
        )
        with self.notes.lock:
            self.notes.asked.append(asked)
        if reply is None:
            raise JourneyOver
        self._look_through(reply, asked)
        if is_error:
            raise JourneyOver
        self.heard_at = self.since()
        return reply

    def wrong(self, kind: str, route: str, what: str) -> None:
        """Note what no status tells."""
        with self.notes.lock:
            self.notes.asked.append(
                Asked(at=self.since(), took=0.0, kind=kind, route=route, answer=what, is_error=True)
            )

    def lost(self, what: str) -> None:
        """Note a change that was answered as done, and is not there."""
        with self.notes.lock:
            self.notes.lost.append(f"{self.since():.1f} s: {self.mark}: {what}")

    def own(self, found: str) -> None:
        """Note whose a cart or an order is."""
        self.owners.of.setdefault(found, self.number)

    def is_guest(self, kind: str, route: str, ended: object) -> None:
        """Take note that nobody is signed in, which is wrong where somebody ought to be."""
        if self.is_signed_in and self.since() - self.heard_at < IDLE_SECONDS * 0.75:
            self.wrong(kind, route, f"signed out ({ended})")
        self.is_signed_in = False

    def look(self) -> bool:
        """Ask who is signed in, as a JavaScript client does."""
        state = self.ask("json", "GET", "/api/session").json
        self.csrf = state["csrfToken"]
        if state["state"] == "guest":
            self.is_guest("json", "GET /api/session", state["ended"])
        else:
            self.is_signed_in = True
        return bool(self.is_signed_in)

    def sign_in(self) -> None:
        self.is_signed_in = None
        self.ask("json", "POST", "/api/login", json_body={"email": email_of(self.number), "password": PASSWORD})
        self.is_signed_in = True

    def sign_out(self) -> None:
        self.is_signed_in = None
        self.ask("json", "POST", "/api/logout")
        self.is_signed_in = False

    def page(self, route: str, *, path: str | None = None, fine: Collection[int] = (200,)) -> Page | None:
        """Open a page; None: it leads elsewhere."""
        reply = self.ask("page", "GET", route, path=path, fine=fine)
        return Page(reply.text) if reply.status == 200 else None

    def send(self, page: Page | None, route: str, *, action: str | None = None, **entries: str) -> None:
        """Fill in a page's form, and send it."""
        action = action or route
        found = [one for one in page.forms if one.action.partition("?")[0] == action] if page else []
        if not found:
            self.wrong("page", f"GET {route}", "200 without its form")
            raise JourneyOver
        self.ask("page", "POST", route, path=found[0].action, form=found[0].filled(entries), fine=(303,))

    def _sent(self, method: str, path: str, json_body: Any, form: Mapping[str, str] | None) -> Reply:
        headers = {
            "X-Forwarded-For": f"10.1.{self.number // 250}.{self.number % 250 + 1}",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": f"127.0.0.1:{self.port}",
            "Sec-Fetch-Site": "same-origin",
            "Connection": "close",
        }
        body = None
        if self.cookie:
            headers["Cookie"] = f"{COOKIE}={self.cookie}"
        if form is not None:
            body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        elif method != "GET":
            headers["X-CSRF-Token"] = self.csrf
            if json_body is not None:
                body, headers["Content-Type"] = json.dumps(json_body), "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        for one in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = one.partition(";")[0].partition("=")
            if name == COOKIE:
                self.cookie = value or None
        self.csrf = found.get("x-csrf-token", self.csrf)
        return Reply(status=answer.status, headers=found, text=text)

    def _look_through(self, reply: Reply, asked: Asked) -> None:
        found = others_in(reply.text, self.number, self.owners.of)
        with self.notes.lock:
            self.notes.checked += 1
            if found:
                told = f"{asked.at:.1f} s: {asked.route}: {self.mark} was shown {', '.join(sorted(found))}"
                self.notes.mixed_up.append(told)
