"""No request under 64 KiB costs more than a fixed multiple of its own size, whatever it is made of."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from bff.account.passwords import is_common
from bff.commands.embedded_redis import EmbeddedRedis
from bff.operations import json_body
from bff.operations.declared import MAX_BODY_BYTES
from tests.support.heavy import Heavy
from tests.support.heavy_sender import Sender, heavy_shop
from tests.support.work import counted

MOST_PATTERNS = 20
"""That one request may need and no request before it has needed; those that a secret was made of were thousands."""
TIMES_THE_BODY = 4
SECONDS = 5.0
"""Of processor. A request takes a twentieth of one; what this test is for took from three to eighty."""
WORST = (
    "POST /api/signup secrets in customerDetails",
    "PATCH /api/me secrets in mixins",
    "POST /login email: dots",
    "POST /account/addresses/<addressId>/tags tags: tags, before: tags",
    "POST /api/password/change deep and wide",
    "GET /login languages",
    "GET /static/<path:filename> encodings",
)
EVERY_SO_MANY = 397
PARTS = 20


@pytest.fixture(scope="module")
def senders(redis_server: EmbeddedRedis) -> Iterator[dict[bool, Sender]]:
    # The list is read when the first password is judged.
    assert is_common("password1")
    with heavy_shop(redis_server) as shop:
        yield {who: Sender(shop, signed_in=who) for who in (False, True)}


def what_is_wrong(sender: Sender, heavy: Heavy) -> list[str]:
    """Tell what a request costs too much of."""
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


@pytest.mark.parametrize("signed_in", [False, True], ids=["guest", "customer"])
def test_no_request_costs_more_than_a_multiple_of_its_size(senders: dict[bool, Sender], signed_in: bool) -> None:
    sender = senders[signed_in]
    requests = list(sender.requests())
    chosen = [one for number, one in enumerate(requests) if one.name in WORST or number % EVERY_SO_MANY == 0]
    assert {one.name for one in chosen} >= set(WORST)
    assert [told for heavy in chosen for told in what_is_wrong(sender, heavy)] == []


@pytest.mark.more
@pytest.mark.parametrize("signed_in", [False, True], ids=["guest", "customer"])
@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_at_all_costs_more_than_a_multiple_of_its_size(
    senders: dict[bool, Sender], signed_in: bool, part: int
) -> None:
    sender = senders[signed_in]
    chosen = list(sender.requests())[part::PARTS]
    assert [told for heavy in chosen for told in what_is_wrong(sender, heavy)] == []


def test_cost_that_is_too_high_is_noticed() -> None:
    with counted() as work:
        for number in range(50):
            re.compile(f"noticed {number}")
        json_body.parse_json(b'"' + b"x" * 1000 + b'"')
    assert work.patterns == 50
    assert work.scanned >= 3000
