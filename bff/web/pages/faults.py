"""What a form is told that could not be saved for reasons that are not its own."""

from __future__ import annotations

import math

from bff.web.errors import Fault
from bff.web.language import gettext as _
from bff.web.language import ngettext

_TOO_MANY = 429


def why_not_now(fault: Fault) -> str:
    """Say when to try again."""
    if fault.status != _TOO_MANY:
        return _("This can't be saved right now. Nothing you entered is lost: try again in a moment.")
    if fault.retry_after_seconds is None:
        return _("Too many tries. Wait a little, then try again.")
    minutes = math.ceil(fault.retry_after_seconds / 60)
    return ngettext(
        "Too many tries. You can try again in %(num)d minute.",
        "Too many tries. You can try again in %(num)d minutes.",
        minutes,
    ) % {"num": minutes}
