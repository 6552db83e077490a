"""Whether another machine's clock and this one's agree."""

from __future__ import annotations

from typing import Final

from bff.commands.checks.finding import Finding, Topic, ok, warning

MOST_SECONDS_APART: Final = 5.0
"""Less than any lifetime here, and more than a slow answer makes of it."""


def clock_finding(topic: Topic, whose: str, ahead: float, doubt: float = 0.0) -> Finding:
    """Say whether two clocks agree.

    :param ahead: by how many seconds the other one is ahead
    :param doubt: by how many seconds that may be wrong
    """
    if abs(ahead) > MOST_SECONDS_APART + doubt:
        side = "ahead of" if ahead > 0 else "behind"
        return warning(
            topic,
            f"{whose}'s clock is {abs(ahead):.0f} s {side} this machine's",
            "Let both keep time by NTP: lifetimes and tokens are judged by it.",
        )
    return ok(topic, f"{whose}'s clock and this machine's agree to within {MOST_SECONDS_APART + doubt:.0f} s")
