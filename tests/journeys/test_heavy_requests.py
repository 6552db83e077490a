"""No request under 64 KiB costs more than a fixed multiple of its own size, whatever it is made of."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.web.middleware.bodies import MAX_BODY_BYTES
from tests.support.heavy import Heavy
from tests.support.heavy_sender import Sender, heavy_shop
from tests.support.work import counted

MOST_PATTERNS = 8
"""That one request may need which no request before it needed."""
TIMES_THE_BODY = 4
SECONDS = 5.0
"""Of processor; a request takes a twentieth of one."""


@pytest.fixture(scope="module")
def senders(redis_server: EmbeddedRedis) -> Iterator[dict[bool, Sender]]:
    with heavy_shop(redis_server) as shop:
        yield {who: Sender(shop, signed_in=who) for who in (False, True)}


def costs(sender: Sender, heavy: Heavy) -> list[str]:
    """Tell what is wrong with the cost of a request."""
    sender.ready()
    began = time.thread_time()
    with counted() as work:
        status = sender.sent(heavy)
    spent = time.thread_time() - began
    size = max(len(heavy.body or b""), MAX_BODY_BYTES)
    return [
        f"{heavy.name}: {what}"
        for what, wrong in (
            (f"answered {status}", status >= 500),
            (f"compiled {work.patterns} patterns", work.patterns > MOST_PATTERNS),
            (f"went over {work.scanned / size:.1f} times the body", work.scanned > TIMES_THE_BODY * size),
            (f"took {spent:.1f} s", spent > SECONDS),
        )
        if wrong
    ]


def test_x(senders: dict[bool, Sender]) -> None:
    found = []
    n = 0
    for who, sender in senders.items():
        for heavy in sender.requests():
            n += 1
            found += costs(sender, heavy)
    assert not found, "\n".join(found)
