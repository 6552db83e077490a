"""What a hostile or broken upstream answers, for any declared row; nothing of it may reach the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.support.journeys.hostile_targets import Target
from tests.support.journeys.recording_upstream import Canned

PLANTED = "planted-by-upstream"
HEAD: Mapping[str, str] = {
    "Set-Cookie": f"session={PLANTED}; Path=/",
    "Set-Cookie2": f"session={PLANTED}",
    "Location": f"https://evil.example/{PLANTED}",
    "Content-Location": f"/{PLANTED}",
    "Refresh": f"0; url=https://evil.example/{PLANTED}",
    "Link": f"<https://evil.example/{PLANTED}>; rel=preload",
    "WWW-Authenticate": f'Basic realm="{PLANTED}"',
    "Authentication-Info": PLANTED,
    "Proxy-Authenticate": f"Basic realm={PLANTED}",
    "Access-Control-Allow-Origin": f"https://{PLANTED}.example",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": PLANTED,
    "Content-Security-Policy": f"default-src {PLANTED}",
    "Strict-Transport-Security": f"max-age={PLANTED}",
    "Clear-Site-Data": f'"{PLANTED}"',
    "Service-Worker-Allowed": f"/{PLANTED}",
    "SourceMap": f"/{PLANTED}",
    "Content-Disposition": f"inline; filename={PLANTED}",
    "Cache-Control": f"public, max-age=600, {PLANTED}",
    "Expires": PLANTED,
    "Vary": PLANTED,
    "ETag": f'"{PLANTED}"',
    "Server": PLANTED,
    "X-Powered-By": PLANTED,
    "X-Request-ID": PLANTED,
    "X-CSRF-Token": PLANTED,
    "X-Total-Count": PLANTED,
    "X-Count": PLANTED,
    "Count": PLANTED,
    "saas-token": PLANTED,
    "session-id": PLANTED,
    "Retry-After": PLANTED,
    "Trailer": PLANTED,
    "Alt-Svc": f'h2="{PLANTED}.example:443"',
}
"""Headers that mean something to a browser, or that are ours to set."""


def with_head(target: Target) -> Canned:
    """Return a success with every header there is."""
    good = target.answer
    own = {name for name, _ in good.headers}
    return replace(good, headers=(*((name, value) for name, value in HEAD.items() if name not in own), *good.headers))


def broken(target: Target) -> Mapping[str, tuple[Canned, frozenset[int]]]:
    """Return answers that are not as documented, and what may become of each."""
    status, most = min(target.row.success), target.row.max_answer_bytes
    page = f"<!doctype html><script>{PLANTED}</script>".encode()
    head = tuple(HEAD.items())
    html = (("Content-Type", "text/html"), *head)
    wrong, refused = frozenset({502}), frozenset({400, 403, 404, 409, 412, 422, 502})
    empty = target.row.answer.value == "nothing"
    found = {
        "a page for a success": (Canned(status=status, raw=page, headers=html), wrong),
        "moved": (Canned(status=301, raw=page, headers=html), wrong),
        "found": (Canned(status=302, raw=b"", headers=head), wrong),
        "see other": (Canned(status=303, raw=b"", headers=head), wrong),
        "elsewhere, the same way": (Canned(status=307, raw=b"", headers=head), wrong),
        "not modified": (Canned(status=304, raw=b"", headers=head), wrong),
        "a part": (Canned(status=206, content={PLANTED: 1}, headers=head), wrong),
        "too large": (Canned(status=status, raw=b'["' + PLANTED.encode() + b"x" * most + b'"]'), wrong),
        "a refusal with a page": (Canned(status=403, raw=page, headers=html), refused),
        "a refusal with a trace": (
            Canned(status=500, content={"message": f"at {PLANTED}.java:1"}, headers=head),
            wrong,
        ),
        "a password wanted": (Canned(status=401, raw=page, headers=html), frozenset({403, 502})),
        "a teapot": (Canned(status=418, raw=page, headers=html), frozenset({418, 502})),
        "away": (Canned(status=503, raw=page, headers=html), frozenset({503})),
    }
    if not empty:
        found["compressed"] = (
            Canned(status=status, raw=b"\x1f\x8b\x08\0" + PLANTED.encode(), headers=(("Content-Encoding", "gzip"),)),
            wrong,
        )
        found["broken off"] = (Canned(status=status, raw=b'{"' + PLANTED.encode()), wrong)
        found["nothing"] = (Canned(status=status, raw=b""), wrong)
    if status == 204:
        # It has no body, whatever is written there.
        found = {name: entry for name, entry in found.items() if entry[0].status != 204}
    elif empty:
        del found["too large"]
    return found
