"""What is taken out of an answer: hidden properties, and the values of this session's tokens however they are spelt."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from bff.emporix.reply import Reply
from bff.operations.model import ResponseShape
from bff.secret import Secret
from bff.sessions.model import HeldKind
from bff.tokens.withheld import Withheld, withheld
from tests.support.declared_shop import row

ACCESS = "access-token-0123456789"
ODD = 'odd+token/with=<&>"signs\\0123'
HELD = [
    (HeldKind.ACCESS, Secret(ACCESS)),
    (HeldKind.SAAS, Secret(ODD)),
    (HeldKind.SESSION_ID, Secret("too-short")),
]
ROW = row("any_row", "GET", "/any/{tenant}/rows", answer=ResponseShape.JSON)


def taken(raw: bytes, *, is_json: bool = True) -> Withheld:
    reply = Reply(status=200, body=raw, content=json.loads(raw) if is_json else None, total="3")
    return withheld(ROW, reply, HELD)


def left(raw: bytes) -> Any:
    found = taken(raw)
    assert found.reply is not None
    assert (found.reply.status, found.reply.total) == (200, "3")
    assert json.loads(found.reply.body) == found.reply.content
    return found.reply.content


@pytest.mark.parametrize(
    ("content", "remains"),
    [
        ({"a": ACCESS, "b": 1}, {"b": 1}),
        ({"a": f"https://x.example/?t={ACCESS}#x"}, {}),
        ([1, ACCESS, [ACCESS, 2]], [1, [2]]),
        ({ACCESS: 1, f"x-{ACCESS}": {"y": 2}, "z": 3}, {"z": 3}),
        ({"a": [{"b": {"c": ACCESS}, "d": "access-token"}]}, {"a": [{"b": {}, "d": "access-token"}]}),
    ],
)
def test_token_is_taken_out_wherever_it_stands(content: Any, remains: Any) -> None:
    raw = json.dumps(content).encode()
    assert left(raw) == remains
    assert taken(raw).kinds == {HeldKind.ACCESS}


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps({"a": ODD}).encode(),
        json.dumps({"a": html.escape(ODD)}).encode(),
        json.dumps({"a": quote(ODD, safe="")}).encode(),
        json.dumps({"a": re.sub("%..", lambda found: found[0].lower(), quote(ODD, safe=""))}).encode(),
        json.dumps({"a": quote_plus(ODD)}).encode(),
        json.dumps({"a": ODD}).replace("/", "\\/").encode(),
        ('{"a": "' + "".join(f"\\u{ord(one):04x}" for one in ODD) + '"}').encode(),
        ('{"a": "' + "".join(f"\\u{ord(one):04X}" for one in ACCESS) + '"}').encode(),
        ('{"' + "".join(f"\\u{ord(one):04x}" for one in ACCESS) + '": 1}').encode(),
        ('{"a": "\\\\\\u00' + f"{ord('a'):02x}" + ACCESS[1:] + '"}').encode(),
    ],
)
def test_token_is_found_however_it_is_spelt(raw: bytes) -> None:
    assert left(raw) == {}


def test_token_that_is_given_twice_under_one_name_is_in_neither_place() -> None:
    assert left(f'{{"a": "{ACCESS}", "a": "fine"}}'.encode()) == {"a": "fine"}


@pytest.mark.parametrize(
    "raw",
    [
        b'{ "a" : 1.50 }',
        b'{"a": "too-short"}',
        b'{"a": "\\\\u0061ccess-token-0123456789"}',
        b'{"a": "n\\u00e4me \\ud83d\\ude00 \\n \\/"}',
        b'"sessionId is a word"',
        b"42",
    ],
)
def test_what_holds_nothing_stays_byte_for_byte(raw: bytes) -> None:
    found = taken(raw)
    assert found.reply is not None
    assert (found.reply.body, found.kinds) == (raw, frozenset())


def test_hidden_property_is_no_leak() -> None:
    raw = json.dumps({"sessionId": ACCESS, "a": {"sessionId": [1]}, "b": "ü"}).encode()
    found = taken(raw)
    assert found.reply is not None
    assert (found.reply.body, found.kinds) == ('{"a":{},"b":"ü"}'.encode(), frozenset())


def test_hidden_property_is_found_however_its_name_is_spelt() -> None:
    assert left(b'{"s\\u0065ssionId": 1, "b": 2}') == {"b": 2}


def test_half_a_character_stays_one() -> None:
    assert left(b'{"sessionId": 1, "a": "\\ud83d"}') == {"a": "\ud83d"}


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(ACCESS).encode(),
        b'{"sessionId": 1, "a": 1e999}',
        b'{"sessionId": 1, "a": ' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
def test_what_cannot_be_passed_on_is_not(raw: bytes) -> None:
    assert taken(raw).reply is None


def test_document_is_passed_on_whole_or_not_at_all() -> None:
    fine, bad = b"%PDF-1.7 \\\xff", b"%PDF-1.7 \xff" + ACCESS.encode()
    found = taken(fine, is_json=False)
    assert found.reply is not None
    assert found.reply.body == fine
    assert taken(bad, is_json=False) == Withheld(reply=None, kinds=frozenset({HeldKind.ACCESS}))
