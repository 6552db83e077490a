"""`bff demo` as a process of its own, and what it says before it waits."""

from __future__ import annotations

import os
import re
import subprocess
import sys

_OURS = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_URL")


def start(temporary: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start it, with a folder for what it leaves on the disk."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return subprocess.Popen(
        [sys.executable, "-m", "bff.cli", "demo", *arguments],
        env={**inherited, "TMPDIR": temporary, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    """Wait until it serves, and return what it has said."""
    assert process.stdout is not None
    assert process.stderr is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            return "".join(lines)
    raise AssertionError(f"the demo has ended: {''.join(lines)}{process.stderr.read()}")


def said_of(heading: str, text: str) -> str:
    """Return what it has said under a heading."""
    (found,) = re.findall(rf"^{re.escape(heading)}: +(.*)$", text, re.MULTILINE)
    return str(found)
