"""What is taken out of an answer: hidden properties, and the values of this session's tokens however they are spelt."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    (HeldKind.REFRESH, Secret("4711471147114711")),
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
    raw = f'{{"a": "{ACCESS}", "a": "fine"}}'.encode()
    assert left(raw) == {"a": "fine"}
    assert taken(raw).kinds == {HeldKind.ACCESS}


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


@pytest.mark.parametrize("text", ["ü", "\\", "plain"])
@pytest.mark.parametrize("inner", [1, [1], {"x": [ACCESS]}])
def test_hidden_property_is_no_leak(text: str, inner: Any) -> None:
    raw = json.dumps({"sessionId": ACCESS, "a": {"sessionId": inner}, "b": text}).encode()
    found = taken(raw)
    assert found.reply is not None
    assert (json.loads(found.reply.body), found.kinds) == ({"a": {}, "b": text}, frozenset())


def test_hidden_property_hides_no_leak_beside_it() -> None:
    found = taken(json.dumps({"sessionId": ACCESS, "a": ACCESS, "b": 1}).encode())
    assert found.reply is not None
    assert (found.reply.body, found.kinds) == (b'{"b":1}', frozenset({HeldKind.ACCESS}))


@given(
    content=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-9, 99)
        | st.floats(-9, 9)
        | st.text("ab ,:{}[]'", max_size=4)
        | st.just("sessionId"),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["sessionId", "sessionIds", "a", "b"]), inner, max_size=4)
        ),
        max_leaves=12,
    ),
    style=st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : "), ("\n,\t", "\r:\n")]),
    indent=st.sampled_from([None, 1]),
)
def test_hidden_properties_are_cut_out_as_they_are_taken_out(content: Any, style: Any, indent: int | None) -> None:
    # An escape makes the whole be read and written anew.
    raw = json.dumps({"sessionId": 1, "all": content}, separators=style, indent=indent)
    slow = json.dumps({"all": {"sessionId": 1, "x": content}, "y": "\\"}, separators=style, indent=indent)
    assert left(raw.encode()) == {"all": without_hidden(content)}
    assert left(slow.encode()) == {"all": {"x": without_hidden(content)}, "y": "\\"}


def without_hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_hidden(inner) for name, inner in value.items() if name != "sessionId"}
    return [without_hidden(inner) for inner in value] if isinstance(value, list) else value


def test_cut_leaves_the_rest_byte_for_byte() -> None:
    raw = b'{ "a" : 1.50, "sessionId" : "x" , "items":[{"sessionId":null},{"sessionId":1,"c":1e3}], "d":"sessionIdx" }'
    found = taken(raw)
    assert found.reply is not None
    assert found.reply.body == b'{ "a" : 1.50, "items":[{},{"c":1e3}], "d":"sessionIdx" }'


@pytest.mark.parametrize(
    "raw",
    [
        b'{"sessionId": "x", "sessionId": "y", "a": 1}',
        b'{"a": 1, "sessionId": "x", "sessionId": "y"}',
        b'{"a": 1, "sessionId": {"b": 1}}',
        b'{"a": 1, "sessionId": []}',
        b'{"sessionId": 1, "a": "sessionId"}',
        b'{"sessionId": "x\\", \\"y", "a": 1}',
    ],
)
def test_hidden_property_is_taken_out_whatever_it_is(raw: bytes) -> None:
    assert "sessionId" not in left(raw)
    assert left(raw)["a"] in (1, "sessionId")


def test_hidden_property_is_found_however_its_name_is_spelt() -> None:
    assert left(b'{"s\\u0065ssionId": 1, "b": 2}') == {"b": 2}


def test_half_a_character_stays_one() -> None:
    assert left(b'{"sessionId": 1, "a": "\\ud83d"}') == {"a": "\ud83d"}


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(ACCESS).encode(),
        b'{"a": 4711471147114711}',
        b'{"sessionId": "\\n", "a": 1e999}',
        b'{"sessionId": "\\n", "a": ' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
def test_what_cannot_be_passed_on_is_not(raw: bytes) -> None:
    assert taken(raw).reply is None


def test_document_is_passed_on_whole_or_not_at_all() -> None:
    fine, bad = b'%PDF-1.7 "sessionId": 1 \\\xff', b"%PDF-1.7 \xff" + ACCESS.encode()
    found = taken(fine, is_json=False)
    assert found.reply is not None
    assert found.reply.body == fine
    assert taken(bad, is_json=False) == Withheld(reply=None, kinds=frozenset({HeldKind.ACCESS}))
