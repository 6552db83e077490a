"""That every shipped row has something to talk to: by its name, verb and path, with its bearers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from bff.sandbox.bearer import BearerKind
from bff.sandbox.storefront.handlers import SERVED
from bff.storefront.file import SETS

BY_NAME = {one.route.operation.value: one.route for one in SERVED}
TAKES = {
    "visitor": set(BearerKind),
    "public": set(BearerKind),
    "shared": {BearerKind.ANONYMOUS},
    "guest": {BearerKind.ANONYMOUS},
    "customer": {BearerKind.CUSTOMER},
}


def shipped() -> Iterator[dict[str, Any]]:
    for path in sorted(SETS.iterdir(), key=str):
        yield from tomllib.loads(path.read_text("utf-8"))["route"]


ROWS = {row["name"]: row for row in shipped()}


def test_neither_has_what_the_other_has_not() -> None:
    assert set(ROWS) == set(BY_NAME)


@pytest.mark.parametrize("name", ROWS)
def test_row_finds_its_operation(name: str) -> None:
    row, route = ROWS[name], BY_NAME[name]
    assert (route.method, route.path) == (row.get("upstream_method", row["method"]), row["upstream"])
    assert TAKES[row["bearer"]] <= route.accepts
