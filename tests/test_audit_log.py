"""What goes to the audit trail goes there by one door, hashed, at every level, as the table for operators says."""

from __future__ import annotations

import ast
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bff.events import Event
from bff.log import AUDIT_LOGGER, JsonFormatter
from bff.operations.table import OPERATIONS
from bff.sessions.endings import Ending
from tests.support.documents import document, section
from tests.support.fakes.logs import log_to, pseudonym

ROOT = Path(__file__).parent.parent
SID = "0123456789abcdef" * 4
SHOWN_AS = {
    "sid": "session",
    "customer_id": "person",
    "entity_id": "entity",
    "before_sid": "before",
}
AUDITED = [event for event in Event if event.when is not None]


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """What the audit logger is given, as it is left by the server's configuration."""
    kept: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record)

    logger, keeper = logging.getLogger(AUDIT_LOGGER), Keeper()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(keeper)
    yield kept
    logger.removeHandler(keeper)
    logger.setLevel(level)


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return line


def test_people_companies_and_sessions_are_hashes(records: list[logging.LogRecord]) -> None:
    log_to().audit(
        Event.SIGNED_IN,
        sid=SID,
        customer_id="C1",
        email=" Jane.Doe@Example.com ",
        entity_id="D1",
        before_sid=SID[::-1],
        again=False,
    )
    line = line_of(records[0])
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "event": "signed_in",
        "audit": True,
        "session": SID[:16],
        "before": SID[::-1][:16],
        "person": pseudonym(b"log-person", "C1")[:16],
        "email": pseudonym(b"log-email", "jane.doe@example.com")[:16],
        "entity": pseudonym(b"log-entity", "D1")[:16],
        "again": False,
    }


def test_what_is_not_known_is_left_out(records: list[logging.LogRecord]) -> None:
    log_to().audit(Event.SIGN_IN_FAILED, sid=None, customer_id=None, email=None, status=None, outcome="refused")
    line = line_of(records[0])
    assert line.keys() == {"time", "level", "event", "audit", "outcome"}


def test_same_text_is_another_hash_as_person_email_and_company(records: list[logging.LogRecord]) -> None:
    log_to().audit(Event.SIGNED_IN, customer_id="x", email="x", entity_id="x")
    line = line_of(records[0])
    assert len({line["person"], line["email"], line["entity"]}) == 3


def test_logger_that_says_nothing_else_still_says_this(records: list[logging.LogRecord]) -> None:
    silent = logging.Logger("silent", logging.CRITICAL)
    log_to(silent).audit(Event.SIGNED_OUT)
    assert [record.getMessage() for record in records] == ["signed_out"]


def calls() -> list[tuple[str, str, ast.Call]]:
    """Return where an event named in the source is reported, and how."""
    found = []
    for path in sorted((ROOT / "bff").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                named = node.args[0]
                if node.func.attr in ("emit", "audit") and ast.unparse(named).startswith("Event."):
                    found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node.func.attr, node))
    return found


def test_event_goes_through_the_door_that_is_its_own() -> None:
    found = calls()
    assert len(found) > 30
    for where, door, call in found:
        event = Event[ast.unparse(call.args[0]).removeprefix("Event.")]
        assert door == ("emit" if event.when is None else "audit"), where


def test_audit_line_holds_no_field_that_is_not_named() -> None:
    for where, door, call in calls():
        if door == "audit":
            event = Event[ast.unparse(call.args[0]).removeprefix("Event.")]
            given = {SHOWN_AS.get(word.arg, word.arg) for word in call.keywords if word.arg is not None}
            assert given <= set(event.fields), where


def test_every_event_is_reported_somewhere() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "bff").rglob("*.py") if path.name != "events.py")
    for event in Event:
        assert f"Event.{event.name}" in source, event


def test_rows_of_the_table_name_events_of_the_trail() -> None:
    named = [event for row in OPERATIONS.values() for event in (row.audited, row.audited_when_mailed) if event]
    assert len(set(named)) == len(named) == 10
    assert all(event.when is not None for event in named)


def test_mailed_token_makes_another_event_only_where_the_row_says_so() -> None:
    delete, reset = OPERATIONS["delete_me"], OPERATIONS["reset_password"]
    assert [delete.audit_event(mailed=mailed) for mailed in (False, True)] == [
        Event.DELETION_ASKED,
        Event.DELETION_CONFIRMED,
    ]
    assert reset.audit_event(mailed=True) is Event.PASSWORD_RESET
    assert OPERATIONS["get_me"].audit_event(mailed=False) is None


def told() -> str:
    """Return what operators are told of the audit log."""
    return section(document("operating.md"), "The audit log")


def test_table_of_events_is_the_enum() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", told(), re.MULTILINE)
    assert rows == [(event.label, event.when, ", ".join(f"`{name}`" for name in event.fields)) for event in AUDITED]


def test_document_names_every_reason_for_which_a_session_ends() -> None:
    words = " ".join(told().split())
    reasons = {word.value for word in Ending} | {
        word.value.value
        for _, door, call in calls()
        if door == "audit" and ast.unparse(call.args[0]) == "Event.SESSION_ENDED"
        for word in call.keywords
        if word.arg == "reason" and isinstance(word.value, ast.Constant)
    }
    assert len(reasons) > len(Ending)
    for reason in reasons:
        assert isinstance(reason, str)
        assert f"`{reason}`" in words, reason
