"""Puts each requirement's answer to the test: do its tests exist, do its guards hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from bff.audit.requirement import Guard, Met, NotApplicable, Requirement
from bff.audit.tests_at_hand import TestsAtHand


class Standing(Enum):
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
    standing: Standing
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
        return Verdict(requirement=requirement, standing=Standing.NOT_APPLICABLE)
    missing = tuple(name for name in answer.tests if tests is not None and name not in tests)
    usual = Standing.DEVIATION
    broken: tuple[Guard, ...] = ()
    if isinstance(answer, Met):
        usual = Standing.MET
        broken = tuple(guard for guard in answer.guards if guard in failed)
    standing = Standing.BROKEN if broken else Standing.UNPROVEN if missing else usual
    if isinstance(answer, Met) and not answer.tests:
        standing = Standing.BROKEN if broken else Standing.UNPROVEN
    return Verdict(requirement=requirement, standing=standing, failed=broken, missing=missing)
