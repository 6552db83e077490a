"""Answers to what does not get to the application: too late, too long or not supported, in the shape of its errors.

gunicorn's own words go out for 400 alone: what it answers that to is no HTTP, and its sender no client of the API.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from bff.config.settings import Settings
from bff.log import REQUEST_ID
from bff.web.errors import Fault, fault_body, http_fault
from bff.web.middleware.headers import REQUEST_ID_HEADER, bare_headers

RESHAPED: Final = frozenset({414, 417, 431, 500, 501})
"""What gunicorn may say of a request that is HTTP."""
_REASONS: Final = {413: "Content Too Large", 414: "URI Too Long"}
"""RFC 9110's words, where Python's differ by release."""


class BareAnswers:
    """Makes answers as bytes, for connections that end with them."""

    def __init__(self, settings: Settings) -> None:
        self._headers = bare_headers(settings)

    def answer(self, status: int) -> bytes:
        """Return a whole answer, with a request id of its own."""
        request_id = secrets.token_hex(8)
        before = REQUEST_ID.set(request_id)
        try:
            body = json.dumps(fault_body(_fault(status))).encode() + b"\n"
        finally:
            REQUEST_ID.reset(before)
        headers = {
            "Date": formatdate(usegmt=True),
            "Connection": "close",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            REQUEST_ID_HEADER: request_id,
            **self._headers,
        }
        reason = _REASONS.get(status) or HTTPStatus(status).phrase
        head = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(head).encode("ascii") + b"\r\n\r\n" + body

    def reshape(self, answer: bytes) -> bytes:
        """Return our answer for one of gunicorn's, or that one as it is."""
        status = int(answer[9:12]) if answer[9:12].isdigit() else 0
        return self.answer(status) if status in RESHAPED else answer


def _fault(status: int) -> Fault:
    # 501 is the client's doing here: it asked for a transfer coding that HTTP does not have (RFC 9112 6.1).
    return replace(http_fault(400), status=status) if status == HTTPStatus.NOT_IMPLEMENTED else http_fault(status)
