"""The line of each value is found, whatever stands around it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.storefront.lines import TooMuchError, lines_of
from bff.storefront.problems import Place

TEXT = '''# a comment, with [[route]]
format = 1

sets = [
    "a",  # one "
    'b',

    """c
[[route]]
""",
    "d",
]
"quoted name" = 1
"esc\\u0061ped" = 2

[sign_in]
merge_carts = true

[[route]]
name = "first"  # = "not this"
query = { a = "id", b = { type = "count", max = 3 }, c = 1.5 }
text = """a
\\"""
x = 1
"""
after = 1

[[route]]  # second
name = 'a'
list = [{ a = 1 },
    { b = [1.5, 2.5,
        3.5], c = @@@
@@@ },
]
[route.path]
id = "id"
[route.query.siteCode]
type = "site"

[[route]]
a.b.c = 1
a.b.d = 2
'''.replace("@@@", "'" * 3)
EXPECTED: dict[Place, int] = {
    ("format",): 2,
    ("sets",): 4,
    ("sets", 0): 5,
    ("sets", 1): 6,
    ("sets", 2): 8,
    ("sets", 3): 11,
    ("quoted name",): 13,
    ("escaped",): 14,
    ("sign_in",): 16,
    ("sign_in", "merge_carts"): 17,
    ("route", 0): 19,
    ("route", 0, "name"): 20,
    ("route", 0, "query", "b", "max"): 21,
    ("route", 0, "query", "c"): 21,
    ("route", 0, "after"): 26,
    ("route", 1): 28,
    ("route", 1, "name"): 29,
    ("route", 1, "list", 0, "a"): 30,
    ("route", 1, "list", 1, "b", 1): 31,
    ("route", 1, "list", 1, "b", 2): 32,
    ("route", 1, "list", 1, "c"): 32,
    ("route", 1, "path", "id"): 36,
    ("route", 1, "query", "siteCode", "type"): 38,
    ("route", 2, "a", "b", "d"): 42,
}


def test_the_text_is_toml() -> None:
    assert len(tomllib.loads(TEXT)["route"]) == 3


@pytest.mark.parametrize("place", EXPECTED, ids=str)
def test_each_value_has_its_line(place: Place) -> None:
    assert lines_of(TEXT).of(place) == EXPECTED[place]


def test_what_has_no_line_is_where_it_is_in() -> None:
    lines = lines_of(TEXT)
    assert lines.of(("route", 1, "bearer")) == 28
    assert lines.of(("nothing",)) is None
    assert lines.of(()) is None


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*place, name)
        yield from places(one, (*place, name))


def test_every_value_of_the_text_has_a_line_of_its_own() -> None:
    assert set(places(tomllib.loads(TEXT))) == set(lines_of(TEXT).by_place)


WORDS = st.sampled_from(["a", "b", "c", "route", '"d e"', "'f'", '"\\u0067"'])
STRINGS = st.text(st.sampled_from(list("ab\"'\\#[]{}=,.\n ")), max_size=12)


def multi_line(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{escaped}"""'


@st.composite
def values(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.sampled_from(["string", "literal", "number", "array", "table"] if depth < 3 else ["number"]))
    if kind == "string":
        return multi_line(draw(STRINGS))
    if kind == "literal":
        # What ends in a quote, or holds three, cannot be written so.
        return "'''" + draw(STRINGS).replace("'", "") + "'''"
    if kind == "number":
        return draw(st.sampled_from(["1", "-1.5", "1e3", "true", "2026-01-31T10:00:00Z"]))
    inner = draw(st.lists(values(depth=depth + 1), max_size=3))
    if kind == "array":
        return "[" + ",".join(f"\n  {one}  # , ]\n" for one in inner) + "]"
    return "{" + ", ".join(f"{word} = {one}" for word, one in zip("xyz", inner, strict=False)) + "}"


@given(st.lists(values(), max_size=6), st.lists(WORDS, max_size=6))
def test_every_value_of_any_file_has_the_line_that_its_name_stands_on(written: list[str], names: list[str]) -> None:
    """Each value is a row's own, behind whatever the ones before it are."""
    text, starts = "", []
    for number, value in enumerate(written):
        starts.append((text.count("\n") + 2, number))
        name = names[number] if number < len(names) else "k"
        text += f"[[row]]\n{name} = {value}\n# [[row]] '''\n"
    parsed = tomllib.loads(text)
    lines = lines_of(text)
    for start, number in starts:
        (name,) = parsed["row"][number]
        assert lines.of(("row", number, name)) == start
    assert set(places(parsed)) == set(lines.by_place)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\n" + ".".join("bbbbbbbbb") + " = 1", 2),
        ("\n\n[" + ".".join("bbbbbbbbb") + "]", 3),
        ("a = [\n[[[[[[[[", 2),
        ("a = [\n{a={a={a={a={a={a={a={a=1", 2),
        ("a = [" + "1,\n" * 1001, 1001),
        ("[[a]]\n" * 1001, 1001),
        ("a = 1\nb = " + "1" * 201, 2),
    ],
)
def test_what_costs_too_much_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(TooMuchError) as caught:
        lines_of(text)
    assert caught.value.line == line
