"""Cases that differ in little: each run of the tests goes through the first, tests/more through all the others too."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet


def alike(*cases: object, often: int = 1) -> list[ParameterSet]:
    """Mark all cases but the first `often` as `more`; a tuple holds the values of several parameters."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=() if number < often else pytest.mark.more)
        for number, case in enumerate(cases)
    ]
