"""What the storefront's document says of the file is what reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bff.storefront.reader import examine
from bff.storefront.words import BEARERS
from tests.support.documents import document, first_cells, section
from tests.support.storefront_tables import tables, with_tables

STOREFRONT = document("storefront.md")


@pytest.mark.parametrize("heading", tables())
def test_each_table_is_as_the_model_has_it(heading: str) -> None:
    assert tables()[heading] in section(STOREFRONT, heading)


def test_writing_the_tables_anew_changes_nothing() -> None:
    assert with_tables(STOREFRONT) == STOREFRONT


def test_every_bearer_is_explained_and_no_other() -> None:
    rows = section(STOREFRONT, "Bearers")
    assert re.findall(r"`([a-z]+)`", "\n".join(first_cells(rows))) == list(BEARERS)


def test_the_example_is_a_file_that_nothing_is_wrong_with(tmp_path: Path) -> None:
    example = re.findall(r"```toml\n(.*?)```", STOREFRONT, re.DOTALL)[0]
    (tmp_path / "storefront.toml").write_text(example, "utf-8")
    found = examine(tmp_path / "storefront.toml")
    assert not found.problems
    assert list(found.storefront.operations) == ["cart_item_add"]
