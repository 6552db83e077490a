"""Emporix's refusals, read into our exceptions: its own error shape, Apigee's faults, and bodies that are neither.

Real answers stray from the contract: details that are bare strings, types in capitals, HTML. What is read here is
scrubbed of every secret that was sent, since an error text may repeat what it complains about.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final, Self
from urllib.parse import quote, quote_plus

from bff.errors import (
    BffError,
    Detail,
    InvalidCredentials,
    InvalidToken,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnavailable,
)
from bff.operations.model import Operation, Plain401
from bff.transport import HttpResponse

_DEAD_BEARER = frozenset(
    {
        "oauth.v2.InvalidAccessToken",
        "keymanagement.service.invalid_access_token",
        "keymanagement.service.access_token_expired",
        "keymanagement.service.access_token_not_approved",
    }
)
"""Fault codes that refuse the bearer: `oauth.v2.InvalidAccessToken` and `access_token_expired` are in the contract's
`401_unauthorized`; the other two are not, and are codes of Apigee, the gateway in front."""
REFUSALS: Final = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "resource_not_found",
    405: "method_not_allowed",
    409: "conflict_resource",
    412: "version_conflict",
    422: "validation_failure",
}
"""Statuses of Emporix's own refusals, and our type for one without (405, 412 and 422 are not in the contract)."""
_REFUSED: Final = "refused"
"""Our type for any other that a declared row may bring."""
_ABOUT_US: Final = frozenset({401, 405, 407, 408, 429})
"""What a declared row's call may not be refused with: it says that the row is wrong, or that it is not the time."""
_GATEWAY = frozenset({502, 503, 504})
_TYPE_SHAPE = re.compile(r"[a-z]+[a-z_]*[a-z]+")
_MAX_TEXT = 1000
_MAX_DETAILS = 50
_MAX_RETRY_AFTER_SECONDS = 3600
_SHORT_SECRET = 4
_MOST_SECRETS: Final = 100
"""Of one call: a body may hold thousands of texts, and each is looked for in each of an answer's."""
_SMALL_LETTERS = str.maketrans(ascii_uppercase, ascii_lowercase)
HIDDEN = "***"


def refusal(operation: Operation, answer: HttpResponse, secrets: Iterable[str]) -> BffError:
    """Return the exception for an answer other than success."""
    body = _object(answer.body)
    if answer.status == 401:
        return _unauthorized(operation, body, secrets)
    if answer.status == 429:
        return UpstreamRateLimited(operation.name, _retry_after(answer))
    if answer.status in _GATEWAY:
        return UpstreamUnavailable(operation.name, f"upstream answered {answer.status}")
    if _is_refused(operation, answer.status):
        return _rejected(operation, answer.status, body, secrets)
    return UpstreamMalformed(operation.name, f"upstream answered {answer.status}")


def _is_refused(operation: Operation, status: int) -> bool:
    """Tell whether a status is upstream's own refusal of what was asked."""
    if operation.declared is not None:
        return 400 <= status < 500 and status not in _ABOUT_US
    return status in REFUSALS and (status != 405 or operation.feature is not None)


def _unauthorized(operation: Operation, body: dict[str, Any], secrets: Iterable[str]) -> BffError:
    code, words = _fault(body)
    if code in _DEAD_BEARER:
        return InvalidToken(operation.name)
    # For a wrong `client_id` (GET-oauth-generate-anonymous-access-token), though the contract lists no 401 there.
    if "apikey" in code.lower() or "apikey" in words.lower().replace(" ", ""):
        return UpstreamMalformed(operation.name, "upstream refused the API key")
    if operation.plain_401 is Plain401.WRONG_SECRET:
        return InvalidCredentials()
    if operation.plain_401 is Plain401.DEAD_BEARER:
        return InvalidToken(operation.name)
    if operation.returns_tokens:
        return _rejected(operation, 401, body, secrets)
    if operation.declared is not None:
        # A service's own (session-context, category, price): the gateway has let the bearer pass, so it speaks of what
        # was asked for, not of who is signed in. A client takes 401 for 'sign in', and would do so for ever.
        return _rejected(operation, 403, {**body, "type": REFUSALS[403]}, secrets)
    return UpstreamMalformed(operation.name, "upstream answered 401 without saying why")


