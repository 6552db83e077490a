"""What is counted, and when: requests as they end, calls and all else as the program reports them.

Who reports an event to the log has it counted by that: there is no second list of places. Counting needs no network, no
file and no lock of another process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bff.errors import SessionStoreUnavailable, TooManyAttempts, UpstreamMalformed, UpstreamTimeout, UpstreamUnavailable
from bff.events import Event
from bff.metrics import catalogue
from bff.metrics.sheet import Sheet
from bff.metrics.spent import Spent

UNKNOWN_ROUTE: Final = "unknown"
"""All paths that have no route: who asks for what is not there must not make series."""
OTHER_METHOD: Final = "other"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNKNOWN: Final = frozenset(
    kind.__name__ for kind in (SessionStoreUnavailable, UpstreamMalformed, UpstreamTimeout, UpstreamUnavailable)
)

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _RequestPlaces:
    """Where requests of one method, route and status are counted."""

    answered: int
    took: int
    redis: int
    upstream: int


class Counts:
    """Counts onto one sheet; safe for threads."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        # What happens with every request has its places looked up once.
        self._requests: dict[tuple[str, str | None, int | None], _RequestPlaces] = {}
        self._calls: dict[tuple[str, int | str | None], tuple[int, int]] = {}
        with sheet.lock:
            self._redis = sheet.place(catalogue.REDIS_SECONDS)

    def request(self, method: str, route: str | None, status: int | None, seconds: float, spent: Spent) -> None:
        """Count a request that the application has answered."""
        sheet, asked = self._sheet, (method if method in METHODS else OTHER_METHOD, route, status)
        with sheet.lock:
            try:
                places = self._requests[asked]
            except KeyError:
                places = self._requests[asked] = self._places_of(*asked)
            values = sheet.values
            values[places.answered] += 1
            sheet.note(places.took, catalogue.REQUEST_SECONDS, seconds)
            if redis_seconds := spent.redis_seconds:
                sheet.note(self._redis, catalogue.REDIS_SECONDS, redis_seconds)
                values[places.redis] += redis_seconds
            if upstream_seconds := spent.upstream_seconds:
                values[places.upstream] += upstream_seconds

    def _places_of(self, method: str, route: str | None, status: int | None) -> _RequestPlaces:
        place, route = self._sheet.place, route or UNKNOWN_ROUTE
        return _RequestPlaces(
            answered=place(catalogue.REQUESTS, method, route, str(status)),
            took=place(catalogue.REQUEST_SECONDS, method, route),
            redis=place(catalogue.WAITING_SECONDS, method, route, "redis"),
            upstream=place(catalogue.WAITING_SECONDS, method, route, "upstream"),
        )

    def bare_answer(self, status: str) -> None:
        """Count a request that did not get to the application."""
        self._sheet.add(catalogue.BARE_ANSWERS, status)

    def work(self, *, threads: int, requests: int, connections: int) -> None:
        """Say how busy this process is.

        :param requests: those that are being answered, or wait for a thread
        """
        self._sheet.put(catalogue.THREADS, threads)
        self._sheet.put(catalogue.THREADS_BUSY, min(requests, threads))
        self._sheet.put(catalogue.WAITING, max(0, requests - threads))
        self._sheet.put(catalogue.CONNECTIONS, connections)

    def event(self, event: Event, fields: Fields) -> None:
        """Count what the program reports.

        :param fields: those of its line; none holds what a client chose
        """
        if event is Event.REQUEST:
            # It is counted as it ends, by more than its line shows.
            return
        if event is Event.UPSTREAM_CALL:
            self._call(fields["operation"], fields["status"] or fields["reason"], fields["ms"] / 1000)
            return
        if event in catalogue.TOLD_EVENTS:
            self._sheet.add(catalogue.EVENTS, event.label)
        if (count := _COUNTED.get(event)) is not None:
            count(self._sheet, fields)

    def _call(self, operation: str, came: int | str | None, seconds: float) -> None:
        sheet = self._sheet
        with sheet.lock:
            try:
                called, took = self._calls[operation, came]
            except KeyError:
                outcome = f"{came // 100}xx" if isinstance(came, int) else came or "not sent"
                called = sheet.place(catalogue.UPSTREAM_CALLS, operation, outcome)
                took = sheet.place(catalogue.UPSTREAM_SECONDS, operation)
                self._calls[operation, came] = called, took
            sheet.values[called] += 1
            sheet.note(took, catalogue.UPSTREAM_SECONDS, seconds)


def _refresh(outcome: str) -> Callable[[Sheet, Fields], None]:
    return lambda sheet, fields: sheet.add(catalogue.REFRESHES, fields["kind"], outcome)


def _social_login_failed(sheet: Sheet, fields: Fields) -> None:
    # A reason begins with the name of what was raised.
    kind = fields["reason"].partition(":")[0]
    outcome = "limited" if kind == TooManyAttempts.__name__ else "unknown" if kind in _UNKNOWN else "refused"
    sheet.add(catalogue.SIGN_IN_ATTEMPTS, "social_login", outcome)


def _shared_read(sheet: Sheet, fields: Fields) -> None:
    sheet.add(catalogue.SHARED_READS, fields["outcome"])
    sheet.put(catalogue.SHARED_CACHE_BYTES, fields["bytes"])


_COUNTED: Final[Mapping[Event, Callable[[Sheet, Fields], None]]] = {
    Event.UPSTREAM_NOT_ASKED: lambda sheet, fields: sheet.add(
        catalogue.UPSTREAM_NOT_ASKED, fields["operation"], fields["reason"]
    ),
    Event.CIRCUIT_OPENED: lambda sheet, fields: sheet.add(catalogue.CIRCUITS_OPEN, fields["service"]),
    Event.CIRCUIT_CLOSED: lambda sheet, fields: sheet.add(catalogue.CIRCUITS_OPEN, fields["service"], amount=-1.0),
    Event.TOKENS_REFRESHED: _refresh("done"),
    Event.REFRESH_REFUSED: _refresh("refused"),
    Event.REFRESH_UNKNOWN: _refresh("unknown"),
    Event.REFRESH_WAITED: _refresh("waited"),
    Event.SIGNED_IN: lambda sheet, fields: sheet.add(catalogue.SIGN_IN_ATTEMPTS, fields["operation"], "done"),
    Event.SIGN_IN_FAILED: lambda sheet, fields: sheet.add(
        catalogue.SIGN_IN_ATTEMPTS, fields["operation"], fields["outcome"]
    ),
    Event.SOCIAL_LOGIN_FAILED: _social_login_failed,
    Event.SESSION_MADE: lambda sheet, fields: sheet.add(catalogue.SESSIONS_MADE, fields["kind"]),
    Event.SIGNED_OUT: lambda sheet, fields: sheet.add(catalogue.SESSIONS_ENDED, "signed out"),
    Event.SESSION_ENDED: lambda sheet, fields: sheet.add(catalogue.SESSIONS_ENDED, fields["reason"]),
    Event.SHARED_READ: _shared_read,
    Event.CSRF_REFUSED: lambda sheet, fields: sheet.add(catalogue.CSRF_REFUSALS, fields["reason"]),
    Event.LIMIT_REACHED: lambda sheet, fields: sheet.add(catalogue.LIMITED, fields["limit"], fields["per"]),
    Event.STORE_LOOKED_AT: lambda sheet, fields: sheet.put(
        catalogue.READY, fields["at"], 1.0 if fields["ready"] else 0.0
    ),
}
"""What is counted by more than its event."""
