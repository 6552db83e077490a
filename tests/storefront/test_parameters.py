"""The types take what they say, and no value that would leave its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.operations.model import Parameter
from bff.storefront.parameters import TYPES
from bff.storefront.reader import examine, read_storefront
from tests.support.storefront import changed, written

TAKES: dict[str, tuple[str, ...]] = {
    "id": ("8f2c", "A_b-1", "a" * 64),
    "word": ("SUMMER-25", "a.b", "..a"),
    "names": ("name", "name,code.de", "a,b,c"),
    "sort": ("name:asc", "-name,+code"),
    "q": ("name:~(a b)", "ä€😀", "a=b&c", "a/b"),
    "bool": ("true", "false"),
    "count": ("1", "999999999"),
    "index": ("0", "10"),
    "date": ("2026-01-31", "2026-01-31T10:00:00Z", "2026-01-31T10:00:00.123+02:00", "2026-01-31T10:00+02:00"),
    "country": ("DE",),
    "currency": ("EUR",),
    "language": ("de", "de-AT", "zh-Hant-TW"),
    "site": ("main", "shop.de"),
}
REFUSES: dict[str, tuple[str, ...]] = {
    "id": ("a.b", "a b", "a" * 65, "ä"),
    "word": (".", "..", "...", "a" * 65, "a,b"),
    "names": (",", "a,", ",a", "a,,b", "a" * 65, ",".join("a" * 60 for _ in range(9))),
    "sort": ("a b", "a" * 201, "a;b"),
    "q": ("a\nb", "a\tb", "a\x00", "\x7f", "\x9f", "a" * 2001, "\ud800"),
    "bool": ("True", "1", "yes"),
    "count": ("0", "01", "+1", "-1", "1.0", "1e3", "٣", "1000000000"),
    "index": ("00", "-1", "01", "٣"),
    "date": ("2026-1-1", "2026-01-31T10:00:00", "2026-01-31 10:00:00Z", "31.01.2026"),
    "country": ("de", "DEU", "D"),
    "currency": ("eur", "EU", "EURO"),
    "language": ("d", "de_AT", "de-", "*"),
    "site": (".", "..", "a/b", "a" * 129),
}


def parameter(kind: str, folder: Path) -> Parameter:
    text = changed(query=f'{{ a = "{kind}" }}')
    (operation,) = read_storefront(written(folder, text)).operations.values()
    return operation.parameter("a")


def test_every_type_is_tried() -> None:
    assert TAKES.keys() == REFUSES.keys() == TYPES.keys()


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_takes_what_it_says(kind: str, tmp_path: Path) -> None:
    read = parameter(kind, tmp_path)
    assert [value for value in TAKES[kind] if not read.admits(value)] == []
    assert read.admits(read.example)


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_takes_nothing_else(kind: str, tmp_path: Path) -> None:
    read = parameter(kind, tmp_path)
    anywhere = ("", " ", "a\n", "\n", "1\n", "true\n", "DE\n", "EUR\n", "de\n", "2026-01-31\n")
    assert [value for value in (*REFUSES[kind], *anywhere) if read.admits(value) and kind != "q"] == []
    assert [value for value in REFUSES[kind] if read.admits(value)] == []


@pytest.mark.parametrize("kind", [word for word, one in TYPES.items() if one.in_path])
@pytest.mark.parametrize("value", [".", "..", "a/b", "a%2fb", "%2e%2e", "a;b", "a?b", "a#b", "a\\b", "a\x00b", "\xe4"])
def test_no_part_of_a_path_leaves_its_place(kind: str, value: str, tmp_path: Path) -> None:
    text = changed(upstream='"/shipping/{tenant}/{a}"', path=f'{{ a = "{kind}" }}')
    (operation,) = read_storefront(written(tmp_path, text)).operations.values()
    assert not operation.parameter("a").admits(value)


@pytest.mark.parametrize("place", ["path", "query", "header"])
def test_example_for_a_name_that_will_not_do_is_one_that_does(place: str, tmp_path: Path) -> None:
    upstream = {"upstream": '"/shipping/{tenant}/windows/{cartId}"'} if place == "path" else {}
    (problem,) = [
        one
        for one in examine(written(tmp_path, changed(**upstream, **{place: '{ "a b" = "id" }'}))).problems
        if "is no name that fits here" in one.what
    ]
    assert not examine(written(tmp_path, changed(**upstream, **{place: f"{{ {problem.example} }}"}))).problems


def test_a_largest_number_and_listed_values_are_kept_to(tmp_path: Path) -> None:
    text = changed(query='{ size = { type = "count", max = 100 }, kind = { type = "word", values = ["a.b", "c"] } }')
    (operation,) = read_storefront(written(tmp_path, text)).operations.values()
    size, kind = operation.parameter("size"), operation.parameter("kind")
    assert [value for value in ("1", "100", "101", "0") if size.admits(value)] == ["1", "100"]
    # What is listed is no expression.
    assert [value for value in ("a.b", "c", "axb", "a.b|c", "d") if kind.admits(value)] == ["a.b", "c"]
