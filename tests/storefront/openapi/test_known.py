"""What the vendor's documents said, beside the shipped sets that were written from them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bff.operations.model import Operation
from bff.storefront.file import SETS, shipped_sets
from bff.storefront.model import Storefront
from bff.storefront.openapi.known import DOCUMENTS, Facts, Key, facts_of_row, key_of, known_documents
from bff.storefront.reader import examine_text
from bff.storefront.refused import REFUSED
from tests.support.vendor import CART
from tests.support.vendor_snapshot import as_text, facts_in

OFFERED_OTHERWISE = {
    "create", "customerId", "customerNumber", "includeInactive", "params", "sessionId", "showUnpublished",
}  # fmt: skip
"""Queries that no row takes: what only the session says, what no shopper may see, and what is no parameter at all."""


@pytest.fixture(scope="module")
def storefront() -> Storefront:
    return examine_text(f"format = 1\nsets = {list(shipped_sets())}\n").storefront


@pytest.fixture(scope="module")
def known() -> dict[Key, Facts]:
    return {key: facts for document in known_documents() for key, facts in document.operations.items()}


def rows_with(storefront: Storefront, known: dict[Key, Facts]) -> list[tuple[Operation, Facts]]:
    return [(row, known[key_of(row.method, row.path)]) for row in storefront.operations.values()]


def test_every_row_is_an_operation_of_the_vendors(storefront: Storefront, known: dict[Key, Facts]) -> None:
    missing = [row.name for row in storefront.operations.values() if key_of(row.method, row.path) not in known]
    assert missing == []


def test_rows_take_the_queries_that_there_are(storefront: Storefront, known: dict[Key, Facts]) -> None:
    for row, facts in rows_with(storefront, known):
        mine = facts_of_row(row).query
        assert mine <= facts.query, row.name
        assert facts.query - mine <= OFFERED_OTHERWISE, row.name


def test_rows_succeed_as_the_vendor_says(storefront: Storefront, known: dict[Key, Facts]) -> None:
    assert [row.name for row, facts in rows_with(storefront, known) if facts_of_row(row).success != facts.success] == []


def test_rows_have_the_bodies_that_there_are(storefront: Storefront, known: dict[Key, Facts]) -> None:
    assert [row.name for row, facts in rows_with(storefront, known) if facts_of_row(row).body != facts.body] == []


def test_what_is_refused_by_name_is_an_operation_of_the_vendors(known: dict[Key, Facts]) -> None:
    assert [one.upstream for one in REFUSED if key_of(one.method, one.upstream) not in known] == []


def test_sets_name_the_documents_that_have_their_rows(storefront: Storefront) -> None:
    by_folder = {Path(document.path).parent.parent.name: document for document in known_documents()}
    for name, source in storefront.sources.items():
        named = source.partition(": ")[2].split(", ")
        there = {key for folder in named for key in by_folder[folder].operations}
        rows = [one for one in storefront.operations.values() if one.declared and one.declared.set_name == name]
        assert {key_of(row.method, row.path) for row in rows} <= there, name
        # And none in vain.
        for folder in named:
            assert any(key_of(row.method, row.path) in by_folder[folder].operations for row in rows), folder


def test_vendors_names_of_operations_are_those_of_no_other(storefront: Storefront) -> None:
    ids = [row.contract_id for row in storefront.operations.values()]
    assert len(set(ids)) == len(ids)
    verbs = {row.name for row in storefront.operations.values() if not row.contract_id.startswith(f"{row.method}-")}
    # The vendor has none for the one, and another verb for the other.
    assert verbs == {"orders", "delivery_window_validate"}


def test_file_is_as_it_would_be_written() -> None:
    written = as_text((document.path, document.operations.values()) for document in known_documents())
    assert written == DOCUMENTS.read_text("utf-8")


def test_all_sets_are_of_the_same_commit() -> None:
    commits = {re.findall(r"@([0-9a-f]+) ", path.read_text("utf-8"))[0] for path in SETS.glob("*.toml")}
    assert len(commits) == 1


def test_names_of_path_parameters_make_no_difference() -> None:
    assert key_of("GET", "/a/{tenant}/b/{id}") == key_of("GET", "/a/{t}/b/{bId}") != key_of("GET", "/a/{t}/{b}/id")


def test_a_document_is_read_as_it_is_kept() -> None:
    (cart, *_) = facts_in(CART)
    assert cart == Facts(
        title="GET /cart/{tenant}/carts",
        query=frozenset({"sessionId", "customerId", "siteCode", "legalEntityId", "create", "countryCode"}),
        success=(200,),
        body="none",
    )
