"""`EmporixClient.call(operation, ...)`: has the request built from the row, sends it, and has the answer judged.

URLs are logged as templates.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Final
from urllib.parse import urlsplit

from bff.config.settings import EmporixSettings
from bff.emporix.circuits import Came, Circuits
from bff.emporix.held import Held, found_in, unescaped
from bff.emporix.refusals import refusal
from bff.emporix.reply import Reply, is_success, reply_of
from bff.emporix.request import Call, headers_of, placed, secrets_in, wanted_headers
from bff.errors import (
    BffError,
    Detail,
    InvalidInput,
    UpstreamError,
    UpstreamMalformed,
    UpstreamNotAsked,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.events import Event
from bff.log import Log
from bff.metrics.spent import SPENT
from bff.metrics.trouble import Trouble
from bff.operations.model import Operation
from bff.operations.places import Places
from bff.secret import Secret
from bff.transport import (
    REPEATABLE_IDLE_SECONDS,
    UNREPEATABLE_IDLE_SECONDS,
    Broken,
    HttpResponse,
    NotConnected,
    TooLarge,
    TooSlow,
    Transport,
    TransportError,
    Unsendable,
)

__all__ = ["Call", "EmporixClient", "Reply"]

_TROUBLES: Final = (UpstreamMalformed, UpstreamRateLimited, UpstreamTimeout, UpstreamUnavailable)
"""What is upstream's own fault, whoever asks."""
TOO_MANY_WAIT: Final = "too many wait for it"


