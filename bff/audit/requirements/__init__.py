"""What the standards demand, a row each, and what this program answers; only the audit reads it.

The rows are data. Whether a 'met' still holds is not decided here but by the tests and guards that the row names.
"""

from __future__ import annotations

from typing import Final

from bff.audit.requirement import Requirement, Source
from bff.audit.requirements import (
    asvs_frontend,
    asvs_oauth,
    asvs_origins,
    asvs_sessions,
    back_channel_logout,
    browser_based_apps,
    browser_based_cookies,
    rfc9700,
)

_MODULES: Final = (
    browser_based_apps,
    browser_based_cookies,
    rfc9700,
    back_channel_logout,
    asvs_frontend,
    asvs_origins,
    asvs_sessions,
    asvs_oauth,
)


def _place(requirement: Requirement) -> tuple[int, list[int]]:
    return list(Source).index(requirement.source), [int(number) for number in requirement.section.split(".")]


REQUIREMENTS: Final[tuple[Requirement, ...]] = tuple(sorted((row for one in _MODULES for row in one.ROWS), key=_place))
"""By source and section, as a reader of the standard meets them."""
