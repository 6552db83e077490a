"""The demo, for documents that print what is to be typed against it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.documents import ROOT


@pytest.fixture(scope="session")
def demo_url() -> Iterator[str]:
    """Start the demo as the documents say, but for the port; return the shop's origin."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bff.cli", "demo", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        yield first.split()[-1].rstrip("/")
    finally:
        process.terminate()
        process.communicate()
