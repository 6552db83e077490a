"""`bff sessions`: an operator lists the sessions of one customer, or ends them, or ends all; no Flask, no server.

The sign-in e-mail finds the customer's sessions. The list prints what the customer's own list shows: no cookie, no name
of a session in Redis, no token. A session that ends here ends without its cookie, so upstream is not told of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TextIO

from bff.account.devices import records_of, shown
from bff.config.settings import Settings
from bff.errors import SessionStoreUnavailable
from bff.sessions.endings import Ending, end_each, end_sessions
from bff.sessions.index import IndexKind
from bff.storefront.model import Storefront
from bff.wiring import Services, build_services

_EXIT_UNREACHABLE = 1
_MAX_PASSES = 5
_HEADINGS = ("DEVICE", "SIGNED IN", "LAST SEEN", "BROWSER")


def list_sessions(settings: Settings, email: str, out: TextIO, err: TextIO) -> int:
    """Print a table of the sessions signed in with an e-mail; return the exit code."""
    services = _services(settings)
    try:
        records = records_of(services.sessions.index, services.store, IndexKind.EMAIL, email.strip())
    except SessionStoreUnavailable as error:
        return _unreachable(error, err)
    finally:
        services.redis.close()
    devices = sorted(
        (shown(services.ring, sid, record) for sid, record in records.items()),
        key=lambda device: device.last_seen_at,
        reverse=True,
    )
    rows = [
        (device.id, _time(device.created_at), _time(device.last_seen_at), device.browser or "unknown")
        for device in devices
    ]
    if rows:
        _print_table([_HEADINGS, *rows], out)
    print(f"{_counted(len(rows))} signed in with this e-mail.", file=out)
    return 0


def revoke_sessions(settings: Settings, email: str | None, out: TextIO, err: TextIO) -> int:
    """End the sessions signed in with an e-mail, or with None every session there is; return the exit code."""
    services = _services(settings)
    try:
        ended = revoke_all(services) if email is None else _revoke(services, email.strip())
    except SessionStoreUnavailable as error:
        return _unreachable(error, err)
    finally:
        services.redis.close()
    print(f"{_counted(ended)} ended.", file=out)
    return 0


def _revoke(services: Services, email: str) -> int:
    services.sessions.index.browsers.forget_all(email)
    return end_sessions(services.sessions, IndexKind.EMAIL, email, Ending.OPERATOR)


def _services(settings: Settings) -> Services:
    # Whatever is wrong with the storefront's file, sessions can be ended.
    return build_services(settings, storefront=Storefront())


def revoke_all(services: Services) -> int:
    """End every session, guests' too (a guest's cookie opens a cart); return how many.

    :raises SessionStoreUnavailable: Redis does not answer; some sessions may live on
    """
    # The mark before all else: what signs in meanwhile is in no list, and may be written behind the scan's back.
    services.sessions.index.mark(IndexKind.ALL)
    # Then the index goes. The other way round, a session that begins meanwhile would lose its entry and live.
    services.sessions.index.clear()
    ended = 0
    # Again, because a session may move to a new cookie behind the scan's back, the only one there is, too; but not for
    # ever, since guests come in.
    for number in range(_MAX_PASSES):
        now = end_each(services.sessions, services.store.sids(), Ending.OPERATOR)
        ended += now
        if number and not now:
            break
    return ended


def _unreachable(error: SessionStoreUnavailable, err: TextIO) -> int:
    print(f"bff sessions: Redis does not answer ({error}); some sessions may not have been looked at.", file=err)
    return _EXIT_UNREACHABLE


def _print_table(rows: list[tuple[str, str, str, str]], out: TextIO) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), file=out)


def _counted(number: int) -> str:
    return "1 session" if number == 1 else f"{number} sessions"


def _time(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