class EmporixClient:
    """Calls operations of one tenant; safe for threads."""

    def __init__(
        self,
        settings: EmporixSettings,
        transport: Transport,
        log: Log,
        *,
        places: Places,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what it works with.

        :param places: how many threads may wait for upstream
        """
        self._settings = settings
        self._transport = transport
        self._log = log
        self._monotonic = monotonic
        self._places = places
        self._circuits = Circuits(log.emit, monotonic=monotonic)
        self._trouble = Trouble(
            log.emit,
            begun=Event.UPSTREAM_NOT_READY,
            over=Event.UPSTREAM_READY,
            host=urlsplit(settings.api_url).netloc,
            monotonic=monotonic,
        )

    @property
    def open_services(self) -> tuple[str, ...]:
        """The services that fail again and again, and are not asked right now."""
        return self._circuits.open_services

    @property
    def longest_call_seconds(self) -> float:
        """The most a call of the contract can take: to connect, and to read the whole answer.

        Locks and marks go by it; a row that may take longer renews no tokens and signs nobody in.
        """
        return self._settings.connect_timeout_seconds + self._settings.read_timeout_seconds

    def waiting(self, operation: str) -> AbstractContextManager[None]:
        """Hold one of the places for threads that wait for upstream, or for who asks it.

        :raises UpstreamNotAsked: on entering; too many wait already
        """
        return self._places.place(lambda: UpstreamNotAsked(operation, TOO_MANY_WAIT))

    def call(
        self,
        operation: Operation,
        call: Call,
        bearer: Secret[str] | None,
        *,
        saas_token: Secret[str] | None = None,
        held: Held = (),
        at_most_seconds: float | None = None,
    ) -> Reply:
        """Call an operation once; once more where nothing was sent, or where the row is safe to repeat.

        :param held: what else the session holds that must not come back in a refusal's texts
        :raises InvalidInput: a value is missing, or does not match its parameter's pattern
        :raises InvalidToken: upstream refused the bearer
        :raises InvalidCredentials: upstream refused the password in the body
        :raises UpstreamError: any other refusal, no answer, or an answer that is not as documented
        """
        target, parameters = placed(operation, call, self._settings)
        headers = parameters | headers_of(operation, call, bearer, saas_token)
        held = tuple(held)
        secrets = secrets_in(operation, call, bearer, (token for _, token in held))
        try:
            reply = self._admitted(operation, target, headers, call.body, secrets, held, at_most_seconds)
        except UpstreamNotAsked as err:
            self._log.emit(Event.UPSTREAM_NOT_ASKED, operation=operation.name, reason=err.reason)
            raise
        except BffError as err:
            self._note(operation, err)
            raise
        self._trouble.passed()
        return reply

    def _note(self, operation: Operation, err: BffError) -> None:
        """Tell upstream's trouble from what it refuses a visitor."""
        if isinstance(err, _TROUBLES) or (isinstance(err, UpstreamRejected) and _asks_for_nobody(operation)):
            cause = str(err).partition(": ")[2]
            self._log.emit(Event.UPSTREAM_FAILED, operation=operation.name, reason=cause)
            self._trouble.met(cause, operation=operation.name)
        elif not isinstance(err, InvalidInput):
            self._trouble.passed()

    def _admitted(
        self,
        operation: Operation,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        secrets: Iterator[str],
        held: Held,
        at_most_seconds: float | None,
    ) -> Reply:
        """Make the call, unless too many wait for upstream already or its service is known to fail."""
        places, circuit = self._places, self._circuits.of(operation)
        if not places.enter():
            raise UpstreamNotAsked(operation.name, TOO_MANY_WAIT)
        try:
            if (ticket := circuit.enter()) is None:
                raise UpstreamNotAsked(operation.name, "its service fails again and again")
            came, why = Came.NOTHING, ""
            try:
                reply = self._exchanged(operation, target, headers, body, secrets, held, at_most_seconds)
                came = Came.SUCCESS
                return reply
            except BffError as err:
                came, why = _came(err, is_cut_short=at_most_seconds is not None), str(err).partition(": ")[2]
                raise
            finally:
                circuit.leave(ticket, came, why)
        finally:
            places.leave()

    def _exchanged(
        self,
        operation: Operation,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        secrets: Iterator[str],
        held: Held,
        at_most_seconds: float | None,
    ) -> Reply:
        started = self._monotonic()
        answer: HttpResponse | None = None
        reason: str | None = None
        try:
            answer = self._sent(operation, target, headers, body, at_most_seconds)
        except UpstreamError as err:
            reason = err.reason
            raise
        finally:
            seconds = self._monotonic() - started
            if (spent := SPENT.get()) is not None:
                spent.upstream_seconds += seconds
            self._log.emit(
                Event.UPSTREAM_CALL,
                operation=operation.name,
                path=operation.path,
                status=answer.status if answer else None,
                reason=reason,
                ms=round(seconds * 1000, 1),
            )
        if is_success(operation, answer):
            return reply_of(operation, answer)
        error = refusal(operation, answer, secrets)
        if isinstance(error, UpstreamRejected):
            error.echoed = tuple(sorted({kind.value for kind, _ in found_in(unescaped(answer.body), held)}))
        if not isinstance(error, _TROUBLES):
            self._log.emit(Event.UPSTREAM_REFUSED, operation=operation.name, status=answer.status)
        raise error

    def _sent(
        self,
        operation: Operation,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        at_most_seconds: float | None,
    ) -> HttpResponse:
        connect = self._settings.connect_timeout_seconds
        read = operation.read_timeout_seconds or self._settings.read_timeout_seconds
        if at_most_seconds is not None:
            connect, read = min(connect, at_most_seconds / 2), min(read, at_most_seconds / 2)
        end = self._monotonic() + connect + read
        idle = REPEATABLE_IDLE_SECONDS if operation.repeatable else UNREPEATABLE_IDLE_SECONDS
        wanted = wanted_headers(operation)
        for attempt in (1, 2):
            try:
                return self._transport.send(
                    operation.method,
                    target,
                    headers=headers,
                    body=body,
                    connect_timeout_seconds=connect,
                    read_timeout_seconds=read,
                    most_idle_seconds=idle if attempt == 1 else 0,
                    repeatable=operation.repeatable,
                    max_body_bytes=operation.max_answer_bytes,
                    wanted_headers=wanted,
                )
            except TransportError as err:
                refused_at_once = isinstance(err, NotConnected) and str(err) != "connect timeout"
                left = end - self._monotonic()
                again = refused_at_once or (isinstance(err, Broken) and operation.repeatable and not err.was_repeated)
                if attempt == 1 and again and left > 0:
                    # Callers, and requests that wait for a lock, count on the time of one attempt.
                    connect, read = min(connect, left / 2), min(read, left - min(connect, left / 2))
                    continue
                raise _unanswered(operation, err) from None
        raise AssertionError("the second attempt returns or raises")


def _came(err: BffError, *, is_cut_short: bool) -> Came:
    """Tell what an error says about the service.

    :param is_cut_short: the call was given less time than others
    """
    match err:
        case InvalidInput():
            return Came.NOTHING
        case UpstreamTimeout() if is_cut_short:
            return Came.NOTHING
        case UpstreamTimeout() | UpstreamUnavailable():
            return Came.FAILURE
        case _:
            return Came.ANSWER


def _asks_for_nobody(operation: Operation) -> bool:
    """Tell whether nothing of a visitor's goes out: what is refused is the tenant, the key or the site."""
    return operation.body is None and not operation.accepts and not any(one.secret for one in operation.parameters)


def _unanswered(operation: Operation, err: TransportError) -> BffError:
    reason = str(err)
    if isinstance(err, Unsendable):
        return InvalidInput(Detail(type="invalid_value", message="This address cannot be asked for."))
    if isinstance(err, TooSlow):
        return UpstreamTimeout(operation.name, reason)
    if isinstance(err, TooLarge):
        return UpstreamMalformed(operation.name, reason)
    return UpstreamUnavailable(operation.name, reason)
