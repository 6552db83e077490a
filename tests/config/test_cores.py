"""Workers are counted by what this process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bff.config.cores import usable_cores


def machine(root: Path, group: str, **files: str) -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(group)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("max 100000", 8), ("200000 100000", 2), ("150000 100000", 2), ("5000 100000", 1), ("1600000 100000", 8)],
)
def test_quota_of_a_container_counts_and_is_rounded_up(tmp_path: Path, quota: str, cores: int) -> None:
    assert usable_cores(machine(tmp_path, "0::/\n", **{"cpu.max": f"{quota}\n"})) == cores


def test_smallest_quota_of_all_groups_around_counts(tmp_path: Path) -> None:
    files = {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "300000 100000\n", "cpu.max": "max 100000\n"}
    assert usable_cores(machine(tmp_path, "0::/a/b\n", **files)) == 3


def test_quota_of_the_older_groups_counts(tmp_path: Path) -> None:
    files = {"cpu/a/cpu.cfs_quota_us": "400000\n", "cpu/a/cpu.cfs_period_us": "100000\n"}
    group = "7:memory:/a\n4:cpu,cpuacct:/a\n0::/\n"
    assert usable_cores(machine(tmp_path, group, **files)) == 4


def test_unlimited_older_group_leaves_all_cores(tmp_path: Path) -> None:
    files = {"cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"}
    assert usable_cores(machine(tmp_path, "4:cpu,cpuacct:/a\n", **files)) == 8


def test_cores_that_the_scheduler_may_not_choose_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert usable_cores(machine(tmp_path, "0::/\n", **{"cpu.max": "400000 100000\n"})) == 1


def test_machine_without_groups_has_the_cores_of_the_scheduler(tmp_path: Path) -> None:
    assert usable_cores(tmp_path) == 8
