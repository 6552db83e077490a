"""The lock names every package that is needed, at a release that is allowed; what drifts from it is told."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from tests.support.drift import canonical, drift, installed, locked

ROOT = Path(__file__).parent.parent
LOCK = ROOT / ".ci" / "constraints.txt"


def asked_for() -> list[Requirement]:
    """Return what pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["test"],
    ]
    return [Requirement(line) for line in lines]


def needed(requirements: Iterable[Requirement], extras: Iterable[str] = ("",)) -> Iterator[Requirement]:
    """Pass on those that this platform needs."""
    for requirement in requirements:
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement


def closure() -> list[Requirement]:
    """Return what is asked for, what that asks for, and so on: as far as the locked releases are the installed ones."""
    releases, here = locked(LOCK.read_text()), installed()
    found, seen = list(needed(asked_for())), set[tuple[str, ...]]()
    for requirement in found:
        name = canonical(requirement.name)
        if (name, *requirement.extras) in seen or here.get(name) != releases.get(name):
            continue
        seen.add((name, *requirement.extras))
        theirs = [Requirement(line) for line in metadata.requires(name) or ()]
        found.extend(needed(theirs, ("", *requirement.extras)))
    return found


def test_lock_holds_exact_releases_and_nothing_else() -> None:
    lines = [line for line in LOCK.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)] == []
    assert len(locked("\n".join(lines))) == len(lines)


def test_lock_has_a_release_that_will_do_for_everything_that_is_needed() -> None:
    releases = locked(LOCK.read_text())
    wanted = closure()
    assert len(wanted) > len(asked_for())
    assert [str(one) for one in wanted if canonical(one.name) not in releases] == []
    assert [str(one) for one in wanted if not one.specifier.contains(releases[canonical(one.name)])] == []


def test_drift_is_told_package_by_package() -> None:
    before = locked("# comment\nFlask==3.1.3\npydantic_core==2.50.5\nBabel==2.17.0\nWTForms==3.2.1\n")
    now = {"flask": "3.1.3", "pydantic-core": "2.51.0", "wtforms": "3.2.1", "new-one": "1.0", "pip": "26.0"}
    assert drift(before, now) == ["babel: 2.17.0 -> none", "new-one: none -> 1.0", "pydantic-core: 2.50.5 -> 2.51.0"]
    assert drift(before, before) == []
