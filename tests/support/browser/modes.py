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


in_one_mode = pytest.mark.parametrize("mode", [Mode.HTTP_WITHOUT], indirect=True, ids=lambda mode: mode.value)
"""For what is the same in every mode."""
