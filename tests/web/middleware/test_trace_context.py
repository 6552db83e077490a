"""`traceparent` as W3C Trace Context has it: what is taken, and what is ignored."""

from __future__ import annotations

import re

import pytest

from bff.web.middleware.trace_context import trace_of

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        (f"00-{TRACE}-{PARENT}-01", "01"),
        (f"00-{TRACE}-{PARENT}-00", "00"),
        (f"00-{TRACE}-{PARENT}-03", "03"),
        # What no version has given a meaning yet is not passed on.
        (f"00-{TRACE}-{PARENT}-ff", "03"),
        # A later version is read as far as this one goes.
        (f"cc-{TRACE}-{PARENT}-01", "01"),
        (f"cc-{TRACE}-{PARENT}-01-what-the-future-brings", "01"),
    ],
)
def test_trace_and_flags_are_kept_and_the_span_is_new(header: str, flags: str) -> None:
    trace, other = trace_of(header), trace_of(header)
    assert trace is not None
    assert other is not None
    assert (trace.trace_id, trace.flags) == (TRACE, flags)
    assert re.fullmatch("[0-9a-f]{16}", trace.span_id)
    assert len({trace.span_id, other.span_id, PARENT}) == 3
    assert trace.parent == f"00-{TRACE}-{trace.span_id}-{flags}"


@pytest.mark.parametrize(
    "header",
    [
        "",
        TRACE,
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-01-",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-0x",
        f"00-{TRACE[1:]}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01.more",
        f" 00-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01\n",
        # Two headers, as they arrive.
        f"00-{TRACE}-{PARENT}-01,00-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01, x",
    ],
)
def test_what_is_malformed_is_none(header: str) -> None:
    assert trace_of(header) is None
