"""The guards that `tests/mutants` takes out: each still finds its place and its test."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from bff.audit.requirement import Met
from bff.audit.requirements import REQUIREMENTS
from tests.support.mutating import ROOT
from tests.support.mutation import Mutation
from tests.support.mutations import MUTATIONS


def wrong_without(mutation: Mutation) -> str | None:
    """Tell why a guard cannot be taken out: it is not there, or what is left of a module is no Python."""
    try:
        left = mutation.applied((ROOT / mutation.path).read_text())
        ast.parse(left if mutation.path.endswith(".py") else "")
    except ValueError as error:
        return str(error)
    except (OSError, SyntaxError) as error:
        return f"{mutation.guard}: {error}"
    return None


def test_guard_stands_where_the_list_says_and_python_stays_python_without_it() -> None:
    wrong = [told for mutation in MUTATIONS if (told := wrong_without(mutation))]
    assert not wrong, "\n".join(wrong)


@cache
def functions_of(file: str) -> frozenset[str]:
    """Return the names of the test functions at the top of a file; of none, where there is no such file."""
    path = ROOT / file
    module = ast.parse(path.read_text() if path.is_file() else "")
    return frozenset(node.name for node in module.body if isinstance(node, ast.FunctionDef))


def test_named_test_is_there() -> None:
    named = [(mutation.test, *mutation.test.split("::")) for mutation in MUTATIONS]
    missing = [test for test, file, name in named if name not in functions_of(file)]
    assert not missing, "\n".join(missing)


def test_guard_that_has_moved_or_stands_twice_is_told() -> None:
    mutation = Mutation(guard="a guard", path="x.py", old="check()", new="", test="x::y")
    assert mutation.applied("a\ncheck()\n") == "a\n\n"
    for text in ("a\n", "check() or check()\n"):
        with pytest.raises(ValueError, match="a guard"):
            mutation.applied(text)


def test_names_are_unique_and_files_are_of_the_program() -> None:
    assert len({mutation.guard for mutation in MUTATIONS}) == len(MUTATIONS) >= 15
    assert {Path(mutation.path).parts[0] for mutation in MUTATIONS} <= {"bff", "templates", "static"}


def test_every_requirement_that_is_met_has_a_mutant_among_its_tests() -> None:
    noticed = {mutation.test.partition("[")[0] for mutation in MUTATIONS}
    met = [(row.id, row.answer.tests) for row in REQUIREMENTS if isinstance(row.answer, Met)]
    assert len(met) > 100
    assert [name for name, tests in met if noticed.isdisjoint(test.partition("[")[0] for test in tests)] == []
