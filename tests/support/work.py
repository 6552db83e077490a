"""Counts what a request makes this thread do: patterns that are compiled, and bytes that our own code goes over.

Milliseconds differ from machine to machine; these numbers do not. Nothing in the program is there for it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

_OURS: Final = "/bff/"
_SCANS: Final = frozenset(
    {
        *("find", "rfind", "index", "count", "replace", "split", "rsplit", "partition", "rpartition", "splitlines"),
        *("lower", "upper", "casefold", "translate", "encode", "decode", "isascii", "isprintable", "isdecimal"),
    }
)
"""Methods of texts and bytes that look at every character."""


@dataclass(slots=True)
class Work:
    """What was counted."""

    patterns: int = 0
    """Regular expressions compiled, by any code, that Python did not have at hand."""
    scanned: int = 0
    """Characters and bytes handed to patterns and methods by modules of `bff`, each time anew."""


class _Counting:
    """A pattern that notes how much it is given."""

    def __init__(self, pattern: re.Pattern[Any], work: Work) -> None:
        self._pattern = pattern
        self._work = work

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._pattern, name)
        if not callable(value):
            return value

        def counted(*given: Any, **more: Any) -> Any:
            self._work.scanned += sum(len(one) for one in given if isinstance(one, str | bytes))
            return value(*given, **more)

        return counted


@contextmanager
def counted() -> Iterator[Work]:
    """Count what the block makes this thread do."""
    work = Work()
    compiler: Any = re._compiler  # type: ignore[attr-defined]  # where a pattern ends up that the cache lacks
    compile_: Callable[..., Any] = compiler.compile

    def compiling(*given: Any) -> Any:
        work.patterns += 1
        return compile_(*given)

    replaced: list[tuple[Any, str, re.Pattern[Any]]] = [
        (module, name, value)
        for module_name, module in list(sys.modules.items())
        if module_name.startswith("bff.") and not module_name.startswith("bff.sandbox")
        for name, value in list(vars(module).items())
        if isinstance(value, re.Pattern)
    ]

    def seen(frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call":
            return
        owner, name = getattr(called, "__self__", None), getattr(called, "__name__", "")
        file = frame.f_code.co_filename
        if isinstance(owner, str | bytes) and name in _SCANS and _OURS in file:
            work.scanned += len(owner)
        elif isinstance(owner, re.Pattern) and frame.f_globals.get("__name__") == "re":
            # One of the module's functions, such as `re.fullmatch`.
            work.scanned += len(frame.f_locals.get("string", ""))

    for module, name, pattern in replaced:
        setattr(module, name, _Counting(pattern, work))
    compiler.compile = compiling
    sys.setprofile(seen)
    try:
        yield work
    finally:
        sys.setprofile(None)
        compiler.compile = compile_
        for module, name, pattern in replaced:
            setattr(module, name, pattern)
