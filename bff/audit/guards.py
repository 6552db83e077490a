"""All guards, and the one way to check them on the running application."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bff.audit import guards_cookie, guards_header, guards_program, guards_request, guards_sign_in, guards_transport
from bff.audit.checking import Check
from bff.audit.probed import Probed
from bff.audit.requirement import Guard
from bff.factory import Bff

CHECKS: Final[Mapping[Guard, Check]] = MappingProxyType(
    {
        **guards_cookie.CHECKS,
        **guards_request.CHECKS,
        **guards_header.CHECKS,
        **guards_program.CHECKS,
        **guards_sign_in.CHECKS,
        **guards_transport.CHECKS,
    }
)


def failed_guards(probed: Probed, app: Bff) -> Mapping[Guard, str]:
    """Return what is wrong with each guard that does not hold.

    :raises KeyError: a guard has no check
    """
    failed = {}
    for guard in Guard:
        wrong = CHECKS[guard](probed, app)
        if wrong is not None:
            failed[guard] = wrong
    return MappingProxyType(failed)
