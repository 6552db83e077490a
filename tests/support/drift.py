"""What differs between the lock and what is installed; `python -m tests.support.drift LOCK` prints it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

ABSENT = "none"
# What an environment holds without having been asked for it, and what is installed from the checkout.
_NOT_LOCKED = frozenset({"pip", "setuptools", "wheel", "emporix-bff"})


def canonical(name: str) -> str:
    """Return the one spelling of a package's name (packaging specification, 'Names and normalization')."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> dict[str, str]:
    """Read a lock: releases by canonical name.

    :raises ValueError: when a line is neither a comment nor `name==release`
    """
    releases = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, release = line.split("==")
            releases[canonical(name)] = release
    return releases


def installed() -> dict[str, str]:
    """Return the releases in the environment that runs this, by canonical name."""
    return {canonical(found.name): found.version for found in metadata.distributions()}


def drift(locked: Mapping[str, str], installed: Mapping[str, str]) -> list[str]:
    """Return a line for each package whose release is another one than the lock's, `name: locked -> installed`."""
    return [
        f"{name}: {locked.get(name, ABSENT)} -> {installed.get(name, ABSENT)}"
        for name in sorted({*locked, *installed} - _NOT_LOCKED)
        if locked.get(name) != installed.get(name)
    ]


if __name__ == "__main__":
    lines = drift(locked(Path(sys.argv[1]).read_text()), installed())
    print("\n".join(lines) or "nothing differs from the lock")
