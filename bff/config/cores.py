"""How many cores this process may use: what a container allows, not what the machine has.

Sources: sched_getaffinity(2); `cpu.max` of cgroup v2 (Linux, admin-guide/cgroup-v2) and `cpu.cfs_quota_us` of v1
(scheduler/sched-bwc).
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path("/")
_MOUNT: Final = "sys/fs/cgroup"


def usable_cores(root: Path = ROOT) -> int:
    """Return the smaller of the cores that the scheduler may choose from and the quota, rounded up; at least 1.

    :param root: where `proc` and `sys` lie
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([allowed, *(math.ceil(quota) for quota in _quotas(root))]))


def _quotas(root: Path) -> Iterator[float]:
    """Find the limits of this process's group and of every group around it, each in cores."""
    # A line is `hierarchy:controllers:path`; v2 has the one hierarchy 0, which names no controllers.
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        mount = root / _MOUNT / "cpu" if controllers else root / _MOUNT
        inside = PurePosixPath(path.lstrip("/"))
        for group in (mount / inside, *(mount / outer for outer in inside.parents)):
            text = (
                f"{_text(group / 'cpu.cfs_quota_us')} {_text(group / 'cpu.cfs_period_us')}"
                if controllers
                else _text(group / "cpu.max")
            )
            # No limit is written as `max`, in v1 as -1.
            if found := re.fullmatch(r"([0-9]+)\s+([1-9][0-9]*)", text.strip()):
                yield int(found[1]) / int(found[2])


def _text(path: Path) -> str:
    """Read a file of the kernel's; one that is not there says nothing."""
    try:
        return path.read_text("ascii")
    except OSError:
        return ""
