"""Logs for what `bff check` uses of the program: its findings say what is to be said, once."""

from __future__ import annotations

import logging
from typing import Any

from bff.events import Event
from bff.log import Log


class HeardLog(Log):
    """Keeps the fields of what is reported, instead of writing it."""

    def __init__(self) -> None:
        logger = logging.Logger("bff.check")
        self.heard: list[dict[str, Any]] = []
        logger.addHandler(_Keeping(self.heard))
        super().__init__(logger, lambda kind, value: "")

    def audit(self, event: Event, **fields: Any) -> None:
        """Write nothing: no visitor did anything."""


def silent_log() -> Log:
    """Return a log for what needs one."""
    return HeardLog()


class _Keeping(logging.Handler):
    def __init__(self, heard: list[dict[str, Any]]) -> None:
        super().__init__()
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append({"event": record.getMessage(), **getattr(record, "bff_fields", {})})
