"""What every stand-in does around its views: notes the call as it came, and plays the fault planned for it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Request, Response

from bff.sandbox.faults import Cut, Fault, Faults, Kind
from bff.sandbox.recorder import Received
from bff.sandbox.wire import cut, respond

Parts = tuple[int, dict[str, str], bytes]
"""Status, headers and body of an answer."""


def received(request: Request, operation: Kind | None) -> Received[Kind]:
    """Make the note of a call."""
    return Received(
        operation=operation,
        method=request.method,
        target=request.environ.get("RAW_URI") or request.full_path,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(),
    )


def play(faults: Faults[Kind], operation: Kind, effect: Callable[[Fault], Parts]) -> Response:
    """Answer a call as its planned fault demands."""
    fault = faults.take(operation)
    faults.wait(fault.delay_before_seconds, fault.hold_before)
    if fault.cut is Cut.BEFORE_EFFECT:
        return cut()
    answer = fault.answer
    if answer is None:
        status, headers, body = effect(fault)
    else:
        if fault.effect_first:
            effect(fault)
        status, headers, body = answer.status, dict(answer.headers), answer.body
    faults.wait(fault.delay_after_seconds, fault.hold_after)
    if fault.cut is Cut.AFTER_EFFECT:
        return cut()
    return respond(
        status=status,
        headers=headers,
        body=body,
        delivery=fault.delivery,
        pause=lambda: faults.wait(fault.drip_seconds),
    )
