"""Sealed records: they open for the same cookie, key and place, and for nothing else."""

from __future__ import annotations

import pytest

from bff.crypto import KeyRing, ServerKey
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.sealing import NO_RECORD, VERSION_BYTES, RecordKind, Sealer, version_of

OLD, NEW = Secret(b"o" * 32), Secret(b"n" * 32)
COOKIE, OTHER = SessionCookie.fresh(), SessionCookie.fresh()
WEB, TOKENS = f"bff:{{{COOKIE.sid}}}:web", f"bff:{{{COOKIE.sid}}}:tokens"
VERSION = slice(5, 13)


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(KeyRing((NEW,)))


def sealed(sealer: Sealer, after: bytes = NO_RECORD) -> bytes:
    return sealer.seal(b"plain", RecordKind.TOKENS, COOKIE, TOKENS, after)


def test_record_opens_where_it_was_sealed(sealer: Sealer) -> None:
    assert sealer.open(sealed(sealer), RecordKind.TOKENS, COOKIE, TOKENS) == b"plain"


def test_another_cookie_opens_nothing(sealer: Sealer) -> None:
    assert sealer.open(sealed(sealer), RecordKind.TOKENS, OTHER, TOKENS) is None


def test_moved_to_another_session_it_does_not_open(sealer: Sealer) -> None:
    elsewhere = f"bff:{{{OTHER.sid}}}:tokens"
    assert sealer.open(sealed(sealer), RecordKind.TOKENS, COOKIE, elsewhere) is None
    assert sealer.open(sealed(sealer), RecordKind.TOKENS, OTHER, elsewhere) is None


def test_moved_to_the_other_compartment_it_does_not_open(sealer: Sealer) -> None:
    assert sealer.open(sealed(sealer), RecordKind.WEB, COOKIE, WEB) is None
    assert sealer.open(sealed(sealer), RecordKind.WEB, COOKIE, TOKENS) is None
    assert sealer.open(sealed(sealer), RecordKind.TOKENS, COOKIE, WEB) is None


def test_every_changed_byte_of_header_and_text_is_noticed(sealer: Sealer) -> None:
    record = sealed(sealer)
    for position in range(len(record)):
        changed = bytearray(record)
        changed[position] ^= 1
        assert sealer.open(bytes(changed), RecordKind.TOKENS, COOKIE, TOKENS) is None


@pytest.mark.parametrize("record", [b"", b"R", b"\x01", b"\x01" * VERSION_BYTES, b"\x02" * 60, b"{}" * 40])
def test_what_is_no_record_opens_to_nothing(sealer: Sealer, record: bytes) -> None:
    assert sealer.open(record, RecordKind.TOKENS, COOKIE, TOKENS) is None


def test_server_keys_without_the_cookie_open_nothing(sealer: Sealer) -> None:
    # What somebody with a dump and the keys has: the record, its place, the sid, and every key of the ring.
    record, ring = sealed(sealer), KeyRing((NEW,))
    guesses = [b"", COOKIE.sid.encode(), bytes.fromhex(COOKIE.sid), TOKENS.encode(), COOKIE.csrf_secret.encode()]
    for guess in guesses:
        opened = ring.newest.open(
            record[13:], purpose=b"bff/record/tokens", cookie=guess, bound_to=TOKENS.encode() + record[:13]
        )
        assert opened is None
    with_cookie = ring.newest.open(
        record[13:],
        purpose=b"bff/record/tokens",
        cookie=COOKIE.key_material,
        bound_to=TOKENS.encode() + record[:13],
    )
    assert with_cookie == b"plain"


def test_newest_key_seals_and_any_opens() -> None:
    before, both, after = Sealer(KeyRing((OLD,))), Sealer(KeyRing((NEW, OLD))), Sealer(KeyRing((NEW,)))
    assert both.open(sealed(before), RecordKind.TOKENS, COOKIE, TOKENS) == b"plain"
    assert after.open(sealed(both), RecordKind.TOKENS, COOKIE, TOKENS) == b"plain"
    assert before.open(sealed(both), RecordKind.TOKENS, COOKIE, TOKENS) is None
    assert sealed(both)[1:5] == ServerKey(NEW).number


def test_record_of_a_key_that_left_the_ring_opens_to_nothing() -> None:
    assert Sealer(KeyRing((NEW,))).open(sealed(Sealer(KeyRing((OLD,)))), RecordKind.TOKENS, COOKIE, TOKENS) is None


def test_version_grows_by_one_with_every_write(sealer: Sealer) -> None:
    record = sealed(sealer)
    assert int.from_bytes(record[VERSION], "big") == 1
    for version in range(2, 6):
        record = sealed(sealer, after=version_of(record))
        assert int.from_bytes(record[VERSION], "big") == version


def test_two_writes_after_the_same_record_have_different_versions(sealer: Sealer) -> None:
    first = sealed(sealer)
    assert version_of(sealed(sealer, version_of(first))) != version_of(sealed(sealer, version_of(first)))


def test_plain_text_is_not_in_the_record(sealer: Sealer) -> None:
    assert b"plain" not in sealed(sealer)
