"""A requirement is met only if the tests that are named for it exist; where there are no tests at all, that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.audit.report import audit
from bff.audit.requirement import Deviation, Met, NotApplicable, Requirement, Source
from bff.audit.requirements import REQUIREMENTS
from bff.audit.tests_at_hand import TestsAtHand, find_tests
from bff.audit.text import as_text
from bff.audit.verdicts import RequirementStatus, judge
from tests.support.audit.audit_parts import CHECKOUT, build

HERE = "tests/audit/test_audit_tests_at_hand.py"
THIS = f"{HERE}::test_test_that_does_not_exist_proves_nothing"


class TestHeldByAClass:
    def test_inside(self) -> None:
        assert f"{HERE}::TestHeldByAClass::test_inside" in at_hand()
        assert f"{HERE}::test_inside" in at_hand()


def at_hand() -> TestsAtHand:
    tests = find_tests(CHECKOUT)
    assert tests is not None
    return tests


def checkout_in(folder: Path, pyproject: bytes = b'[project]\nname = "emporix-bff"\n') -> Path:
    """Make a folder look like a checkout without any test."""
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_bytes(pyproject)
    return folder


def row(*tests: str, slug: str = "", deviation: bool = False) -> Requirement:
    answer = Deviation(reason="Because.", tests=tests) if deviation else Met(tests=tests)
    return Requirement(
        source=Source.ASVS_V3, section="3.3.4", slug=slug, level="L2", demands="Something.", answer=answer
    )


@pytest.mark.parametrize("case", ["[one]", "[two-three]", ""])
def test_parametrized_test_counts_by_its_name(case: str) -> None:
    assert f"{HERE}::test_parametrized_test_counts_by_its_name{case}" in at_hand()


@pytest.mark.parametrize(
    "name",
    [
        f"{HERE}::test_nothing_of_the_kind",
        f"{HERE}::at_hand",
        f"{HERE}::TestHeldByAClass::test_outside",
        f"{HERE}::TestAnotherClass::test_inside",
        f"{HERE}",
        "tests/audit/test_nothing_there.py::test_inside",
        "tests/support/audit/audit_parts.py::build",
        "bff/audit/tests_at_hand.py::find_tests",
        "tests/../tests/audit/test_audit_tests_at_hand.py::test_inside",
        "",
    ],
)
def test_name_that_no_test_has_is_not_found(name: str) -> None:
    assert name not in at_hand()


def test_state_machine_counts_by_the_name_of_its_test_case(tmp_path: Path) -> None:
    checkout_in(tmp_path)
    (tmp_path / "tests/test_machine.py").write_text("TestMachine = Machine.TestCase\nTestNothing = 3\n")
    tests = find_tests(tmp_path)
    assert tests is not None
    assert "tests/test_machine.py::TestMachine" in tests
    assert "tests/test_machine.py::TestNothing" not in tests


def test_test_that_does_not_exist_proves_nothing() -> None:
    gone = "tests/web/middleware/test_headers.py::test_that_somebody_renamed"
    rows = (row(THIS, slug="good"), row(THIS, gone, slug="bad"), row(gone, slug="deviation", deviation=True))
    report = audit(build(), requirements=rows, checkouts=[CHECKOUT])
    assert [verdict.status for verdict in report.verdicts] == [
        RequirementStatus.MET,
        RequirementStatus.UNPROVEN,
        RequirementStatus.UNPROVEN,
    ]
    assert [verdict.missing for verdict in report.verdicts] == [(), (gone,), (gone,)]
    assert report.findings == 2
    assert f"no such test: {gone}" in as_text(report)


def test_answer_without_any_test_is_unproven() -> None:
    (verdict,) = judge([row()], {}, None)
    assert verdict.status is RequirementStatus.UNPROVEN


def test_deviation_needs_no_test() -> None:
    (verdict,) = judge([row(deviation=True)], {}, at_hand())
    assert verdict.status is RequirementStatus.DEVIATION


def test_one_named_test_less_flips_exactly_its_verdict() -> None:
    tests = at_hand()
    before = judge(REQUIREMENTS, {}, tests)

    class OneLess(TestsAtHand):
        def __contains__(self, node_id: object) -> bool:
            return node_id != THIS and node_id in tests

    rows = (*REQUIREMENTS, row(THIS, slug="planted"))
    *after, planted = judge(rows, {}, OneLess(CHECKOUT))
    assert tuple(after) == before
    assert planted.status is RequirementStatus.UNPROVEN


def test_every_row_names_tests_that_exist() -> None:
    missing = {one.requirement.id: one.missing for one in judge(REQUIREMENTS, {}, at_hand()) if one.missing}
    assert missing == {}


def test_every_row_has_an_id_of_its_own_and_an_answer() -> None:
    ids = [one.id for one in REQUIREMENTS]
    assert len(set(ids)) == len(ids)
    assert {one.source for one in REQUIREMENTS} == set(Source)
    for one in REQUIREMENTS:
        match one.answer:
            case Met(tests=tests):
                assert tests, one.id
            case Deviation(reason=reason) | NotApplicable(reason=reason):
                assert reason, one.id


def test_first_folder_that_is_a_checkout_counts(tmp_path: Path) -> None:
    installed, checkout, another = tmp_path / "installed", tmp_path / "checkout", tmp_path / "another"
    installed.mkdir()
    checkout_in(checkout)
    (checkout / "tests/test_here.py").write_text("def test_one(): ...\ndef test_two(): ...\n")
    checkout_in(another)
    tests = find_tests(installed, checkout, another)
    assert tests is not None
    assert (tests.count, "tests/test_here.py::test_one" in tests) == (2, True)


@pytest.mark.parametrize(
    "pyproject",
    [
        b"",
        b'[project]\nname = "another-project"\n',
        b'name = "emporix-bff"\n',
        b'project = "emporix-bff"\n',
        b'[project]\nname = ["emporix-bff"]\n',
        b'[project]\n# name = "emporix-bff"\n',
        b'[project]\nname = "emporix-bff\n',
        b'[project]\nname = "\xff"\n',
    ],
)
def test_folder_of_another_project_is_no_checkout(tmp_path: Path, pyproject: bytes) -> None:
    assert find_tests(checkout_in(tmp_path, pyproject)) is None


def test_checkout_without_tests_is_none(tmp_path: Path) -> None:
    checkout_in(tmp_path)
    (tmp_path / "tests").rmdir()
    assert find_tests(tmp_path) is None


def test_installed_without_its_tests_the_program_says_so(tmp_path: Path) -> None:
    # Anybody's `tests` may lie beside an installed package.
    (tmp_path / "tests").mkdir()
    assert find_tests(tmp_path) is None
    report = audit(build(), requirements=[row("tests/test_x.py::test_y")], checkouts=[tmp_path])
    assert report.tests is None
    assert report.count(RequirementStatus.MET) == 1
    assert report.findings == 0
    assert "The tests are not at hand" in as_text(report)
