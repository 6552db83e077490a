"""Puts each requirement's answer to the test: do its tests exist, do its guards hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from bff.audit.requirement import Guard, Met, NotApplicable, Requirement
from bff.audit.tests_at_hand import TestsAtHand


class RequirementStatus(Enum):
    """How things are with one requirement."""

    MET = "met"
    DEVIATION = "deviation"
    NOT_APPLICABLE = "not applicable"
    BROKEN = "broken"
    """A guard that it rests on does not hold in this application."""
    UNPROVEN = "unproven"
    """A test that is named for it does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One requirement, judged."""

    requirement: Requirement
    status: RequirementStatus
    failed: tuple[Guard, ...] = ()
    """The guards that do not hold."""
    missing: tuple[str, ...] = ()
    """The tests that are named and do not exist."""


def judge(
    requirements: Iterable[Requirement], failed: Mapping[Guard, str], tests: TestsAtHand | None
) -> tuple[Verdict, ...]:
    """Return a verdict for each requirement.

    :param failed: what is wrong with each guard that does not hold
    :param tests: None: they are not at hand, so that nothing can be said about them
    """
    return tuple(_judged(requirement, failed, tests) for requirement in requirements)


def _judged(requirement: Requirement, failed: Mapping[Guard, str], tests: TestsAtHand | None) -> Verdict:
    answer = requirement.answer
    if isinstance(answer, NotApplicable):
        return Verdict(requirement=requirement, status=RequirementStatus.NOT_APPLICABLE)
    missing = tuple(name for name in answer.tests if tests is not None and name not in tests)
    usual = RequirementStatus.DEVIATION
    broken: tuple[Guard, ...] = ()
    if isinstance(answer, Met):
        usual = RequirementStatus.MET
        broken = tuple(guard for guard in answer.guards if guard in failed)
    status = RequirementStatus.BROKEN if broken else RequirementStatus.UNPROVEN if missing else usual
    if isinstance(answer, Met) and not answer.tests:
        status = RequirementStatus.BROKEN if broken else RequirementStatus.UNPROVEN
    return Verdict(requirement=requirement, status=status, failed=broken, missing=missing)
