"""`EmporixClient.call(operation, ...)`: has the request built from the row, sends it, and has the answer judged.

URLs are logged as templates.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from bff.config.settings import EmporixSettings
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


class EmporixClient:
    """Calls operations of one tenant; safe for threads."""

    def __init__(
        self,
        settings: EmporixSettings,
        transport: Transport,
        log: Log,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._log = log
        self._monotonic = monotonic
        self._trouble = Trouble(
            log.emit,
            begun=Event.UPSTREAM_NOT_READY,
            over=Event.UPSTREAM_READY,
            host=urlsplit(settings.api_url).netloc,
            monotonic=monotonic,
        )

    @property
    def longest_call_seconds(self) -> float:
        """The most a call of the contract can take: to connect, and to read the whole answer.

        Locks and marks go by it; a row that may take longer renews no tokens and signs nobody in.
        """
        return self._settings.connect_timeout_seconds + self._settings.read_timeout_seconds

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
            reply = self._exchanged(operation, target, headers, call.body, secrets, held, at_most_seconds)
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
