"""What the audit says against a configuration: each planted weakness is found, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import math
import secrets
from pathlib import Path

import pytest

from bff.audit.as_json import as_json
from bff.audit.configuration import EVERY_WEAKNESS, FEWEST_DISTINCT_BYTES, looks_random, notes, weaknesses
from bff.audit.report import audit
from bff.audit.text import as_text
from tests.support.alike import alike
from tests.support.audit.audit_parts import build, new_key, settings

WEAK_KEYS = {
    "one byte": b"\x07" * 32,
    "a pattern": bytes.fromhex("deadbeef") * 8,
    "counted up": bytes(range(100, 132)),
    "counted down by three": bytes(range(250, 154, -3)),
    "text": b"correct horse battery staple 123",
    "text with a line break": b"correct horse battery staple 12\n",
    "halves": b"sixteen! bytes.." * 2,
    "hexadecimal text": hashlib.sha256(b"x").hexdigest()[:32].encode(),
    "few bytes": bytes([1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 99, 77, 44, 11] * 2),
}
WEAK = {
    "redis-in-clear": {"REDIS_URL": "redis://:hunter2@redis.internal:6379/0"},
    "login-limit-off": {"BFF_RATE_LIMIT_LOGIN": "off"},
    "mail-limit-off": {"BFF_RATE_LIMIT_MAIL": "off"},
    "mail-limit-per-address-missing": {"BFF_RATE_LIMIT_MAIL": "5/hour"},
    "guest-limit-off": {"BFF_RATE_LIMIT_GUEST": "off"},
    "session-limit-off": {"BFF_RATE_LIMIT_API": "off"},
    "idle-too-long": {"BFF_SESSION_IDLE": "3601"},
    "lifetime-too-long": {"BFF_SESSION_LIFETIME": "86401"},
    "key-not-random": {"BFF_SECRET_KEYS": base64.urlsafe_b64encode(WEAK_KEYS["text"]).decode()},
    "no-proxy-declared": {"BFF_TRUSTED_PROXIES": "0"},
    "public-url-in-clear": {"BFF_PUBLIC_URL": "http://127.0.0.1:8000"},
    "upstream-in-clear": {"EMPORIX_API_URL": "http://127.0.0.1:9000"},
    "issuer-in-clear": {"AUTH0_ISSUER": "http://127.0.0.1:9001/"},
    "answers-not-neutral": {"BFF_NEUTRAL_ANSWERS": "off"},
    "metrics-not-on-loopback": {"BFF_METRICS_BIND": "0.0.0.0:9090"},
    "log-level-debug": {"BFF_LOG_LEVEL": "debug"},
}
SOUND = {
    "as it is": {},
    "without social login": {"AUTH0_ISSUER": "", "AUTH0_CLIENT_ID": ""},
    "strict cookie": {"BFF_COOKIE_SAMESITE": "Strict"},
    "redis on this machine": {"REDIS_URL": "redis://127.0.0.1:6379/0"},
    "redis on a socket": {"REDIS_URL": "unix:///run/redis.sock"},
    "two keys": {"BFF_SECRET_KEYS": f"{new_key()},{new_key()}"},
    "longest lifetimes": {"BFF_SESSION_IDLE": "3600", "BFF_SESSION_LIFETIME": "86400"},
    "two proxies": {"BFF_TRUSTED_PROXIES": "2"},
    "features off": {"BFF_ACCOUNT_DELETION": "off", "BFF_ADD_LOGIN": "off"},
    "page of the JSON routes": {"BFF_API_DOCS": "on"},
    "metrics on this machine": {"BFF_METRICS_BIND": "127.0.0.1:9090"},
    "metrics on this machine, by its other address": {"BFF_METRICS_BIND": "[::1]:9090"},
    "example shop": {"BFF_EXAMPLE_SHOP": "on"},
    "another mode": {"EMPORIX_SIGNUP": "immediate", "EMPORIX_SITE": "main"},
}


@pytest.mark.parametrize("name", alike(*SOUND, often=2))
def test_sound_production_configuration_has_no_finding(name: str, tmp_path: Path) -> None:
    # Which tests there are is the same for all of them, and looked up in a test of its own.
    report = audit(build(**SOUND[name]), checkouts=[tmp_path])
    assert report.weaknesses == ()
    assert report.failed == {}
    assert report.findings == 0


@pytest.mark.parametrize(
    "name",
    # Each asks every route anew: each run of the tests does so for some, tests/more for all the others.
    [pytest.param(name, marks=() if number % 4 == 0 else pytest.mark.more) for number, name in enumerate(WEAK)],
)
def test_planted_weakness_gives_exactly_its_own_finding(name: str, tmp_path: Path) -> None:
    report = audit(build(**WEAK[name]), checkouts=[tmp_path])
    assert [weakness.name for weakness in report.weaknesses] == [name]
    assert report.findings == 1
    (weakness,) = report.weaknesses
    assert weakness.variable in WEAK[name]
    assert set(report.failed) <= weakness.guards


def test_page_of_the_json_routes_is_a_note_where_it_is_on_and_no_finding(tmp_path: Path) -> None:
    (note,) = notes(settings(BFF_API_DOCS="on"))
    assert note.startswith("BFF_API_DOCS: /api/docs ")
    assert weaknesses(settings(BFF_API_DOCS="on")) == ()
    assert notes(settings()) == ()
    report = audit(build(BFF_API_DOCS="on"), checkouts=[tmp_path])
    assert as_json(report)["notes"] == [note]
    assert f"Switched on, and no finding\n---------------------------\n- {note[:30]}" in as_text(report)


def test_every_weakness_is_planted() -> None:
    assert [weakness.name for weakness in EVERY_WEAKNESS] == list(WEAK)


def test_weaknesses_are_all_found_together() -> None:
    # Without https there is no proxy to be declared, and a limit that is off lacks no second rate.
    planted = {name: changes for name, changes in WEAK.items() if name not in ("public-url-in-clear", "mail-limit-off")}
    together = {variable: value for changes in planted.values() for variable, value in changes.items()}
    found = weaknesses(settings(**together))
    assert [weakness.name for weakness in found] == list(planted)


@pytest.mark.parametrize("kind", WEAK_KEYS)
def test_key_that_somebody_made_up_is_told_from_a_random_one(kind: str) -> None:
    assert len(WEAK_KEYS[kind]) == 32
    assert not looks_random(WEAK_KEYS[kind])


@pytest.mark.parametrize(
    "written",
    [
        "correcthorsebatterystaplecorrecthorsebatter8",
        "7f3a09bc51de6824f0a1c3b5d7e9182736455463728",
        "JANEDOESVERYLONGPASSPHRASE1234567890ABCDEFG",
    ],
)
def test_words_written_where_base64_belongs_are_told_from_a_random_key(written: str) -> None:
    key = base64.urlsafe_b64decode(written[:43] + "=")
    assert len(key) == 32
    assert not looks_random(key)


def test_random_keys_are_not_suspected() -> None:
    assert all(looks_random(secrets.token_bytes(32)) for _ in range(20_000))


def test_suspicion_of_a_random_key_is_rarer_than_once_in_a_thousand_million() -> None:
    few = FEWEST_DISTINCT_BYTES - 1
    # At most `few` values among 32 bytes, and one fewer among their 31 steps: some set of so many holds them all.
    bytes_repeat = math.comb(256, few) * (few / 256) ** 32
    steps_repeat = math.comb(256, few - 1) * ((few - 1) / 256) ** 31
    all_printable = (100 / 256) ** 32
    narrow = 2 * (36 / 64) ** 42 + (22 / 64) ** 42
    assert bytes_repeat + steps_repeat + all_printable + narrow < 1e-9
