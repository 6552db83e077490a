"""`EmporixClient.call(operation, ...)`: builds the request from the row, sends it, and judges the answer.

No view writes a URL or a header. Path parts pass the row's patterns, and the path that the library would send
is compared with the one that was built before anything goes out. URLs are logged as templates.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from urllib.parse import quote, urlsplit

from bff.config.settings import EmporixSettings
from bff.emporix.refusals import refusal
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
from bff.log import TRACE, Log
from bff.metrics.spent import SPENT
from bff.metrics.trouble import Trouble
from bff.operations import model
from bff.operations.body import secret_properties
from bff.operations.model import Operation, Parameter, Place
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

_NO_CONTENT = 204
_USER_AGENT = "emporix-bff"
_TROUBLES: Final = (UpstreamMalformed, UpstreamRateLimited, UpstreamTimeout, UpstreamUnavailable)
"""What is upstream's own fault, whoever asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one call sends, beside what the row says already."""

    values: Mapping[str, str | Secret[str]] | None = None
    """Parameters by name; the tenant and the client id are the client's own to fill in."""
    body: bytes | None = None
    media_type: str = model.JSON
    accept_language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A success, as documented."""

    status: int
    body: bytes
    content: Any
    """The body read as JSON; None where the row expects none."""


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
        """The most one call can take: to connect, and to read the whole answer."""
        return self._settings.connect_timeout_seconds + self._settings.read_timeout_seconds

    def call(
        self, operation: Operation, call: Call, bearer: Secret[str] | None, *, at_most_seconds: float | None = None
    ) -> Reply:
        """Call an operation once; once more where nothing was sent, or where the row is safe to repeat.

        :raises InvalidInput: a value is missing, or does not match its parameter's pattern
        :raises InvalidToken: upstream refused the bearer
        :raises InvalidCredentials: upstream refused the password in the body
        :raises UpstreamError: any other refusal, no answer, or an answer that is not as documented
        """
        target, parameters = self._placed(operation, call)
        headers = self._headers(call, bearer) | parameters
        try:
            reply = self._exchanged(operation, call, bearer, target, headers, at_most_seconds)
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
        call: Call,
        bearer: Secret[str] | None,
        target: str,
        headers: Mapping[str, str],
        at_most_seconds: float | None,
    ) -> Reply:
        started = self._monotonic()
        answer: HttpResponse | None = None
        reason: str | None = None
        try:
            answer = self._sent(operation, target, headers, call.body, at_most_seconds)
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
        if answer.status in operation.success or _is_empty_list(operation, answer):
            return _reply(operation, answer)
        error = refusal(operation, answer, list(_secrets(operation, call, bearer)))
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
        connect, read = self._settings.connect_timeout_seconds, self._settings.read_timeout_seconds
        if at_most_seconds is not None:
            connect, read = min(connect, at_most_seconds / 2), min(read, at_most_seconds / 2)
        end = self._monotonic() + connect + read
        idle = REPEATABLE_IDLE_SECONDS if operation.repeatable else UNREPEATABLE_IDLE_SECONDS
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

    def _placed(self, operation: Operation, call: Call) -> tuple[str, dict[str, str]]:
        values = dict(call.values or {})
        values.setdefault("tenant", self._settings.tenant)
        values.setdefault("client_id", self._settings.client_id)
        path, query, headers = operation.path, [], {}
        for parameter in operation.parameters:
            text = _text(parameter, values)
            if text is None:
                continue
            if parameter.place is Place.PATH:
                path = path.replace("{" + parameter.name + "}", quote(text, safe=""))
            elif parameter.place is Place.QUERY:
                query.append(f"{parameter.name}={quote(text, safe='')}")
            else:
                headers[parameter.name] = text
        return path + ("?" + "&".join(query) if query else ""), headers

    def _headers(self, call: Call, bearer: Secret[str] | None) -> dict[str, str]:
        headers = {
            "Accept": model.JSON,
            # Without compression, the size limit counts what is really read.
            "Accept-Encoding": "identity",
            "User-Agent": _USER_AGENT,
        }
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer.reveal()}"
        if call.body is not None:
            headers["Content-Type"] = call.media_type
        if call.accept_language is not None:
            headers["Accept-Language"] = call.accept_language
        if (trace := TRACE.get()) is not None:
            # Without `tracestate`: what stands there is between those who have set it.
            headers["traceparent"] = trace.parent
        return headers


def _asks_for_nobody(operation: Operation) -> bool:
    """Tell whether nothing of a visitor's goes out: what is refused is the tenant, the key or the site."""
    return operation.body is None and not operation.accepts and not any(one.secret for one in operation.parameters)


