"""Whether a success is one as its row says, and what it holds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from bff.emporix.request import PDF
from bff.errors import UpstreamMalformed
from bff.operations.model import Operation, ResponseShape
from bff.transport import HttpResponse

_NO_CONTENT: Final = 204
_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_NOT_JSON: Final = object()
_PDF_BEGINS: Final = b"%PDF-"
"""ISO 32000-2 7.5.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A success, as documented."""

    status: int
    body: bytes
    content: Any
    """The body read as JSON; None where the row expects none."""
    total: str | None = None
    """How many there are in all, where that was asked and told: a number."""


def is_success(operation: Operation, answer: HttpResponse) -> bool:
    """Tell whether the status is one of a success."""
    return answer.status in operation.success or _is_empty_list(operation, answer)


def reply_of(operation: Operation, answer: HttpResponse) -> Reply:
    """Return a success as it is documented.

    :raises UpstreamMalformed: its body has another shape
    """
    if operation.answer is ResponseShape.NOTHING:
        if answer.body.lstrip().startswith(b"<"):
            # An HTML page comes from a proxy, not from Emporix: nothing was done.
            raise UpstreamMalformed(operation.name, "the answer is a page")
        return Reply(status=answer.status, body=b"", content=None)
    total = None if operation.total_from is None else _number(answer.headers.get(operation.total_from, ""))
    if _is_empty_list(operation, answer):
        return Reply(status=min(operation.success), body=b"[]", content=[], total=total)
    if answer.status == _NO_CONTENT:
        return Reply(status=answer.status, body=b"", content=None)
    if operation.answer is ResponseShape.PDF:
        return _document(operation, answer)
    content = _read_json(answer.body)
    if not _has_shape(operation.answer, content):
        raise UpstreamMalformed(operation.name, "the answer is not JSON, or has another shape")
    return Reply(status=answer.status, body=answer.body, content=content, total=total)


def _has_shape(shape: ResponseShape, content: Any) -> bool:
    if shape is ResponseShape.JSON:
        return content is not _NOT_JSON
    return isinstance(content, list if shape is ResponseShape.ARRAY else dict)


def _document(operation: Operation, answer: HttpResponse) -> Reply:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != PDF or not answer.body.startswith(_PDF_BEGINS):
        raise UpstreamMalformed(operation.name, "the answer is no PDF document")
    return Reply(status=answer.status, body=answer.body, content=None)


def _number(told: str) -> str | None:
    return told if _NUMBER.fullmatch(told) else None


def _is_empty_list(operation: Operation, answer: HttpResponse) -> bool:
    """Tell whether an answer means a list without entries; the contract has neither 204 nor null for it."""
    if operation.answer is not ResponseShape.ARRAY:
        return False
    return answer.status == _NO_CONTENT or (answer.status in operation.success and answer.body.strip() == b"null")


def _read_json(body: bytes) -> Any:
    """Return the body's value. Never raises where it is not JSON: the reader's errors hold the whole text."""
    try:
        return _READER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return _NOT_JSON


def _not_json(word: str) -> NoReturn:
    # NaN and Infinity are Python's, and no browser reads them.
    raise ValueError


_READER: Final = json.JSONDecoder(parse_constant=_not_json)
