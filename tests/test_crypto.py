"""Key rings and sealing: what opens, what does not, and which key does what."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import BadSignature, URLSafeTimedSerializer

from bff.crypto import KEY_BYTES, KeyRing, ServerKey, _mac, digest, encode, random_text
from bff.secret import Secret

OLD, NEW = Secret(b"o" * 32), Secret(b"n" * 32)
PLACE = {"purpose": b"kind", "cookie": b"cookie", "bound_to": b"place"}


def test_sealed_text_opens_in_its_place() -> None:
    key = ServerKey(NEW)
    assert key.open(key.seal(b"plain", **PLACE), **PLACE) == b"plain"


@pytest.mark.parametrize(
    "elsewhere", [{"purpose": b"other"}, {"cookie": b"other"}, {"cookie": b""}, {"bound_to": b"other"}]
)
def test_sealed_text_opens_nowhere_else(elsewhere: dict[str, bytes]) -> None:
    key = ServerKey(NEW)
    assert key.open(key.seal(b"plain", **PLACE), **{**PLACE, **elsewhere}) is None


def test_another_server_key_opens_nothing() -> None:
    assert ServerKey(OLD).open(ServerKey(NEW).seal(b"plain", **PLACE), **PLACE) is None


def test_every_changed_byte_is_noticed() -> None:
    key = ServerKey(NEW)
    sealed = key.seal(b"plain", **PLACE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        assert key.open(bytes(changed), **PLACE) is None


@pytest.mark.parametrize("size", range(29))
def test_text_cut_short_opens_to_nothing(size: int) -> None:
    key = ServerKey(NEW)
    assert key.open(key.seal(b"plain", **PLACE)[:size], **PLACE) is None


def test_same_text_is_never_sealed_to_the_same_bytes() -> None:
    key = ServerKey(NEW)
    assert len({key.seal(b"plain", **PLACE) for _ in range(100)}) == 100


def test_ring_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        KeyRing(())


def test_ring_finds_each_key_by_its_number() -> None:
    ring = KeyRing((NEW, OLD))
    assert ring.newest.number == ServerKey(NEW).number
    for secret in (NEW, OLD):
        number = ServerKey(secret).number
        found = ring.numbered(number)
        assert found is not None
        assert found.number == number
    assert KeyRing((NEW,)).numbered(ServerKey(OLD).number) is None


def test_names_are_keyed_and_newest_first() -> None:
    names = KeyRing((NEW, OLD)).names(b"kind", "jane@example.com")
    assert names == (
        ServerKey(NEW).name(b"kind", "jane@example.com"),
        ServerKey(OLD).name(b"kind", "jane@example.com"),
    )
    assert len(set(names)) == 2
    assert KeyRing((NEW,)).names(b"other", "jane@example.com")[0] != names[0]


def test_kind_and_value_of_a_name_do_not_run_into_each_other() -> None:
    key = ServerKey(NEW)
    assert key.name(b"ab", "c") != key.name(b"a", "bc")


def test_form_signed_under_the_older_key_still_verifies() -> None:
    before = URLSafeTimedSerializer(KeyRing((OLD,)).csrf_keys_oldest_first).dumps("form")
    assert URLSafeTimedSerializer(KeyRing((NEW, OLD)).csrf_keys_oldest_first).loads(before) == "form"


def test_newest_key_signs_forms() -> None:
    signed = URLSafeTimedSerializer(KeyRing((NEW, OLD)).csrf_keys_oldest_first).dumps("form")
    assert URLSafeTimedSerializer(KeyRing((NEW,)).csrf_keys_oldest_first).loads(signed) == "form"
    with pytest.raises(BadSignature):
        URLSafeTimedSerializer(KeyRing((OLD,)).csrf_keys_oldest_first).loads(signed)


def test_key_that_left_the_ring_signs_nothing_any_more() -> None:
    before = URLSafeTimedSerializer(KeyRing((OLD,)).csrf_keys_oldest_first).dumps("form")
    with pytest.raises(BadSignature):
        URLSafeTimedSerializer(KeyRing((NEW,)).csrf_keys_oldest_first).loads(before)


def test_no_key_shows_itself() -> None:
    ring = KeyRing((NEW, OLD))
    shown = repr(ring) + repr(vars(ring)) + repr(vars(ring.newest))
    assert "nnnn" not in shown
    assert "oooo" not in shown


def test_random_text_is_256_bits_of_base64url_without_padding() -> None:
    texts = {random_text() for _ in range(100)}
    assert len(texts) == 100
    assert all(len(text) == 43 and "=" not in text for text in texts)
    assert encode(b"\xfb\xff") == "-_8"


def test_two_uses_of_one_value_share_no_digest() -> None:
    assert digest(b"one", b"value") != digest(b"other", b"value")


def test_sealed_text_opens_for_its_purpose_and_place_alone() -> None:
    ring = KeyRing([Secret(b"n" * 32)])
    sealed = ring.seal_text("an entry", purpose=b"one", bound_to=b"here")
    assert "an entry" not in sealed
    assert ring.open_text(sealed, purpose=b"one", bound_to=b"here") == "an entry"
    assert ring.open_text(sealed, purpose=b"two", bound_to=b"here") is None
    assert ring.open_text(sealed, purpose=b"one", bound_to=b"there") is None
    assert KeyRing([Secret(b"o" * 32)]).open_text(sealed, purpose=b"one", bound_to=b"here") is None
    for nothing in ("", "é", "A", "AAAA", sealed[:-2], sealed + "AAAA"):
        assert ring.open_text(nothing, purpose=b"one", bound_to=b"here") is None


@pytest.mark.parametrize("cookie", [b"", b"c" * 32])
@pytest.mark.parametrize("purpose", [b"bff/record/web", b""])
def test_keys_are_hkdf_of_server_key_and_cookie(cookie: bytes, purpose: bytes) -> None:
    """RFC 5869, as another implementation has it: records that were sealed before open after."""
    key = bytes(range(32))
    theirs = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key + cookie)
    assert ServerKey(Secret(key))._derive(purpose, cookie) == theirs


def test_keys_are_those_of_rfc_5869_without_salt_and_info() -> None:
    """Appendix A.3, as far as one block goes."""
    derived = ServerKey(Secret(b"\x0b" * 22))._derive(b"", b"")
    assert derived.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"


@pytest.mark.parametrize(
    ("key", "data", "expected"),
    [
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    ],
)
def test_mac_is_that_of_rfc_4231(key: bytes, data: bytes, expected: str) -> None:
    """Sections 4.2 to 4.5; a shorter key is one that ends in zeros."""
    assert _mac(key.ljust(KEY_BYTES, b"\0"), data).hex() == expected


@given(key=st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES), data=st.binary(max_size=300))
def test_mac_is_what_the_standard_library_makes_it(key: bytes, data: bytes) -> None:
    assert _mac(key, data) == hmac.digest(key, data, hashlib.sha256)