def _text(parameter: Parameter, values: Mapping[str, str | Secret[str]]) -> str | None:
    value = values.get(parameter.name)
    if value is None:
        if parameter.required:
            raise InvalidInput(
                Detail(field=parameter.name, type="missing_value", message="This parameter is required.")
            )
        return None
    text = value.reveal() if isinstance(value, Secret) else value
    if not parameter.admits(text):
        raise InvalidInput(
            Detail(
                field=parameter.name,
                type="invalid_value",
                message="This value has characters, or a length, that cannot be.",
            )
        )
    return text


def _reply(operation: Operation, answer: HttpResponse) -> Reply:
    if operation.answer is model.ResponseShape.NOTHING:
        if answer.body.lstrip().startswith(b"<"):
            # An HTML page comes from a proxy, not from Emporix: nothing was done.
            raise UpstreamMalformed(operation.name, "the answer is a page")
        return Reply(status=answer.status, body=b"", content=None)
    if _is_empty_list(operation, answer):
        return Reply(status=min(operation.success), body=b"[]", content=[])
    content = _read_json(answer.body)
    expected = list if operation.answer is model.ResponseShape.ARRAY else dict
    if not isinstance(content, expected):
        raise UpstreamMalformed(operation.name, "the answer is not JSON, or has another shape")
    return Reply(status=answer.status, body=answer.body, content=content)


def _is_empty_list(operation: Operation, answer: HttpResponse) -> bool:
    """Tell whether an answer means a list without entries; the contract has neither 204 nor null for it."""
    if operation.answer is not model.ResponseShape.ARRAY:
        return False
    return answer.status == _NO_CONTENT or (answer.status in operation.success and answer.body.strip() == b"null")


def _read_json(body: bytes) -> Any:
    """Return the body's value; None where it is not JSON. Never raises: the reader's errors hold the whole text."""
    try:
        return _READER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _not_json(word: str) -> NoReturn:
    # NaN and Infinity are Python's, and no browser reads them.
    raise ValueError


_READER: Final = json.JSONDecoder(parse_constant=_not_json)


def _unanswered(operation: Operation, err: TransportError) -> BffError:
    reason = str(err)
    if isinstance(err, Unsendable):
        return InvalidInput(Detail(type="invalid_value", message="This address cannot be asked for."))
    if isinstance(err, TooSlow):
        return UpstreamTimeout(operation.name, reason)
    if isinstance(err, TooLarge):
        return UpstreamMalformed(operation.name, reason)
    return UpstreamUnavailable(operation.name, reason)


def _secrets(operation: Operation, call: Call, bearer: Secret[str] | None) -> Iterator[str]:
    """Give what the row declares to be secret, and nothing else: the sender must not choose how many there are."""
    if bearer is not None:
        yield bearer.reveal()
    for name, value in (call.values or {}).items():
        if isinstance(value, Secret):
            yield value.reveal()
        elif operation.parameter(name).secret:
            yield value
    paths = () if call.body is None or operation.body is None else secret_properties(operation.body)
    content = json.loads(call.body) if paths and call.body is not None else None
    for path in paths:
        found = content
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, str):
            yield found
