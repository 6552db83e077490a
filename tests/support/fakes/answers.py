"""Answers that a service's neighbours give in its place: pages, nothing, too much."""

from __future__ import annotations

from bff.sandbox.faults import CannedResponse


def html(status: int, text: str = "Something went wrong") -> CannedResponse:
    """Return the page of a proxy in front of the service."""
    page = f"<!doctype html><title>{status}</title><h1>{text}</h1>"
    return CannedResponse(status=status, body=page.encode(), headers={"Content-Type": "text/html"})


def empty(status: int) -> CannedResponse:
    """Return an answer with nothing but a status."""
    return CannedResponse(status=status)


def huge(size_bytes: int, *, status: int = 200) -> CannedResponse:
    """Return an answer of valid JSON of that many bytes."""
    body = b'{"filler": "' + b"x" * max(0, size_bytes - 14) + b'"}'
    return CannedResponse(status=status, body=body, headers={"Content-Type": "application/json"})
