"""What tests start answers the signals of a terminal, wherever the tests themselves were started from.

A shell starts a command in the background of a script with SIGINT ignored, `nohup` one with SIGHUP ignored. Both pass
from parent to child; a handler does not: where the parent has one, the child begins with the default.
"""

from __future__ import annotations

import signal

OF_A_TERMINAL = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def give_children_the_defaults() -> None:
    """Have what this process starts answer these signals; this process itself stays as deaf as it was started."""
    for number in OF_A_TERMINAL:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _stay_deaf)


def _stay_deaf(number: int, frame: object) -> None:
    """Do what SIG_IGN does."""
