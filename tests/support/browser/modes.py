"""The ways in which a journey is made: over http or https, with scripts or without."""

from __future__ import annotations

from enum import Enum

import pytest


class Mode(Enum):
    """How a shop is reached and read."""

    HTTP_WITH_SCRIPTS = "http with scripts"
    HTTP_WITHOUT = "http without"
    HTTPS_WITHOUT = "https without"

    @property
    def is_secure(self) -> bool:
        return self is Mode.HTTPS_WITHOUT

    @property
    def has_scripts(self) -> bool:
        return self is Mode.HTTP_WITH_SCRIPTS


OFTEN = (Mode.HTTP_WITH_SCRIPTS, Mode.HTTPS_WITHOUT)
"""What each run of the tests goes through; the third differs from either in one thing, and waits for tests/more."""
MODES = [
    pytest.param(mode, marks=() if mode in OFTEN else pytest.mark.more, id=mode.value.replace(" ", "-"))
    for mode in Mode
]

in_one_mode = pytest.mark.parametrize("mode", [Mode.HTTP_WITHOUT], indirect=True, ids=lambda mode: mode.value)
"""For what is the same in every mode."""
