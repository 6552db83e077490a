"""What must hold after every schedule, and what a schedule has left behind.

Each finding is a sentence. Whether answers and what is left could come of some order of whole requests is judged by
`serial`: it needs to know what those orders come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from bff.events import Event
from bff.sandbox.mint import TokenKind
from bff.sessions.model import Vault
from bff.sessions.session_keys import tokens_key, web_key
from bff.sessions.store import Found
from tests.support.simulation.requests import UNKNOWN, kind_of, was_done
from tests.support.simulation.scheduler import Outcome, Request
from tests.support.simulation.world import BROWSERS, KEPT, Told, World

_REPORTS: Final = frozenset(
    {
        Event.UPSTREAM_LOGOUT_FAILED,
        Event.REFRESH_UNKNOWN,
        Event.REFRESH_REFUSED,
        Event.SIGN_IN_FAILED,
        Event.SESSION_ENDED,
        Event.SESSION_CHANGE_DROPPED,
        Event.SESSIONS_NOT_ENDED,
        Event.CARTS_NOT_MERGED,
        Event.STORE_UNAVAILABLE,
    }
)
_RESET: Final = "password reset"
_STRAY: Final = "a session without a cookie waits for its end"
_EVENTS: Final = frozenset({"idle end", "web evicted", "tokens evicted"})
"""What takes records away without a word: tokens in them are gone with them."""


IN_CARTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What the browsers and upstream are left with."""

    browsers: tuple[tuple[str, ...], ...]
    """Of each: who it is, and what its session holds."""
    strays: int
    """Signed-in sessions that live under cookies which no browser has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one schedule."""

    answers: tuple[str, ...]
    left: Left
    findings: tuple[str, ...]
    in_part: frozenset[str] = frozenset()
    """The requests that could not end all the sessions that they were to end, as the log says."""
    with_reset: frozenset[str] = frozenset()
    """The sign-ins that could not forget the reset that they followed, as the log says."""


def judged(world: World, requests: tuple[Request, ...], outcome: Outcome) -> Verdict:
    """Look at the world as a schedule has left it."""
    events = list(KEPT)
    living = {sid: found for sid, cookie in world.cookies.items() if (found := _found(world, sid)) is not None}
    findings = [
        *_refreshes(outcome),
        *_shared_but_by_strays(world, living, _known_strays(events)),
        *_unaccounted(world, requests, living, outcome, {event for _, event, _ in events}),
        *_carts(world),
        *_too_late(requests, living, outcome, events),
        *(
            f"{one.name} crashed: {answer}"
            for one, answer in zip(requests, outcome.answers, strict=True)
            if "crash" in answer
        ),
    ]
    return Verdict(
        answers=outcome.answers,
        left=_left(world, living, _known_strays(events)),
        findings=tuple(findings),
        in_part=frozenset(who for who, event, _ in events if event is Event.SESSIONS_NOT_ENDED),
        with_reset=frozenset(
            who for who, event, fields in events if event is Event.SESSION_CHANGE_DROPPED and fields["reason"] == _RESET
        ),
    )


def _found(world: World, sid: str) -> Found | None:
    cookie, keys = world.cookies[sid], world.server.keys
    records = tuple(keys.get(key.encode(), (b"", 0.0))[0] for key in (web_key(sid), tokens_key(sid)))
    if not records[0]:
        return None
    if (sid, records) not in _READ:
        if len(_READ) > MOST_READ:
            _READ.clear()
        found = world.services.store.load(cookie, count=False)
        _READ[sid, records] = found if isinstance(found, Found) else None
    return _READ[sid, records]


_READ: dict[tuple[str, tuple[Any, ...]], Found | None] = {}
"""Records as they were read once."""
MOST_READ: Final = 10_000


def what_counts(events: Iterable[Told]) -> tuple[frozenset[tuple[object, ...]], int]:
    """Return what of the log decides a verdict."""
    told: set[tuple[object, ...]] = set()
    for who, event, fields in events:
        if event is Event.SIGNED_IN:
            told.add((event, who, fields.get("sid")))
        elif event in (Event.SESSIONS_NOT_ENDED, Event.SESSION_CHANGE_DROPPED):
            told.add((event, who, fields["reason"]))
        elif event in _REPORTS:
            told.add((event,))
    return frozenset(told), _known_strays(events)


def _known_strays(events: Iterable[Told]) -> int:
    """Count sessions that could not be undone: no browser ever gets their cookies, and the log tells of them."""
    return sum(fields.get("reason") == _STRAY for _, _, fields in events)


def _left(world: World, living: dict[str, Found], known_strays: int) -> Left:
    browsers: list[tuple[str, ...]] = []
    held = set()
    for browser in BROWSERS:
        cookie = world.jars[browser]
        found = None if cookie is None else living.get(cookie.sid)
        if cookie is None or found is None:
            browsers.append(("nobody",))
            continue
        held.add(cookie.sid)
        words = ["guest" if found.web.signed_in is None else "customer", *sorted(found.web.data)]
        if (found.vault.customer is None) != (found.web.signed_in is None):
            words.append("half")
        if found.web.password_reset_at is not None:
            words.append("reset")
        browsers.append(tuple(words))
    strays = sum(found.web.signed_in is not None for sid, found in living.items() if sid not in held)
    return Left(browsers=tuple(browsers), strays=max(0, strays - known_strays))


