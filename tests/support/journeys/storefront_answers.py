"""What upstream answers to an expected row, and what of it has to reach the browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.test import TestResponse

from tests.support.journeys.recording_upstream import Canned
from tests.support.journeys.storefront_shapes import Answer, Row

HIDDEN = "upstream-session-of-the-shopper"
"""What upstream calls the session, in its answers."""
TOTAL = "42"
PDF = b"%PDF-1.7\n1 0 obj <</Title (\xc3\xa4)>> endobj\n%%EOF\n"
_ENTRY: Mapping[str, Any] = {"id": "one", "name": {"de": "Gr\u00fc\u00dfe"}, "price": 9.90, "mixins": {"x": [1, None]}}


def documented(row: Row) -> int:
    """Return the first success of a row."""
    return next(iter(row.answers))


def canned(row: Row, status: int | None = None, kind: Answer | None = None) -> Canned:
    """Return what upstream answers with a status (None: the first documented one), of the kind that goes with it."""
    status = documented(row) if status is None else status
    kind = kind or row.answers.get(status, row.answers[documented(row)])
    headers = {} if row.total is None else {row.total: TOTAL}
    # What no browser may see of an answer's head.
    headers |= {"Set-Cookie": f"upstream={HIDDEN}", "Location": f"https://upstream.example.com/{HIDDEN}"}
    if kind is Answer.PDF:
        return Canned(status=status, raw=PDF, headers=(*headers.items(), ("Content-Type", "application/pdf")))
    return Canned(status=status, content=_content(row, kind), headers=tuple(headers.items()))


def _content(row: Row, kind: Answer) -> Any:
    entry: dict[str, Any] = dict(_ENTRY)
    if row.tells_session:
        entry |= {"sessionId": HIDDEN, "inside": {"deep": [{"sessionId": HIDDEN, "kept": True}]}}
    return {
        Answer.NOTHING: None,
        Answer.OBJECT: entry,
        Answer.ARRAY: [entry, {"id": "two"}],
        Answer.TEXT: "gr\u00fcn",
        Answer.NUMBER: 1250,
        Answer.TRUTH: True,
    }[kind]


def passed_on(row: Row, sent: Canned, kind: Answer, answer: TestResponse) -> str | None:
    """Say what is wrong with our answer to a documented success of a kind; None: nothing is."""
    if row.total is not None and answer.headers.get("X-Total-Count") != TOTAL:
        return f"X-Total-Count is {answer.headers.get('X-Total-Count')!r}"
    if row.total is None and "X-Total-Count" in answer.headers:
        return "X-Total-Count was not asked for"
    if kind is Answer.NOTHING:
        return None if answer.data == b"" else "there is a body"
    if kind is Answer.PDF:
        return _document(answer)
    if answer.mimetype != "application/json":
        return f"it is {answer.mimetype}"
    if row.tells_session:
        return None if json.loads(answer.data) == without_session(sent.content) else "more than the session is missing"
    # Where nothing is taken out, not even a space may differ.
    return None if answer.data == sent.body else "it is not what upstream said"


def without_session(content: Any) -> Any:
    """Return a JSON value without the property that names the session, at any depth."""
    if isinstance(content, dict):
        return {name: without_session(value) for name, value in content.items() if name != "sessionId"}
    return [without_session(value) for value in content] if isinstance(content, list) else content


def _document(answer: TestResponse) -> str | None:
    if answer.data != PDF or answer.headers["Content-Type"] != "application/pdf":
        return "it is not the document"
    if not answer.headers.get("Content-Disposition", "").startswith("attachment;"):
        return "it is no attachment"
    wanted = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    odd = [name for name, value in wanted.items() if answer.headers.get(name) != value]
    return f"{odd} are not as they should be" if odd else None


def of_another_shape(row: Row) -> Mapping[str, Canned]:
    """Return answers of a documented status that hold something else."""
    status, kind = documented(row), row.answers[documented(row)]
    page = Canned(status=status, raw=b"<!doctype html><p>Sorry", headers=(("Content-Type", "text/html"),))
    if status == 204:
        return {}
    others: dict[str, Canned] = {"a page": page}
    if kind is Answer.PDF:
        pdf = (("Content-Type", "application/pdf"),)
        others["JSON for a document"] = Canned(status=status, content={})
        others["another file in a document's name"] = Canned(status=status, raw=b"MZ\x90\0", headers=pdf)
        others["a document in another name"] = Canned(status=status, raw=PDF, headers=(("Content-Type", "text/plain"),))
    elif kind in (Answer.OBJECT, Answer.ARRAY) and not row.shape_is_open:
        others["another shape"] = Canned(status=status, content=[] if kind is Answer.OBJECT else {})
        others["no JSON"] = Canned(status=status, raw=b'{"id": ')
    return others
