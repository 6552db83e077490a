"""One exchange with a server that answers bytes, and everything that a failure of it says."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator

import pytest

from bff.transport import (
    HttpResponse,
    Transport,
    TransportError,
)

CANARY = "canary-token-7f3a"


TARGET = f"/customer/demoshop/logout?accessToken={CANARY}"


BEARER = {"Authorization": f"Bearer {CANARY}"}


LIMIT_BYTES = 100_000


READ_SECONDS = 0.4
"""For who does not answer in time."""


UNHURRIED_SECONDS = 20.0
"""For who answers, if on a busy machine."""


SLACK_SECONDS = 3.0
"""Less than any of the slow servers takes."""


@contextlib.contextmanager
def transport_to(origin: str, *, connections: int = 4) -> Iterator[Transport]:
    transport = Transport(origin, connections=connections, max_body_bytes=LIMIT_BYTES)
    try:
        yield transport
    finally:
        transport.close()


def ask(
    transport: Transport,
    target: str = TARGET,
    *,
    method: str = "GET",
    body: bytes | None = None,
    read_seconds: float = UNHURRIED_SECONDS,
) -> HttpResponse:
    return transport.send(
        method,
        target,
        headers=BEARER,
        body=body,
        connect_timeout_seconds=UNHURRIED_SECONDS,
        read_timeout_seconds=read_seconds,
        wanted_headers=("X-Thing",),
    )


def failure_of(origin: str, target: str = TARGET, *, read_seconds: float = UNHURRIED_SECONDS) -> TransportError:
    with transport_to(origin) as transport, pytest.raises(TransportError) as caught:
        ask(transport, target, read_seconds=read_seconds)
    return caught.value


def everything_said_by(error: BaseException) -> str:
    said = traceback.format_exception(error)
    seen: BaseException | None = error
    while seen is not None:
        said += [str(seen), repr(seen), repr(seen.args), repr(vars(seen))]
        assert seen.__cause__ is None
        seen = seen.__context__
    return "\n".join(said)