def _carts(world: World) -> Iterator[str]:
    """What lay in a cart lies in one still, once."""
    carts = world.emporix.shops.of("demoshop").carts.values()
    things = sum(int(item.quantity) for cart in carts for item in cart.items.values())
    if things != IN_CARTS:
        yield f"{things} things in carts, in place of {IN_CARTS}"


def _too_late(
    requests: tuple[Request, ...], living: dict[str, Found], outcome: Outcome, events: list[Told]
) -> Iterator[str]:
    """Nobody is signed in by a sign-in that began before an ending did which is done."""
    names = [one.name for one in requests]
    for who, event, fields in events:
        found = living.get(fields.get("sid", ""))
        if event is not Event.SIGNED_IN or who not in names or found is None or found.web.signed_in is None:
            continue
        own = names.index(who)
        began = _place(outcome, own, "redis time")
        listed = _place(outcome, own, "redis zadd(", "index:customer")
        for ending, answer in enumerate(outcome.answers):
            marked = _place(outcome, ending, "redis set(mark:")
            if (
                ending in (own, _left_for_later(requests, outcome))
                or not was_done(answer)
                or began is None
                or marked is None
                or marked < began
            ):
                continue
            # A new password stops what is under way; who is signed in by then stays.
            if "rotation" not in names[ending] or (listed is not None and listed > marked):
                yield f"signed in, although it began before: {names[ending]}"


def _left_for_later(requests: tuple[Request, ...], outcome: Outcome) -> int | None:
    """Return which sign-in could not end the older sessions: it stands, and the next one ends them."""
    failed = None if outcome.fault is None else outcome.fault.request
    return failed if failed is not None and kind_of(requests[failed]) == "sign-in after reset" else None


def _place(outcome: Outcome, request: int, *words: str) -> int | None:
    own = (
        at for at, one in enumerate(outcome.done) if one.request == request and all(w in one.step.label for w in words)
    )
    return next(own, None)


def _refreshes(outcome: Outcome) -> Iterator[str]:
    """One refresh per expiry: a refresh token goes out once, unless nobody knows what came of the first time."""
    if outcome.fault is not None:
        # The new tokens may not have come, or not have been kept: then the old one is all there is to ask with.
        return
    sent = Counter(one.step.spends for one in outcome.done if one.step.spends)
    for spent, times in sent.items():
        if times > 1:
            yield f"a refresh token went out {times} times: {spent[:8]}"


def _shared_but_by_strays(world: World, living: dict[str, Found], known_strays: int) -> tuple[str, ...]:
    """Leave out sessions that could not be undone, as the log tells: what they hold, nobody can come by."""
    held = {cookie.sid for cookie in world.jars.values() if cookie is not None}
    strays = [sid for sid in living if sid not in held]
    findings = tuple(_shared(living))
    for left_out in combinations(strays, min(known_strays, len(strays))):
        findings = min(findings, tuple(_shared({sid: living[sid] for sid in living if sid not in left_out})), key=len)
    return findings


def _shared(living: dict[str, Found]) -> Iterator[str]:
    """No token is held by two sessions."""
    for tokens_of in (_customers, _guests):
        holders = Counter(value for found in living.values() for value in tokens_of(found.vault))
        for value, times in holders.items():
            if times > 1:
                yield f"{times} sessions hold one token: {value[:8]}"


def _customers(vault: Vault) -> Iterator[str]:
    if vault.customer is not None:
        yield vault.customer.access.reveal()
        if vault.customer.refresh is not None:
            yield vault.customer.refresh.reveal()


def _guests(vault: Vault) -> Iterator[str]:
    if vault.anonymous is not None:
        yield vault.anonymous.access.reveal()


def _unaccounted(
    world: World, requests: tuple[Request, ...], living: dict[str, Found], outcome: Outcome, events: set[Event]
) -> Iterator[str]:
    """Every token of a customer is kept, logged out, spent for a newer one, or its loss is reported."""
    assert world.begun is not None
    held = {value for found in living.values() for value in _customers(found.vault)}
    old = {one.value for one in world.begun.issued}
    tokens = world.emporix.tokens
    unspent = {one.access_value for one in tokens._refresh.values()}
    # A token whose Emporix session goes on under a newer one is left to its end: to log it out would end both.
    going_on = {tokens._access[value].grant.session_id for value in held if value in tokens._access}
    # It ends with the newer one: what upstream is told of one token ends the session of both.
    going_on |= {one.grant.session_id for one in tokens._refresh.values() if one.access_value not in tokens._access}
    lost = [
        value
        for value in world.issued(TokenKind.CUSTOMER_ACCESS)
        if value in unspent
        and value not in held
        and value not in old
        and value in tokens._access
        and tokens._access[value].grant.session_id not in going_on
    ]
    # What Redis or upstream did not answer is in the log, whoever asked.
    is_told = bool(events & _REPORTS) or UNKNOWN in outcome.answers
    if lost and not is_told and not any(kind_of(one) in _EVENTS for one in requests):
        yield f"{len(lost)} tokens lost without a word"
