"""All that can be seen of a run, kept place by place, and the search through it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from flask.signals import got_request_exception
from werkzeug.test import TestResponse

from bff.log import Log
from bff.oidc.login_state import LoginState
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.redis_store import RedisSessionStore
from bff.sessions.store import Found
from tests.support.journeys.leak_canaries import Canaries, Kind, Place
from tests.support.journeys.leak_permitted import shown
from tests.support.journeys.leak_redis import Entry, Thief, dump, secret_entries
from tests.support.leaks import hits_in
from tests.support.shop import Shop

Finding = tuple[Place, Kind, str]
"""Where, what and in which form."""
LOGGERS = (
    "bff",
    "bff.audit",
    "urllib3.connectionpool",
    "urllib3.util.retry",
    "requests",
    "authlib",
    "joserfc",
    "redis",
    "werkzeug",
    "flask.app",
    "gunicorn.access",
    "gunicorn.error",
)
"""Those that somebody in the process may write to; whatever else there is counts too."""


class Everything(logging.Handler):
    """Keeps each record as any handler could show it: text, exception, every attribute."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: set[str] = set()
        self.names: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.names.add(record.name)
        # Numbers hold no secret, and times would make every record another one.
        attributes = {name: value for name, value in vars(record).items() if not isinstance(value, int | float)}
        self.texts.add(f"{logging.Formatter().format(record)}\n{attributes!r}")


@contextmanager
def listening() -> Iterator[Everything]:
    """Hear every logger of the process, however loud it is set and whether or not it passes its records on."""
    handler, root = Everything(), logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in {*LOGGERS, *logging.root.manager.loggerDict})]
    before = [(logger, logger.level, logger.propagate, logger.disabled) for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.propagate, logger.disabled = True, False
    yield handler
    root.removeHandler(handler)
    for logger, level, propagate, disabled in before:
        logger.setLevel(level)
        logger.propagate, logger.disabled = propagate, disabled


def texts_of(error: BaseException) -> Iterator[str]:
    """Say all that an exception, and what led to it, could be made to say."""
    todo: list[BaseException | None] = [error]
    known: set[int] = set()
    while todo:
        one = todo.pop()
        if one is None or id(one) in known:
            continue
        known.add(id(one))
        yield f"{type(one).__name__}: {one}\n{one!r}\n{one.args!r}\n{getattr(one, '__dict__', {})!r}"
        # A library's exception may bring the request along that it is about.
        for held in (*one.args, *getattr(one, "__dict__", {}).values()):
            yield repr(getattr(held, "__dict__", ""))
        todo += [one.__cause__, one.__context__, getattr(one, "original_exception", None)]


@dataclass
class Watch:
    """A run of one shop, and what must not be in it."""

    shop: Shop
    log: Everything
    provider: str | None = None
    """The issuer, with a slash at its end."""
    texts: dict[Place, set[bytes]] = field(default_factory=lambda: {place: set() for place in Place})
    entries: set[Entry] = field(default_factory=set)
    statuses: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """Of every answer to a route, in their order."""

    def __post_init__(self) -> None:
        self.canaries = Canaries(self.shop)
        # A store of its own: the shop's may be cut off from Redis just now.
        silent = logging.Logger("of the test alone", logging.CRITICAL + 1)
        self._store = RedisSessionStore(self.shop.redis, self.shop.services.ring, Log(silent, lambda kind, value: ""))
        self.watch_exceptions(self.shop.app)

    def begin_anew(self) -> None:
        """Forget what was seen, and empty Redis: what was issued until now is nobody's any more."""
        self.shop.redis.flushall()
        self.canaries = Canaries(self.shop, issued_before=len(self.shop.sandbox.issued))
        self.texts = {place: set() for place in Place}
        self.entries, self.statuses = set(), {}
        self.log.texts.clear()

    def watch_exceptions(self, app: Flask) -> None:
        """Keep what reaches an application's error handlers, and what none of them has caught."""
        handlers = app.error_handler_spec[None][None]
        answer = handlers[Exception]

        def noted(error: Exception) -> object:
            self.see_exception(error)
            return answer(error)

        handlers[Exception] = noted  # type: ignore[assignment]  # it answers as the other one does
        got_request_exception.connect(self._see_uncaught, app)

    def _see_uncaught(self, sender: Flask, exception: BaseException, **extra: object) -> None:
        self.see_exception(exception)

    def see_exception(self, error: BaseException) -> None:
        """Keep all that an exception says."""
        self.texts[Place.EXCEPTIONS] |= {text.encode(errors="replace") for text in texts_of(error)}

    def see(self, answer: TestResponse, method: str, rule: str, *, mailed: str | None = None) -> None:
        """Keep an answer, less what has to stand in it, and what Redis holds after it.

        :param mailed: the token with which the request came
        """
        seen = shown(
            answer,
            method,
            rule,
            cookie=self.shop.settings.cookie.name,
            provider=self.provider,
            mailed=mailed,
        )
        for kind, value in seen.brought:
            self.canaries.note(kind, value)
        self.texts[Place.STATUS].add(answer.status.encode())
        self.texts[Place.HEADERS] |= {header.encode() for header in seen.headers}
        self.texts[Place.BODY].add(seen.body)
        self.entries |= dump(self.shop.redis)
        self.statuses.setdefault((method, rule), []).append(answer.status_code)

    def found(self, cookie: str | None) -> Found | None:
        """Open a browser's session with its cookie, and note what it keeps for pages and of sign-ins under way."""
        if cookie is None:
            return None
        found = self._store.load(SessionCookie(value=Secret(cookie)), count=False)
        if not isinstance(found, Found):
            return None
        self.texts[Place.WEB_DATA].add(json.dumps(dict(found.web.data)).encode())
        for login in found.web.logins:
            for kind, name in ((Kind.STATE, "state"), (Kind.NONCE, "nonce"), (Kind.VERIFIER, "verifier")):
                self.canaries.note(kind, login[name])
            self.canaries.note(Kind.CHALLENGE, LoginState.from_record(login).challenge)
        return found

    def places(self) -> dict[Place, set[bytes]]:
        """Return everything that was seen, place by place."""
        thief = Thief([key.reveal() for key in self.shop.settings.sessions.keys])
        seen = dict(self.texts)
        seen[Place.LOG] = seen[Place.LOG] | {text.encode(errors="replace") for text in self.log.texts}
        seen[Place.REDIS] = seen[Place.REDIS] | {part for entry in self.entries for part in entry}
        seen[Place.OPENED] = seen[Place.OPENED] | thief.opened(secret_entries(self.entries))
        return seen

    def findings(self) -> set[Finding]:
        """Search everything for every secret."""
        return {
            (place, kind, form)
            for place, texts in self.places().items()
            for kind, form in self._search(texts, self.canaries.of(place))
        }

    @staticmethod
    def _search(texts: set[bytes], secrets: dict[Kind, set[bytes]]) -> set[tuple[Kind, str]]:
        every = set().union(*secrets.values())
        if not hits_in(texts, every):
            return set()
        return {(kind, form) for kind, values in secrets.items() for form in hits_in(texts, values)}
