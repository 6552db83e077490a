"""Everything that can go wrong on the way to upstream, and the answer that is documented for it.

Derived from the row at hand: whether it may be repeated, whether it has a body to answer, and what its 401 means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bff.operations.model import Operation, Performer, Plain401, ResponseShape
from tests.support.fakes.fault_proxy import Upset, Way, answer

SILENT_SECONDS: Final = 30.0
PAGE: Final = b"<html><body>proxy-page-canary</body></html>"
DEAD: Final = {"fault": {"faultstring": "Invalid Access Token", "detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}}
BAD_KEY: Final = {"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth.v2.InvalidApiKey"}}}
PLAIN: Final = {"status": 401, "type": "unauthorized", "message": "Not for you", "details": []}
FAULTS: Final[dict[str, Upset]] = {
    "refused": Upset(way=Way.REFUSED),
    "reset before": Upset(way=Way.RESET_BEFORE),
    "reset after": Upset(way=Way.RESET_AFTER),
    "truncated": Upset(way=Way.TRUNCATED),
    "longer than announced": replace(answer(200, {"id": "canary"}), left_out=2),
    "endless head": Upset(way=Way.ENDLESS_HEAD),
    "page": answer(200, PAGE),
    "500": answer(500, PAGE),
    "502": answer(502, PAGE),
    "503": answer(503, PAGE),
    "503 with Retry-After": answer(503, PAGE, Retry_After="120"),
    "504": answer(504, PAGE),
    "429": answer(429, PAGE),
    "429 with Retry-After": answer(429, PAGE, Retry_After="7"),
    "401 of a dead token": answer(401, DEAD),
    "401 of a bad key": answer(401, BAD_KEY),
    "401 of its own": answer(401, PLAIN),
    "silent": Upset(way=Way.SILENT, seconds=SILENT_SECONDS),
    "slow body": Upset(way=Way.SLOW_BODY, seconds=SILENT_SECONDS),
}
SLOW: Final = ("silent", "slow body")
OK: Final = 200
NO_CONTENT: Final = 204
BROKEN: Final = ("reset after", "truncated", "endless head")
MALFORMED, UNAVAILABLE = (502, "upstream_error", None), (503, "upstream_unavailable", "5")
TIMEOUT, SIGN_IN_AGAIN = (504, "upstream_timeout", None), (401, "session_expired", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a client is answered, and how often upstream may have been asked."""

    answers: frozenset[tuple[int, str | None, str | None]]
    """Status, type, `Retry-After`; any of these."""
    most_sent: int = 1
    """To the proxy: what must not be repeated is sent once, but where nothing of it had gone out."""
    most_passed: int = 1
    """To upstream."""


def outcome(operation: Operation, fault: str) -> Outcome:
    """Return what is documented for one operation and one fault."""
    if operation.performer is Performer.SIGN_OUT:
        return Outcome(answers=frozenset({(200, None, None)}), most_sent=2)
    match fault:
        case "refused":
            return Outcome(answers=frozenset({UNAVAILABLE}), most_sent=0, most_passed=0)
        case "reset before":
            # Whether anything had gone out is a matter of microseconds.
            return Outcome(answers=frozenset({UNAVAILABLE}), most_sent=2, most_passed=0)
        case "endless head" if operation.repeatable and NO_CONTENT in operation.success:
            # All that such an answer says is in its first line.
            answers = frozenset({UNAVAILABLE, (NO_CONTENT, None, None)})
            return Outcome(answers=answers, most_sent=2, most_passed=2)
        case "503 with Retry-After" | "502" | "503" | "504":
            return _one(*UNAVAILABLE)
        case "longer than announced" if operation.answer is ResponseShape.NOTHING and OK in operation.success:
            # It is done by its status, and nobody reads what came with that.
            return Outcome(answers=frozenset({(OK, None, None), (NO_CONTENT, None, None)}), most_passed=0)
        case "429":
            return _one(429, "rate_limited")
        case "429 with Retry-After":
            return _one(429, "rate_limited", "7")
        case "401 of a dead token":
            return _dead(operation)
        case "401 of its own":
            return _plain(operation)
        case _ if fault in SLOW:
            return _one(*TIMEOUT)
        case _ if fault in BROKEN:
            most = 2 if operation.repeatable else 1
            return Outcome(answers=frozenset({UNAVAILABLE}), most_sent=most, most_passed=most)
        case _:
            return _one(*MALFORMED)


def _one(status: int, type: str | None, retry: str | None = None) -> Outcome:
    return Outcome(answers=frozenset({(status, type, retry)}))


def _dead(operation: Operation) -> Outcome:
    """With another token it is asked once more, and upstream contradicts itself."""
    if operation.name == "anonymous_refresh":
        # Another guest is all that can be had.
        return _one(200, None)
    if not operation.accepts:
        return _one(*MALFORMED)
    if operation.performer is Performer.REFRESH:
        return Outcome(answers=frozenset({(200, None, None), SIGN_IN_AGAIN}), most_sent=3)
    return Outcome(answers=frozenset({MALFORMED}), most_sent=2)


def _plain(operation: Operation) -> Outcome:
    if operation.plain_401 is Plain401.WRONG_SECRET:
        return _one(401, "invalid_credentials")
    if operation.plain_401 is Plain401.DEAD_BEARER:
        return _dead(operation)
    if operation.performer is Performer.REFRESH or not operation.accepts:
        return _dead(operation)
    if operation.returns_tokens:
        return _one(401, "unauthorized")
    if operation.declared is not None:
        return _one(403, "forbidden")
    return _one(*MALFORMED)
