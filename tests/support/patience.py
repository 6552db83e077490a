"""Waits for what another thread or process brings about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_PATIENCE_SECONDS: Final = 120.0
_LOOKS_EVERY_SECONDS: Final = 0.005


def eventually(holds: Callable[[], object], told: Callable[[], object] = str) -> None:
    """Wait until it holds, as long as that may take on a busy machine; `told` says more where it does not."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(_LOOKS_EVERY_SECONDS)
