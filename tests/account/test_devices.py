"""A customer's devices: what is listed, what ends, and what a request that comes too late cannot do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from redis import Redis

from bff.account.devices import Device, Devices
from bff.account.login_ends import RECENT_SECONDS
from bff.errors import LoginRequired, ReauthenticationRequired, SessionExpired, SessionStoreUnavailable
from bff.log import AUDIT_LOGGER
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD
from bff.sessions.index import IndexKind
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.fakes.visits import Visits, customer
from tests.support.shop import KEY, ShopMaker

OLDER_KEY = "A" * 43


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return Visits(shop=make_shop(clock=clock, services=services_with_meddling))


@pytest.fixture
def audit_lines() -> Iterator[list[dict[str, Any]]]:
    """What the audit trail says, as fields."""
    lines: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append({"event": record.getMessage(), **record.__dict__["bff_fields"]})

    handler, logger = Keep(), logging.getLogger(AUDIT_LOGGER)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)


def devices_of(visits: Visits) -> Devices:
    return visits.shop.services.devices


def store_of(visits: Visits) -> MeddlingStore:
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    return store


def listed(visits: Visits, session: Session) -> tuple[Device, ...]:
    return devices_of(visits).list(visits.again(session))


def other_id(visits: Visits, session: Session) -> str:
    """Return the id of the only other device."""
    (other,) = (device for device in listed(visits, session) if not device.current)
    return other.id


def is_signed_in(visits: Visits, session: Session) -> bool:
    return visits.again(session).signed_in is not None


def test_this_browser_comes_first_and_then_whichever_was_seen_last(visits: Visits, clock: FakeClock) -> None:
    began = clock()
    sessions = []
    for _ in range(3):
        sessions.append(visits.signed_in())
        clock.advance(60)
    found = listed(visits, sessions[0])
    assert [device.current for device in found] == [True, False, False]
    assert [device.created_at - began for device in found] == [0, 120, 60]
    assert [device.last_seen_at - began for device in found] == [180, 120, 60]
    assert len({device.id for device in found}) == 3


def test_nobody_sees_or_ends_the_devices_of_another_customer(visits: Visits) -> None:
    mine, theirs = visits.signed_in(), visits.signed_in(B2B_EMAIL, B2B_PASSWORD)
    (their_device,) = listed(visits, theirs)
    assert [device.current for device in listed(visits, mine)] == [True]
    assert not devices_of(visits).end(visits.again(mine), their_device.id)
    assert devices_of(visits).end_others(visits.again(mine)) == 0
    assert is_signed_in(visits, theirs)


def test_id_tells_nothing_of_the_session(visits: Visits) -> None:
    session = visits.signed_in()
    (device,) = listed(visits, session)
    assert session.cookie is not None
    assert len(device.id) == 32
    assert device.id not in session.cookie.sid
    assert device.id not in session.cookie.value.reveal()


def test_guest_has_no_devices_and_may_end_none(visits: Visits) -> None:
    guest = visits.guest()
    for ask in asks(visits, "0" * 32):
        with pytest.raises(LoginRequired):
            ask(visits.again(guest))


def asks(visits: Visits, device_id: str) -> list[Callable[[Session], object]]:
    devices = devices_of(visits)
    return [
        devices.list,
        devices.end_others,
        devices.check_may_end,
        lambda session: devices.end(session, device_id),
        lambda session: devices.is_current(session, device_id),
    ]


def test_session_whose_lifetime_is_over_has_no_devices_either(visits: Visits, clock: FakeClock) -> None:
    session = visits.signed_in()
    clock.advance(visits.shop.settings.sessions.lifetime_seconds)
    for ask in asks(visits, "0" * 32):
        again = visits.again(session)
        visits.shop.services.login.resume(again)
        with pytest.raises(SessionExpired if again.just_ended else LoginRequired):
            ask(again)


def test_one_device_ends_and_the_rest_stay(visits: Visits, redis: Redis) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    id = other_id(visits, here)
    third = visits.signed_in()
    assert devices_of(visits).end(visits.again(here), id)
    assert not is_signed_in(visits, there)
    assert is_signed_in(visits, here)
    assert is_signed_in(visits, third)
    assert there.cookie is not None
    assert redis.keys(f"bff:*{there.cookie.sid}*") == [f"bff:{{{there.cookie.sid}}}:ended".encode()]
    assert not devices_of(visits).end(visits.again(here), id)


def test_all_others_end_and_this_one_stays(visits: Visits) -> None:
    here, *others = (visits.signed_in() for _ in range(4))
    assert devices_of(visits).end_others(visits.again(here)) == 3
    assert is_signed_in(visits, here)
    assert not any(is_signed_in(visits, other) for other in others)
    assert devices_of(visits).end_others(visits.again(here)) == 0


def test_own_device_is_known_and_not_ended_here(visits: Visits) -> None:
    session = visits.signed_in()
    (own,) = listed(visits, session)
    assert devices_of(visits).is_current(visits.again(session), own.id)
    assert not devices_of(visits).is_current(visits.again(session), "0" * 32)
    assert not devices_of(visits).end(visits.again(session), own.id)
    assert is_signed_in(visits, session)


def test_who_did_not_prove_it_lately_ends_nothing(visits: Visits, clock: FakeClock) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    id = other_id(visits, here)
    clock.advance(RECENT_SECONDS + 1)
    with pytest.raises(ReauthenticationRequired):
        devices_of(visits).end(visits.again(here), id)
    with pytest.raises(ReauthenticationRequired):
        devices_of(visits).end_others(visits.again(here))
    assert is_signed_in(visits, there)
    assert len(listed(visits, here)) == 2


def test_changed_password_counts_as_proof(visits: Visits, clock: FakeClock) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    clock.advance(RECENT_SECONDS + 1)
    again = visits.again(here)
    visits.shop.services.login.password_changed(again)
    assert devices_of(visits).end_others(visits.again(again)) == 1
    assert not is_signed_in(visits, there)


def test_id_from_before_a_new_server_key_still_names_its_device(make_shop: ShopMaker, clock: FakeClock) -> None:
    before = Visits(shop=make_shop(clock=clock, BFF_SECRET_KEYS=OLDER_KEY))
    here, there = before.signed_in(), before.signed_in()
    id = other_id(before, here)
    after = Visits(shop=make_shop(clock=clock, BFF_SECRET_KEYS=f"{KEY},{OLDER_KEY}"))
    assert id != other_id(after, here)
    assert devices_of(after).end(after.again(here), id)
    assert not is_signed_in(after, there)


def test_lifetime_that_was_configured_anew_neither_hides_a_device_nor_lengthens_it(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    before = Visits(shop=make_shop(clock=clock, BFF_SESSION_IDLE="1800", BFF_SESSION_LIFETIME="3600"))
    there = before.signed_in()
    after = Visits(shop=make_shop(clock=clock, BFF_SESSION_LIFETIME="7200"))
    clock.advance(3000)
    here = after.signed_in()
    assert len(listed(after, here)) == 2
    clock.advance(700)
    assert len(listed(after, here)) == 1
    resumed = after.again(there)
    after.shop.services.login.resume(resumed)
    assert resumed.signed_in is None


def test_what_lives_no_more_is_forgotten_when_the_list_is_read(visits: Visits) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    assert there.cookie is not None
    there.load()
    visits.shop.services.store.retire(there.cookie)
    index, id = visits.shop.services.sessions.index, who(visits, here)
    assert len(index.sids(IndexKind.CUSTOMER, id)) == 2
    assert len(listed(visits, here)) == 1
    assert index.sids(IndexKind.CUSTOMER, id) == (visits.again(here).cookie.sid,)  # type: ignore[union-attr]  # signed in


def who(visits: Visits, session: Session) -> str:
    signed_in = visits.again(session).signed_in
    assert signed_in is not None
    return signed_in.customer.id


def test_device_whose_record_does_not_open_is_not_shown_and_ends_all_the_same(visits: Visits, redis: Redis) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    assert there.cookie is not None
    redis.set(f"bff:{{{there.cookie.sid}}}:device", b"damaged", keepttl=True)
    assert len(listed(visits, here)) == 1
    assert devices_of(visits).end_others(visits.again(here)) == 1
    assert not is_signed_in(visits, there)


def test_each_ended_session_is_in_the_audit_trail(visits: Visits, audit_lines: list[dict[str, Any]]) -> None:
    here, first, second = (visits.signed_in() for _ in range(3))
    id = next(device.id for device in listed(visits, here) if not device.current)
    audit_lines.clear()
    devices_of(visits).end(visits.again(here), id)
    devices_of(visits).end_others(visits.again(here))
    ended = [line for line in audit_lines if line["event"] == "session_ended"]
    assert [line["reason"] for line in ended] == ["device ended", "others ended"]
    cookies = [session.cookie for session in (first, second)]
    assert {line["session"] for line in ended} == {cookie.sid[:16] for cookie in cookies if cookie is not None}
    assert len({line["person"] for line in ended}) == 1


# Too late, or at the same time.


@pytest.mark.parametrize("all_others", [True, False])
def test_request_under_way_when_its_session_ended_ends_nobody_in_return(visits: Visits, all_others: bool) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    id, late = other_id(visits, there), visits.again(there)
    late.load()
    devices_of(visits).end_others(visits.again(here))
    with pytest.raises(SessionExpired):
        devices_of(visits).end_others(late) if all_others else devices_of(visits).end(late, id)
    assert is_signed_in(visits, here)


def test_request_under_way_on_an_ended_device_gets_session_expired_and_brings_nothing_back(
    visits: Visits, redis: Redis
) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    late = visits.again(there)
    late.load()
    devices_of(visits).end_others(visits.again(here))
    with pytest.raises(SessionExpired):
        visits.shop.services.login.password_changed(late)
    assert not is_signed_in(visits, there)
    assert there.cookie is not None
    assert redis.keys(f"bff:*{there.cookie.sid}*") == [f"bff:{{{there.cookie.sid}}}:ended".encode()]
    assert len(listed(visits, here)) == 1


def test_refresh_under_way_on_an_ended_device_keeps_nothing_and_tells_upstream(visits: Visits) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    store = store_of(visits)
    late = visits.again(there)
    assert customer(late)

    def ended_meanwhile(*args: Any, **kwargs: Any) -> None:
        store.before.clear()
        devices_of(visits).end_others(visits.again(here))

    store.before["commit"] = ended_meanwhile
    visits.shop.sandbox.recorder.clear()
    with pytest.raises(SessionExpired):
        visits.shop.services.broker.refresh(late)
    assert not is_signed_in(visits, there)
    assert visits.asked() == ["refresh_auth_token", "logout"]


ROTATION_STEPS = ["create", "retire", "after"]


@pytest.mark.parametrize("step", ROTATION_STEPS)
def test_device_that_moves_to_a_new_cookie_meanwhile_is_ended_too(visits: Visits, step: str) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    store, moving = store_of(visits), visits.again(there)
    moving.load()
    end_others = partial(devices_of(visits).end_others, visits.again(here))
    ended: list[int] = []

    def once(*args: Any, **kwargs: Any) -> None:
        store.before.clear()
        ended.append(end_others())

    if step == "after":
        # The index was read before the move, the first session ended after it: the move is seen only by looking again.
        def move_first(*args: Any, **kwargs: Any) -> None:
            store.before.clear()
            visits.shop.services.login.password_changed(moving)

        store.before["end"] = move_first
        ended.append(end_others())
    else:
        store.before[step] = once
        with pytest.raises(SessionExpired):
            visits.shop.services.login.password_changed(moving)
    assert not is_signed_in(visits, there)
    assert not is_signed_in(visits, moving)
    assert len(listed(visits, here)) == 1
    assert ended[0] in (1, 2)


def test_one_device_that_has_just_moved_counts_as_not_there_and_is_in_the_list(visits: Visits) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    id, store, moving = other_id(visits, here), store_of(visits), visits.again(there)
    moving.load()

    def move_first(*args: Any, **kwargs: Any) -> None:
        store.before.clear()
        visits.shop.services.login.password_changed(moving)

    store.before["end"] = move_first
    assert not devices_of(visits).end(visits.again(here), id)
    assert is_signed_in(visits, moving)
    assert devices_of(visits).end(visits.again(here), other_id(visits, here))
    assert not is_signed_in(visits, moving)


def test_sessions_that_never_stop_moving_are_not_called_ended(visits: Visits) -> None:
    here, there = visits.signed_in(), visits.again(visits.signed_in())
    store = store_of(visits)

    def move_again(*args: Any, **kwargs: Any) -> None:
        visits.shop.services.login.password_changed(there)

    store.before["end"] = move_again
    with pytest.raises(SessionStoreUnavailable):
        devices_of(visits).end_others(visits.again(here))


def test_store_away_is_not_the_same_as_no_devices(visits: Visits) -> None:
    here, there = visits.signed_in(), visits.signed_in()
    for name, ask in (("devices", devices_of(visits).list), ("end", devices_of(visits).end_others)):
        store_of(visits).fail(name)
        with pytest.raises(SessionStoreUnavailable):
            ask(visits.again(here))
        store_of(visits).before.clear()
    assert is_signed_in(visits, there)
