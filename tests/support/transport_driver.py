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


SLACK_SECONDS = 0.4


@contextlib.contextmanager
def transport_to(origin: str, *, connections: int = 4) -> Iterator[Transport]:
    transport = Transport(origin, connections=connections, max_body_bytes=LIMIT_BYTES)
    try:
        yield transport
    finally:
        transport.close()


def ask(transport: Transport, target: str = TARGET, *, method: str = "GET", body: bytes | None = None) -> HttpResponse:
    return transport.send(
        method, target, headers=BEARER, body=body, connect_timeout_seconds=1, read_timeout_seconds=READ_SECONDS
    )


def failure_of(origin: str, target: str = TARGET) -> TransportError:
    with transport_to(origin) as transport, pytest.raises(TransportError) as caught:
        ask(transport, target)
    return caught.value


def everything_said_by(error: BaseException) -> str:
    said = traceback.format_exception(error)
    seen: BaseException | None = error
    while seen is not None:
        said += [str(seen), repr(seen), repr(seen.args), repr(vars(seen))]
        assert seen.__cause__ is None
        seen = seen.__context__
    return "\n".join(said)
