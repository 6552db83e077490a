"""The guards that `tests/mutants` takes out: each still finds its place and its test."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.mutating import ROOT
from tests.support.mutations import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.guard)
def test_guard_stands_where_the_list_says_and_python_stays_python_without_it(mutation: Mutation) -> None:
    left = mutation.applied((ROOT / mutation.path).read_text())
    ast.parse(left)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.guard)
def test_named_test_is_there(mutation: Mutation) -> None:
    file, _, name = mutation.test.partition("::")
    functions = {node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)}
    assert name in functions


def test_guard_that_has_moved_or_stands_twice_is_told() -> None:
    mutation = Mutation(guard="a guard", path="x.py", old="check()", new="", test="x::y")
    assert mutation.applied("a\ncheck()\n") == "a\n\n"
    for text in ("a\n", "check() or check()\n"):
        with pytest.raises(ValueError, match="a guard"):
            mutation.applied(text)


def test_names_are_unique_and_files_are_of_the_program() -> None:
    assert len({mutation.guard for mutation in MUTATIONS}) == len(MUTATIONS) >= 15
    assert all(Path(mutation.path).parts[0] == "bff" for mutation in MUTATIONS)
