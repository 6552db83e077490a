"""What the JSON reader accepts, what it refuses, and that it never fails in another way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.errors import InvalidInput
from bff.operations.json_body import MAX_NESTING, MAX_NUMBER_CHARACTERS, JsonValue, parse_json, printable_name

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**50), max_value=10**50)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
SPLICES = st.sampled_from(
    [
        b'"',
        b"\\",
        b"\\u",
        b"\\ud800",
        b"[",
        b"{",
        b"]",
        b"}",
        b",",
        b":",
        b"NaN",
        b"-",
        b"1e999",
        b"\xff",
        b"9" * 5000,
        b"[" * 5000,
        b'{"a":' * 5000,
        b'\\"' * 5000,
        b"\xef\xbb\xbf",
        b"\x00",
        b"\n",
    ]
)


def refusal(body: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse_json(body)
    return caught.value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, -2.5, true, null]}', {"a": [1, -2.5, True, None]}),
        (b' "x"\r\n', "x"),
        (b"[]", []),
        (b"null", None),
        ('"\u00fc"'.encode(), "\u00fc"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'{"a": {"b": 1}, "b": 2}', {"a": {"b": 1}, "b": 2}),
        (b'"[[[["', "[[[["),
    ],
)
def test_json_is_read(body: bytes, value: JsonValue) -> None:
    assert parse_json(body) == value


@settings(max_examples=150, deadline=None, database=None)
@given(value=ANY_JSON, ascii_only=st.booleans())
def test_what_is_written_as_json_is_read_back(value: JsonValue, ascii_only: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"\xff\xfe{\x00}\x00", "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'{"a": "\xe4"}', "UTF-8"),
        (b"{", "not valid JSON"),
        (b"{} {}", "not valid JSON"),
        (b"{'a': 1}", "not valid JSON"),
        (b'{"a": 1,}', "not valid JSON"),
        (b"[01]", "not valid JSON"),
        (b'"a\nb"', "not valid JSON"),
        (b'"open', "not valid JSON"),
        (b"]", "not valid JSON"),
        (b"// c\n{}", "not valid JSON"),
        ("[\u0661]".encode(), "not valid JSON"),
        (b"[NaN]", "NaN"),
        (b"Infinity", "NaN"),
        (b"-Infinity", "NaN"),
        (b"[1e999]", "too large"),
        (b"-1e999", "too large"),
        (b'"\\ud800"', "surrogate"),
        (b'["x", {"a": "\\udc00\\ud800"}]', "surrogate"),
        (b'{"\\ud800": 1}', "surrogate"),
        (b'{"a": 1, "a": 1}', '"a"'),
        (b'{"a": 1, "\\u0061": 2}', '"a"'),
        (b'[{"b": {"deep": 1, "deep": null}}]', '"deep"'),
        (b"9" * 5000, "characters long"),
        (b"-" + b"9" * 5000, "characters long"),
        (b"0." + b"9" * 5000, "characters long"),
    ],
)
def test_ambiguous_or_broken_text_is_refused_with_its_reason(body: bytes, word: str) -> None:
    (detail,) = refusal(body).details
    assert word in detail.message
    assert detail.type in {"invalid_value", "missing_value"}


def test_the_place_of_a_syntax_error_is_named() -> None:
    assert "line 2, column 6" in str(refusal(b'{\n"a": }'))


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_limited_to_the_stated_level(opening: str, closing: str) -> None:
    def nested(levels: int) -> bytes:
        return (opening * levels + "1" + closing * levels).encode()

    assert parse_json(nested(MAX_NESTING)) is not None
    assert "nested" in str(refusal(nested(MAX_NESTING + 1)))
    assert "nested" in str(refusal(nested(100_000)))


def test_brackets_inside_a_string_are_no_nesting() -> None:
    assert parse_json(b'["' + b"[" * 100 + b'\\"' + b"{" * 100 + b'"]') is not None


def test_siblings_are_no_nesting() -> None:
    assert parse_json(b"[" + b"[]," * 100 + b"[]]") == [[]] * 101


def test_number_of_the_greatest_length_is_read() -> None:
    assert parse_json(b"1" * MAX_NUMBER_CHARACTERS) == int("1" * MAX_NUMBER_CHARACTERS)


@pytest.mark.parametrize("name", ["n" * 65, "a\tb", "\u202eabc"])
def test_long_or_unprintable_name_given_twice_is_not_repeated(name: str) -> None:
    body = f"{{{json.dumps(name)}: 1, {json.dumps(name)}: 2}}".encode()
    assert "a property is given more than once" in str(refusal(body))
    assert name not in str(refusal(body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "canary", "a": "canary"}',
        b'{"a": "canary"',
        b'{"a": "canary\xff"}',
        b'{"a": canary}',
        b'"canary\\ud800"',
        b'\xef\xbb\xbf"canary"',
        b'["canary", NaN]',
    ],
)
def test_values_are_never_repeated(body: bytes) -> None:
    error = refusal(body)
    assert "canary" not in f"{error} {error.details} {error.args}"
    assert error.__suppress_context__ or error.__context__ is None


@settings(max_examples=300, deadline=None, database=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    read_or_refuse(body)


@settings(max_examples=300, deadline=None, database=None)
@given(value=ANY_JSON, splices=st.lists(st.tuples(st.integers(0, 10_000), SPLICES), min_size=1, max_size=4))
def test_damaged_json_is_read_or_refused(value: JsonValue, splices: list[tuple[int, bytes]]) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    for position, splice in splices:
        at = position % (len(body) + 1)
        body = body[:at] + splice + body[at:]
    read_or_refuse(body)


def read_or_refuse(body: bytes) -> None:
    """Anything but a value that JSON can carry on, or an `InvalidInput`, fails the test."""
    try:
        value = parse_json(body)
    except InvalidInput:
        return
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("name", "shown"), [("nickname", True), ("x" * 64, True), ("x" * 65, False), ("", False), ("a\nb", False)]
)
def test_only_short_printable_names_are_shown(name: str, shown: bool) -> None:
    assert printable_name(name) == (name if shown else None)