def _fault(body: dict[str, Any]) -> tuple[str, str]:
    fault = body.get("fault")
    if not isinstance(fault, dict):
        return "", ""
    detail = fault.get("detail")
    code = detail.get("errorcode") if isinstance(detail, dict) else None
    words = fault.get("faultstring")
    return code if isinstance(code, str) else "", words if isinstance(words, str) else ""


def _rejected(operation: Operation, status: int, body: dict[str, Any], secrets: Iterable[str]) -> UpstreamRejected:
    scrubber = _Scrubber.of(secrets)

    def text(value: Any) -> str | None:
        return scrubber.scrubbed(value, _MAX_TEXT) if isinstance(value, str) and value else None

    details = []
    listed = body.get("details")
    for entry in listed[:_MAX_DETAILS] if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            details.append(
                Detail(
                    field=text(entry.get("field")),
                    type=_type(text(entry.get("type"))),
                    message=text(entry.get("message")) or "Refused.",
                    more_info=text(entry.get("moreInfo")),
                )
            )
        elif words := text(entry):
            details.append(Detail(message=words))
    return UpstreamRejected(
        operation.name,
        status=status,
        type=_type(text(body.get("type"))) or REFUSALS.get(status, _REFUSED),
        message=text(body.get("message")) or text(_fault(body)[1]) or "The request was refused.",
        more_info=text(body.get("moreInfo")),
        details=tuple(details),
    )


def _type(word: str | None) -> str | None:
    if word is None:
        return None
    lowered = word.strip().lower().replace(" ", "_").replace("-", "_")
    return lowered if _TYPE_SHAPE.fullmatch(lowered) else None


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every given secret hidden, as it is and as URLs, JSON and HTML spell it."""
    return _Scrubber.of(secrets).scrubbed(text, len(text))


@dataclass(frozen=True, slots=True, repr=False)
class _Scrubber:
    """Hides secrets; made once for an answer, however many texts it has.

    Plain searches, no patterns: Python keeps the newest five hundred patterns, and with them every secret that one was
    made of; and to make one takes longer than to search a text.
    """

    _forms: tuple[str, ...]
    _short_forms: tuple[str, ...]
    _longest: int
    _has_all: bool
    """False: there are more secrets than are looked for, so every text is hidden."""

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Self:
        """Spell every secret in each way, once."""
        forms: set[str] = set()
        short: set[str] = set()
        sent: set[str] = set()
        for secret in filter(None, secrets):
            sent.add(secret)
            if len(sent) > _MOST_SECRETS:
                break
        for secret in sent:
            (short if len(secret) < _SHORT_SECRET else forms).update(map(_folded, spellings(secret)))
        longest = max(map(len, forms | short), default=0)
        return cls(tuple(forms), tuple(short), longest, len(sent) <= _MOST_SECRETS)

    def scrubbed(self, text: str, most: int) -> str:
        """Return at most so many characters of the text; a secret that begins among them is hidden whole."""
        if not self._has_all:
            return HIDDEN
        window = _folded(text[: most + self._longest])
        if any(window.find(form) >= 0 for form in self._short_forms):
            # Cutting one letter out of every word would show which letter it was.
            return HIDDEN
        shown, end = [], 0
        # What overlaps is hidden as one: else the rest of a password that begins with another secret would stay.
        for start, stop in sorted(span for form in self._forms for span in _spans(window, form)):
            if start >= most:
                break
            if start >= end:
                shown += [text[end:start], HIDDEN]
            end = max(end, stop)
        return "".join([*shown, text[end:most]])[:most] if shown else text[:most]


def spellings(secret: str) -> set[str]:
    """Return a secret as it is, and as HTML, URLs and JSON may spell it."""
    in_json = (json.dumps(secret), json.dumps(secret, ensure_ascii=False))
    in_urls = (quote(secret, safe=""), quote(secret), quote_plus(secret))
    return {secret, html.escape(secret), *in_urls, *(quoted[1:-1] for quoted in in_json)}


def _folded(text: str) -> str:
    # Percent-encoding and JSON's escapes may come in small letters. Only ASCII, so that no position moves.
    return text.translate(_SMALL_LETTERS)


def _spans(text: str, form: str) -> Iterable[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + len(form))


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _retry_after(answer: HttpResponse) -> int | None:
    value = answer.headers.get("Retry-After", "")
    return min(int(value), _MAX_RETRY_AFTER_SECONDS) if re.fullmatch(r"[0-9]{1,9}", value) else None
