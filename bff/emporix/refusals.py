"""Emporix's refusals, read into our exceptions: its own error shape, Apigee's faults, and bodies that are neither.

Real answers stray from the contract: details that are bare strings, types in capitals, HTML. What is read here is
scrubbed of every secret that was sent, since an error text may repeat what it complains about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
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
_TYPES = {
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
_GATEWAY = frozenset({502, 503, 504})
_TYPE_SHAPE = re.compile(r"[a-z]+[a-z_]*[a-z]+")
_MAX_TEXT = 1000
_MAX_DETAILS = 50
_MAX_RETRY_AFTER_SECONDS = 3600
_SHORT_SECRET = 4
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
    if answer.status in _TYPES and (answer.status != 405 or operation.feature is not None):
        return _rejected(operation, answer.status, body, secrets)
    return UpstreamMalformed(operation.name, f"upstream answered {answer.status}")


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
    def text(value: Any) -> str | None:
        return scrubbed(value, secrets)[:_MAX_TEXT] if isinstance(value, str) and value else None

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
        type=_type(text(body.get("type"))) or _TYPES[status],
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
    """Return the text with every given secret hidden, as it is and as it stands in a URL."""
    # Longest first: the rest of a password that begins with another secret would stay.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for form in {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}:
            # Percent-encoding may come in small letters.
            pattern = re.compile(re.escape(form), re.IGNORECASE)
            if len(secret) < _SHORT_SECRET and pattern.search(text):
                # Cutting one letter out of every word would show which letter it was.
                return HIDDEN
            text = pattern.sub(HIDDEN, text)
    return text


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _retry_after(answer: HttpResponse) -> int | None:
    value = answer.headers.get("Retry-After", "")
    return min(int(value), _MAX_RETRY_AFTER_SECONDS) if re.fullmatch(r"[0-9]{1,9}", value) else None
