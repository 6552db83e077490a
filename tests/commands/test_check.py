"""`bff check`, part by part against what is really broken: what it says, what it advises, and how it ends."""

from __future__ import annotations

import io
import re
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
from redis import Redis

from bff.commands.check import LOCAL_PARTS, PARTS, Part, run_check
from bff.commands.checks.finding import Topic, ok
from bff.commands.checks.redis_uses import REDIS_USES
from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.settings import Settings
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.provider.settings import ProviderSettings
from tests.support.acl import PASSWORD, url_of, user
from tests.support.bench.authority import make_authority
from tests.support.checked import Checked, check, environment_of, own_redis
from tests.support.fakes.raw_server import RawServer, reply, sends
from tests.support.fakes.redis_gate import RedisGate
from tests.support.leaks import hits_in
from tests.support.redis_keys import keys_of
from tests.support.shop import KEY, ShopMaker, SocialShop
from tests.support.storefront import changed, written
from tests.test_cli import run

DEAD = "http://127.0.0.1:1"


@pytest.fixture
def social(make_shop: ShopMaker) -> SocialShop:
    return make_shop.with_provider()


@pytest.fixture
def environ(make_shop: ShopMaker, social: SocialShop) -> dict[str, str]:
    return environment_of(make_shop, social.shop, social.provider)


def assert_only(checked: Checked, topic: str, status: str, *, code: int, what: str, hint: str) -> None:
    """See that one topic is not as it should be, and what is said of it."""
    assert checked.not_ok == {topic: status}, checked.text
    assert checked.code == code
    told = next(one for one in checked.of(topic) if one["status"] == status)
    assert what in told["what"]
    assert hint in told["hint"]


def test_whole_set_up_is_found_good_and_nothing_is_left_behind(environ: dict[str, str], redis: Redis) -> None:
    checked = check(environ)
    assert (checked.not_ok, checked.code, checked.told["status"]) == ({}, 0, "ok"), checked.text
    assert keys_of(redis) == []
    assert checked.one("redis.version")["what"].startswith("valkey ")
    assert checked.one("redis.eviction")["what"] == "noeviction, maxmemory not set"
    settings = Settings.from_env(environ)
    rights = {right for use in REDIS_USES if use.is_used(settings) for right in use.rights}
    assert checked.one("redis.rights")["what"] == f"the user has all {len(rights)} rights"


def test_lines_are_one_for_each_finding_and_a_summary(environ: dict[str, str]) -> None:
    checked = check(environ)
    *lines, summary = checked.text.splitlines()
    assert [line.split()[:2] for line in lines] == [[one["status"], one["part"]] for one in checked.told["findings"]]
    assert summary == f"{len(lines)} ok, 0 warning, 0 failed"


def test_what_is_to_be_registered_and_set_elsewhere_is_told_letter_by_letter(environ: dict[str, str]) -> None:
    checked = check({**environ, "BFF_PUBLIC_URL": "https://Shop.Example.com:443"})
    origin = "https://shop.example.com"
    assert {topic: checked.one(topic)["what"].rpartition(" ")[2] for topic in (
        "identity-provider.callback", "identity-provider.logout", "identity-provider.back-channel",
        "mailed-links.password", "mailed-links.email", "mailed-links.deletion", "mailed-links.activation",
    )} == {
        "identity-provider.callback": f"{origin}/login/callback",
        "identity-provider.logout": f"{origin}/",
        "identity-provider.back-channel": f"{origin}/login/backchannel-logout",
        "mailed-links.password": f"{origin}/password/reset?token=",
        "mailed-links.email": f"{origin}/email/confirm?token=",
        "mailed-links.deletion": f"{origin}/account/delete/confirm?token=",
        "mailed-links.activation": f"{origin}/signup/optin?token=",
    }  # fmt: skip


def test_without_an_identity_provider_there_is_nothing_to_register(make_shop: ShopMaker) -> None:
    checked = check(make_shop.environment(make_shop().settings.emporix.api_url))
    assert checked.not_ok == {}
    assert checked.one("identity-provider.discovery")["what"] == "none is configured: no social sign-in"
    assert checked.of("identity-provider.callback") == []


# The configuration


def test_bad_configuration_is_2_with_all_problems_and_nothing_is_asked() -> None:
    checked = check({"REDIS_URL": "redis://:hunter2@redis?db=x", "BFF_THREDS": "4", "BFF_WORKERS": "many"})
    assert (checked.code, checked.told["exitCode"]) == (2, 2)
    problems = {one["what"].partition(":")[0] for one in checked.of("configuration.environment")}
    assert problems == {
        "BFF_WORKERS", "BFF_PUBLIC_URL", "EMPORIX_TENANT", "EMPORIX_CLIENT_ID", "REDIS_URL", "BFF_SECRET_KEYS",
        "BFF_THREDS is not a known variable; did you mean BFF_THREADS?",
    }  # fmt: skip
    assert {one["part"] for one in checked.told["findings"]} == {"configuration"}
    assert "hunter2" not in checked.text


def test_unknown_variable_is_a_warning_and_a_warning_alone_is_0(environ: dict[str, str]) -> None:
    checked = check({**environ, "BFF_THREDS": "4"})
    what = "did you mean BFF_THREADS?"
    assert_only(checked, "configuration.environment", "warning", code=0, what=what, hint="Correct its name")
    assert checked.told["status"] == "warning"


# Redis


@pytest.mark.parametrize(
    ("command", "missed"),
    [
        ("zadd", "nobody can sign in; nobody can sign in who has an e-mail"),
        ("setrange", "a double click is not protected"),
        ("lpush", "each process counts for itself"),
        ("scan", "the command fails"),
        ("time", "nobody can sign in"),
    ],
)
def test_missing_right_is_named_with_what_goes_without_it_and_is_1(
    environ: dict[str, str], redis: Redis, redis_server: EmbeddedRedis, command: str, missed: str
) -> None:
    with user(redis, redis_server, "~bff:*", "+@all", f"-{command}"):
        checked = check({**environ, "REDIS_URL": url_of(redis_server)})
    assert checked.code == 1
    told = checked.one("redis.rights")
    assert told["what"] == f"the user may not run {command}: {missed}"
    assert told["hint"] == f"Allow it: ACL SETUSER <user> +{command}"
    assert checked.not_ok.keys() <= {"redis.rights", "redis.clock"}


def test_several_missing_rights_are_a_line_each(
    environ: dict[str, str], redis: Redis, redis_server: EmbeddedRedis
) -> None:
    with user(redis, redis_server, "~bff:*", "+@all", "-set", "-evalsha", "-zadd"):
        checked = check({**environ, "REDIS_URL": url_of(redis_server)})
    assert [one["hint"].split("+")[1] for one in checked.of("redis.rights")] == ["evalsha", "set", "zadd"]
    assert checked.one("redis.session")["what"] == "a session cannot be kept: NOPERM evalsha"


def test_keys_that_are_missing_are_named_and_all_of_them_at_once(
    environ: dict[str, str], redis: Redis, redis_server: EmbeddedRedis
) -> None:
    with user(redis, redis_server, "~bff:[^a]*", "+@all"):
        checked = check({**environ, "REDIS_URL": url_of(redis_server)})
    what = "the user may not reach bff:answer:* with del, evalsha, get, set, setrange: a double click is not protected"
    assert_only(checked, "redis.rights", "failed", code=1, what=what, hint="ACL SETUSER <user> ~bff:answer:*")
    with user(redis, redis_server, "~other:*", "+@all"):
        checked = check({**environ, "REDIS_URL": url_of(redis_server)})
    assert checked.one("redis.rights")["what"] == "the user may not reach the keys bff:*"


def test_right_that_no_configured_use_needs_is_not_missed(
    make_shop: ShopMaker, redis: Redis, redis_server: EmbeddedRedis
) -> None:
    off = {f"BFF_RATE_LIMIT_{name}": "off" for name in ("LOGIN", "MAIL", "GUEST")}
    environ = make_shop.environment(make_shop().settings.emporix.api_url, **off)
    with user(redis, redis_server, "~bff:*", "+@all", "-lpush"):
        checked = check({**environ, "REDIS_URL": url_of(redis_server)})
    assert checked.not_ok == {}


def test_eviction_and_persistence_that_cannot_be_seen_are_said_to_be_unknown(
    environ: dict[str, str], redis: Redis, redis_server: EmbeddedRedis
) -> None:
    with user(redis, redis_server, "~bff:*", "+@all", "-info", "-config"):
        checked = check({**environ, "REDIS_URL": url_of(redis_server)})
    assert checked.not_ok == {"redis.eviction": "warning", "redis.persistence": "warning"}
    assert checked.code == 0
    assert "cannot be seen (NOPERM info)" in checked.one("redis.eviction")["what"]
    assert "see yourself that maxmemory-policy is noeviction" in checked.one("redis.eviction")["hint"]
    with user(redis, redis_server, "~bff:*", "+@all", "-info"):
        checked = check({**environ, "REDIS_URL": url_of(redis_server)})
    assert checked.one("redis.eviction")["what"] == "noeviction"


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_policy_that_drops_keys_is_a_warning(environ: dict[str, str], policy: str) -> None:
    with own_redis("--maxmemory-policy", policy) as url:
        checked = check({**environ, "REDIS_URL": url})
    hint = "Set maxmemory-policy noeviction"
    assert_only(checked, "redis.eviction", "warning", code=0, what=f"the policy is {policy}", hint=hint)


def test_what_is_written_to_disk_is_told(environ: dict[str, str]) -> None:
    told = {}
    for name, settings in {"log": ["--appendonly", "yes"], "snapshots": ["--save", "60 1"], "none": []}.items():
        with own_redis(*settings) as url:
            told[name] = check({**environ, "REDIS_URL": url}).one("redis.persistence")["what"].partition(":")[0]
    assert told == {"log": "an append-only file", "snapshots": "snapshots", "none": "nothing is written to disk"}


def test_wrong_password_and_none_are_told_apart_and_from_no_server(
    environ: dict[str, str], redis_server: EmbeddedRedis, tmp_path: Path
) -> None:
    place = redis_server.url.partition("?")[0]
    for url, what, hint in (
        (url_of(redis_server), "it refuses the user or the password", "%-escapes"),
        (place, "it wants a password", "Put user and password into REDIS_URL"),
        ("redis://127.0.0.1:1", "127.0.0.1:1: nothing listens there", "Start Redis"),
        (f"unix://{tmp_path}/none.sock", "there is no such socket", "Start Redis"),
        ("redis://redis.invalid:6379", "redis.invalid:6379: its name is not known", "Correct the host"),
    ):
        checked = check({**environ, "REDIS_URL": url})
        assert_only(checked, "redis.connection", "failed", code=1, what=what, hint=hint)
        assert [one["topic"] for one in checked.told["findings"] if one["part"] == "redis"] == ["connection"]
        assert checked.one("emporix.login")["status"] == "ok"


def test_server_that_hangs_is_given_up_in_time(environ: dict[str, str], busy_seconds: float) -> None:
    with EmbeddedRedis() as server:
        server.pause()
        began = time.monotonic()
        checked = check({**environ, "REDIS_URL": server.url})
        took = time.monotonic() - began
        server.resume()
    assert_only(checked, "redis.connection", "failed", code=1, what="it does not answer in time", hint="firewall")
    assert took < 4 + 2 * busy_seconds


def test_replica_is_told_to_be_one(environ: dict[str, str]) -> None:
    with own_redis() as url, Redis.from_url(url) as client:
        client.replicaof("127.0.0.1", 1)
        checked = check({**environ, "REDIS_URL": url})
    assert checked.not_ok == {"redis.role": "failed", "redis.session": "failed"}
    assert checked.code == 1
    assert checked.one("redis.role")["hint"] == "Point REDIS_URL at the primary."
    assert checked.one("redis.session")["what"] == "a session cannot be kept: READONLY evalsha"


def test_full_server_is_told_to_be_full(environ: dict[str, str]) -> None:
    with own_redis("--maxmemory", "1") as url:
        checked = check({**environ, "REDIS_URL": url})
    assert_only(checked, "redis.session", "failed", code=1, what="OOM", hint="maxmemory")


def test_server_without_a_command_is_told_to_lack_it(environ: dict[str, str]) -> None:
    with own_redis("--rename-command", "SETRANGE", "") as url:
        checked = check({**environ, "REDIS_URL": url})
    what, hint = "this server has no command setrange: a double click is not protected", "without renamed commands"
    assert_only(checked, "redis.rights", "failed", code=1, what=what, hint=hint)


def test_old_server_is_refused(environ: dict[str, str], redis: Redis, redis_server: EmbeddedRedis) -> None:
    version = redis.execute_command("HELLO")  # type: ignore[no-untyped-call]  # redis-py has no types here
    told = version[b"version"] if isinstance(version, dict) else version[3]
    old = b"6.0" + b".0" * len(told)
    with RedisGate(redis_server.url, instead={told: old[: len(told)], b"valkey": b"redis\x00"[:5] + b"x"}) as gate:
        checked = check({**environ, "REDIS_URL": gate.url()})
    assert_only(checked, "redis.version", "failed", code=1, what="is older than 6.2", hint="Update it")


def server_side(folder: Path, days: int = 1) -> ssl.SSLContext:
    authority = make_authority(folder, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    return context


@pytest.mark.parametrize(
    ("days", "topic", "status", "what", "hint"),
    [
        (60, "redis.tls", "ok", "TLSv1.3; the certificate is good for 59 days", None),
        (14, "redis.tls", "warning", "TLSv1.3; the certificate ends in 13 days", "Renew Redis's certificate."),
        (
            -1,
            "redis.connection",
            "failed",
            "its certificate is not good any more, or not yet",
            "Renew Redis's certificate, and see that this machine's clock is right.",
        ),
    ],
)
def test_certificate_is_told_with_how_long_it_is_good(
    environ: dict[str, str],
    redis_server: EmbeddedRedis,
    tmp_path: Path,
    days: int,
    topic: str,
    status: str,
    what: str,
    hint: str | None,
) -> None:
    with RedisGate(redis_server.url, tls=server_side(tmp_path, days)) as gate:
        told = check({**environ, "REDIS_URL": gate.url(f"?ssl_ca_certs={tmp_path}/root.pem")}).one(topic)
    assert (told["status"], told["hint"]) == (status, hint)
    assert told["what"].endswith(what)


def test_certificate_of_an_unknown_authority_is_told_from_no_tls(
    environ: dict[str, str], redis_server: EmbeddedRedis, tmp_path: Path
) -> None:
    with RedisGate(redis_server.url, tls=server_side(tmp_path)) as gate:
        checked = check({**environ, "REDIS_URL": gate.url()})
        what = "nobody who is trusted vouches for its certificate"
        assert_only(checked, "redis.connection", "failed", code=1, what=what, hint="ssl_ca_certs")
        trusting = gate.url(f"?ssl_ca_certs={tmp_path}/root.pem").replace("127.0.0.1", "localhost")
        checked = check({**environ, "REDIS_URL": trusting})
        what = "its certificate is for another host"
        assert_only(checked, "redis.connection", "failed", code=1, what=what, hint="have it certified by this name")
        checked = check({**environ, "REDIS_URL": gate.url().replace("rediss://", "redis://")})
        assert_only(checked, "redis.connection", "failed", code=1, what="", hint="rediss://")
    with RedisGate(redis_server.url) as gate:
        checked = check({**environ, "REDIS_URL": gate.url().replace("redis://", "rediss://")})
        assert_only(checked, "redis.connection", "failed", code=1, what="it does not speak TLS", hint="redis://")


# Emporix


@pytest.mark.parametrize(
    ("answer", "what", "hint"),
    [
        (CannedResponse(status=401), "refuses a guest's tokens to tenant demoshop: 401", "EMPORIX_CLIENT_ID"),
        (CannedResponse(status=404), "refuses a guest's tokens to tenant demoshop: 404", "EMPORIX_TENANT"),
        (CannedResponse(status=503), "is not reached: upstream answered 503", "EMPORIX_API_URL"),
        (CannedResponse(status=500), "upstream answered 500", "a proxy, or another server"),
        (CannedResponse(status=429), "answers 429", "later"),
        (CannedResponse(status=200, body=b"<html>canary"), "not JSON, or has another shape", "a proxy"),
        (CannedResponse(status=200, body=b"{}"), "lacks the access token", "a proxy, or another server"),
    ],
)  # fmt: skip
def test_answer_that_is_no_guests_tokens_is_told(
    environ: dict[str, str], social: SocialShop, answer: CannedResponse, what: str, hint: str
) -> None:
    social.shop.sandbox.faults.add("anonymous_login", Fault(answer=answer))
    checked = check(environ)
    assert_only(checked, "emporix.login", "failed", code=1, what=what, hint=hint)
    assert "canary" not in checked.text


def test_wrong_api_key_and_tenant_are_refused_as_the_sandbox_does(environ: dict[str, str]) -> None:
    for changes in ({"EMPORIX_CLIENT_ID": "canary-key"}, {"EMPORIX_TENANT": "nobody"}):
        checked = check({**environ, **changes})
        assert checked.not_ok == {"emporix.login": "failed"}
        assert checked.code == 1
        assert "canary-key" not in checked.text


def test_emporix_that_is_away_or_slow_is_told_and_the_rest_is_looked_at(environ: dict[str, str]) -> None:
    checked = check({**environ, "EMPORIX_API_URL": DEAD})
    assert_only(
        checked, "emporix.login", "failed", code=1, what="127.0.0.1:1 is not reached: not connected", hint="firewall"
    )
    assert checked.of("emporix.clock") == []
    assert checked.one("redis.session")["status"] == "ok"


def test_emporix_that_does_not_answer_is_given_up_in_time(environ: dict[str, str], social: SocialShop) -> None:
    social.shop.sandbox.faults.add("anonymous_login", Fault(delay_before_seconds=30))
    checked = check({**environ, "EMPORIX_READ_TIMEOUT": "0.2"})
    assert_only(
        checked, "emporix.login", "failed", code=1, what="no whole answer in time", hint="EMPORIX_READ_TIMEOUT is 0.2 s"
    )


def test_clock_of_emporix_is_compared(environ: dict[str, str]) -> None:
    tokens = b'{"access_token": "canary", "expires_in": 60}'
    for seconds, status, what in ((0, "ok", "agree"), (90, "warning", "s ahead of"), (-90, "warning", "s behind")):
        date = f"Date: {formatdate(time.time() + seconds, usegmt=True)}"
        with RawServer(sends(reply(tokens, headers=(date,)))) as server:
            checked = check({**environ, "EMPORIX_API_URL": server.origin})
        told = checked.one("emporix.clock")
        assert (told["status"], checked.code) == (status, 0)
        assert what in told["what"]
        assert "canary" not in checked.text
    for headers in ((), ("Date: Mon, 01 Jan 99999999999999999999 00:00:00 GMT",)):
        with RawServer(sends(reply(tokens, headers=headers))) as server:
            checked = check({**environ, "EMPORIX_API_URL": server.origin})
        assert "names no time" in checked.one("emporix.clock")["what"]


def test_no_secret_is_told_in_any_form_whatever_fails(
    environ: dict[str, str], social: SocialShop, redis: Redis, redis_server: EmbeddedRedis, tmp_path: Path
) -> None:
    password = redis_server.url.partition("password=")[2]
    told: list[bytes] = []
    broken: tuple[dict[str, str], ...] = (
        {},
        {"REDIS_URL": url_of(redis_server)},
        {"REDIS_URL": redis_server.url.replace("unix://", "unix:///nowhere")},
        {"REDIS_URL": f"redis://:{password}@127.0.0.1:1"},
        {"REDIS_URL": f"redis://:{password}@127.0.0.1:1?db=x", "BFF_SECRET_KEYS": f"{KEY}x"},
        {"EMPORIX_CLIENT_ID": "canary-of-the-api-key"},
        {"BFF_THEME_DIR": str(tmp_path)},
    )
    for changes in broken:
        checked = check({**environ, **changes})
        told += [checked.text.encode(), str(checked.told).encode()]
    with user(redis, redis_server, "~bff:*", "+@all", "-set"):
        told.append(check({**environ, "REDIS_URL": url_of(redis_server)}).text.encode())
    issued = [one.value for one in social.shop.sandbox.issued]
    assert len(issued) >= 2 * len(broken) - 3
    secrets = [*issued, KEY, password, PASSWORD, "canary-of-the-api-key"]
    assert hits_in(told, [secret.encode() for secret in secrets]) == set()
    assert keys_of(redis) == []


def test_parts_do_not_wait_for_each_other(environ: dict[str, str], social: SocialShop, busy_seconds: float) -> None:
    for faults, operation in ((social.shop.sandbox.faults, "anonymous_login"), (social.provider.faults, "discovery")):
        faults.add(operation, Fault(delay_before_seconds=30))
    with EmbeddedRedis() as server:
        server.pause()
        began = time.monotonic()
        out = io.StringIO()
        code = run_check({**environ, "EMPORIX_READ_TIMEOUT": "3", "REDIS_URL": server.url}, out, json_form=False)
        took = time.monotonic() - began
        server.resume()
        social.shop.sandbox.faults.clear()
        social.provider.faults.clear()
    assert (code, out.getvalue().count("failed   ")) == (1, 3)
    assert took < 4.5 + busy_seconds


# The identity provider


def with_provider(make_shop: ShopMaker, **discovery: object) -> dict[str, str]:
    social = make_shop.with_provider(provider_settings=ProviderSettings(discovery_overrides=discovery))
    return environment_of(make_shop, social.shop, social.provider)


def test_provider_with_another_issuer_is_told(make_shop: ShopMaker) -> None:
    checked = check(with_provider(make_shop, issuer="https://canary.example.com/"))
    hint = "/.well-known/openid-configuration, letter by letter"
    assert_only(checked, "identity-provider.issuer", "failed", code=1, what="another issuer", hint=hint)
    assert checked.one("identity-provider.callback")["status"] == "ok"


def test_provider_without_keys_is_told(make_shop: ShopMaker, social: SocialShop) -> None:
    social.provider.faults.add("jwks", Fault(answer=CannedResponse(status=200, body=b'{"keys": []}')))
    environ = environment_of(make_shop, social.shop, social.provider)
    checked = check(environ)
    assert_only(checked, "identity-provider.keys", "failed", code=1, what="no key that can be used", hint="jwks_uri")


def test_provider_that_is_away_is_told(environ: dict[str, str]) -> None:
    checked = check({**environ, "AUTH0_ISSUER": f"{DEAD}/"})
    hint = f"See that {DEAD}/.well-known/openid-configuration can be read"
    assert_only(checked, "identity-provider.discovery", "failed", code=1, what="127.0.0.1:1: ", hint=hint)


def test_page_in_place_of_the_discovery_document_is_told(environ: dict[str, str], social: SocialShop) -> None:
    social.provider.faults.add("discovery", Fault(answer=CannedResponse(status=404, body=b"<html>canary")))
    checked = check(environ)
    what = "no document (answered 404)"
    assert_only(checked, "identity-provider.discovery", "failed", code=1, what=what, hint="AUTH0_ISSUER")
    assert "canary" not in checked.text


# The further operations


def test_further_operations_are_counted(environ: dict[str, str], tmp_path: Path) -> None:
    checked = check({**environ, "BFF_STOREFRONT": str(written(tmp_path, changed()))})
    assert not checked.not_ok
    assert checked.one("storefront.rows")["what"] == "further operations: 1"


def test_what_is_wrong_with_further_operations_is_a_wrong_configuration(
    environ: dict[str, str], tmp_path: Path
) -> None:
    path = written(tmp_path, changed(bearer='""'))
    checked = check({**environ, "BFF_STOREFRONT": str(path)})
    hint = 'Correct the file that BFF_STOREFRONT names, e.g. bearer = "visitor"'
    assert_only(checked, "storefront.rows", "failed", code=2, what=f"{path}, line 7: bearer is empty", hint=hint)
    assert checked.one("theme.templates")["status"] == "ok"


def test_what_may_not_be_meant_about_further_operations_is_a_warning(environ: dict[str, str], tmp_path: Path) -> None:
    path = written(tmp_path, changed())
    path.chmod(0o666)
    checked = check({**environ, "BFF_STOREFRONT": str(path)})
    assert checked.not_ok == {"storefront.rows": "warning"}
    assert checked.code == 0


# The theme


def themed(environ: dict[str, str], folder: Path, **files: str) -> Checked:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_html", ".html").replace("_po", ".po")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return check({**environ, "BFF_THEME_DIR": str(folder)})


@pytest.mark.parametrize("changes", [{}, {"REDIS_URL": "redis://127.0.0.1:1"}], ids=["with Redis", "without"])
def test_theme_that_is_right_is_found_good(environ: dict[str, str], tmp_path: Path, changes: dict[str, str]) -> None:
    layout = '{% extends "layout.html" %}{% block brand %}{{ _("Your profile") }}{% endblock %}'
    checked = themed({**environ, **changes}, tmp_path, templates__base_html=layout)
    assert checked.not_ok.keys() == ({"redis.connection"} if changes else set()), checked.text
    assert checked.code == (1 if changes else 0)
    assert checked.one("theme.pages")["status"] == "ok"
    assert checked.one("theme.overrides")["what"].startswith("templates of ours that are replaced: 1;")


def coloured(environ: dict[str, str], folder: Path, sheet: str) -> Checked:
    (folder / "static").mkdir(parents=True)
    (folder / "static" / "brand.css").write_text(sheet, encoding="utf-8")
    link = "{% block head %}{{ url_for('static', filename='brand.css') }}{% endblock %}"
    return themed(environ, folder, templates__base_html='{% extends "layout.html" %}' + link)


def test_colours_of_a_theme_that_can_be_read_are_found_good(environ: dict[str, str], tmp_path: Path) -> None:
    checked = coloured(environ, tmp_path / "both", ":root { --brand: #7a1f3d }")
    assert checked.one("theme.colours")["what"].endswith("pairs of colours can be told apart: light and dark")
    checked = coloured(environ, tmp_path / "light", ":root { --brand: #7a1f3d } @media (prefers-color-scheme: dark) {}")
    assert checked.one("theme.colours")["what"].endswith("pairs of colours can be told apart: light")
    assert checked.code == 0


def test_pair_of_colours_that_is_hard_to_tell_apart_is_a_warning(environ: dict[str, str], tmp_path: Path) -> None:
    checked = coloured(environ, tmp_path, ":root { --quiet: #999; --on-accent: #fff }")
    assert checked.not_ok == {"theme.colours": "warning"}
    assert checked.code == 0
    assert [one["what"] for one in checked.of("theme.colours")][:3] == [
        "light: hints on the page (--quiet #999999 on --ground #f6f6f3) has a contrast of 2.63, and needs 4.5",
        "light: hints on sheets (--quiet #999999 on --surface #ffffff) has a contrast of 2.84, and needs 4.5",
        "dark: text of a button (--on-accent #ffffff on --accent #a3dcc6) has a contrast of 1.54, and needs 4.5",
    ]


def test_colour_of_a_theme_that_is_none_is_2(environ: dict[str, str], tmp_path: Path) -> None:
    checked = coloured(environ, tmp_path, ":root { --brand: #12345; --quiet: lab(40 0 0); --link: var(--lnk) }")
    assert [(one["status"], one["what"]) for one in checked.of("theme.colours")] == [
        ("failed", "--brand: #12345 is no colour"),
        ("failed", "--link: var(--lnk) is no colour"),
        ("warning", "--quiet: lab(40 0 0) cannot be computed here"),
    ]
    assert checked.code == 2


def test_template_that_does_not_compile_is_2_and_the_rest_is_looked_at(environ: dict[str, str], tmp_path: Path) -> None:
    checked = themed(environ, tmp_path, templates__home_html="a\n{{ 1|nosuch }}", templates__login_html="{% end %}")
    assert checked.not_ok == {"theme.templates": "failed"}
    assert checked.code == 2
    assert [one["what"][:30] for one in checked.of("theme.templates")] == [
        "templates/home.html, line 2: N", "templates/login.html, line 1: ",
    ]  # fmt: skip
    assert checked.one("redis.session")["status"] == "ok"


@pytest.mark.parametrize(
    ("files", "what", "status", "code"),
    [
        (
            {"templates__logn_html": "x"},
            "templates/logn.html replaces none of ours, and none uses it; did you mean login.html?",
            "warning",
            0,
        ),
        (
            {"templates__base_html": '{% extends "layout.html" %}{% block foter %}{% endblock %}'},
            "templates/base.html fills a block foter, which layout.html has not; did you mean footer?",
            "warning",
            0,
        ),
        (
            {"templates__base_html": "<!doctype html>{% block title %}{% endblock %}"},
            "templates/base.html has no block main, which ",
            "warning",
            0,
        ),
        (
            {"templates__base_html": '{% extends "layout.html" %}{% block head %}'
             "{{ url_for('static', filename='sit.css') }}{% endblock %}"},
            "templates/base.html, line 1: there is no static file sit.css; did you mean site.css?",
            "warning",
            0,
        ),
    ],
)  # fmt: skip
def test_name_of_a_theme_that_leads_nowhere_is_a_warning(
    environ: dict[str, str], tmp_path: Path, files: dict[str, str], what: str, status: str, code: int
) -> None:
    checked = themed(environ, tmp_path, **files)
    assert checked.not_ok == {"theme.overrides": status}, checked.text
    assert what in checked.text
    assert checked.code == code


@pytest.mark.parametrize("changes", [{}, {"BFF_COOKIE_SAMESITE": "Strict"}, {"REDIS_URL": "redis://127.0.0.1:1"}])
def test_macro_that_is_not_there_and_page_that_cannot_be_drawn_are_2(
    environ: dict[str, str], tmp_path: Path, changes: dict[str, str]
) -> None:
    checked = themed({**environ, **changes}, tmp_path, templates___social_html="{% macro other_way() %}{% endmacro %}")
    assert checked.not_ok.keys() - {"redis.connection"} == {"theme.overrides", "theme.pages"}, checked.text
    assert [one["what"].partition(" ")[0] for one in checked.of("theme.pages")] == ["/login", "/signup"]
    assert "templates/_social.html has no macro other_ways, which login.html uses" in checked.text
    assert "/login cannot be drawn: UndefinedError at login.html:" in checked.text
    assert checked.code == 2


def test_text_that_cannot_be_filled_is_2(environ: dict[str, str], tmp_path: Path) -> None:
    checked = themed(
        environ,
        tmp_path,
        templates__home_html='{% extends "base.html" %}\n{% block main %}{{ _("%(name)s", nam=1) }}{% endblock %}',
        templates__sessions_html='{{ _("100% cotton") }}',
    )
    assert checked.code == 2
    assert [one["what"] for one in checked.of("theme.texts")] == [
        "templates/home.html, line 2: a text is not given name",
        "templates/sessions.html, line 1: a text has a % that is no placeholder; write %%",
    ]
    assert "/ cannot be drawn: KeyError" in checked.text


def test_translation_of_a_theme_in_no_known_encoding_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    text = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=nosuch\\n"\n\nmsgid "a"\nmsgstr "b"\n'
    checked = themed(environ, tmp_path, templates__x="", translations__de_po=text)
    assert [one["what"] for one in checked.of("theme.texts") if one["status"] == "failed"] == [
        "translations/de.po cannot be read"
    ]


def test_translations_of_a_theme_are_counted_and_words_that_no_page_has_are_a_warning(
    environ: dict[str, str], tmp_path: Path
) -> None:
    checked = themed(environ, tmp_path, translations__de_po='msgid "Sign in"\nmsgstr "Komm rein"\n')
    assert checked.one("theme.texts")["what"] == "each text is given what it is filled in by; translations: de"
    assert (checked.code, checked.not_ok) == (0, {})
    old = "".join(f'msgid "Old text {number}"\nmsgstr "x"\n\n' for number in range(13))
    checked = themed(environ, tmp_path, translations__fr_po=old)
    told = [one["what"] for one in checked.of("theme.texts")]
    assert (checked.code, checked.not_ok) == (0, {"theme.texts": "warning"})
    assert told[0] == "translations/fr.po, line 1: no page has this text"
    assert told[10] == "3 more texts of translations are on no page"
    assert re.fullmatch(r"translations/fr\.po has no words for (\d+) of \1 texts", told[11])
    assert len(told) == 12


def test_translation_of_a_theme_with_other_placeholders_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    text = 'msgid "Hello %(name)s"\nmsgstr "Hallo %(nmae)s"\n\nmsgid "Bye %(name)s"\nmsgstr "Tschüss"\n'
    checked = themed(environ, tmp_path, templates__x="", translations__de_po=text)
    told = [one["what"] for one in checked.of("theme.texts") if one["status"] == "failed"]
    assert told == [
        "translations/de.po, line 1: a placeholder is not one of its text's",
        "translations/de.po, line 4: a placeholder of its text is missing",
    ]
    assert checked.code == 2


# The command


def test_json_has_the_names_that_are_promised(environ: dict[str, str]) -> None:
    checked = check({**environ, "EMPORIX_API_URL": DEAD})
    assert checked.told.keys() == {"version", "status", "exitCode", "findings"}
    assert (checked.told["status"], checked.told["exitCode"]) == ("failed", 1)
    known = {(topic.part, topic.word) for topic in Topic}
    for one in checked.told["findings"]:
        assert one.keys() == {"part", "topic", "status", "what", "hint"}
        assert (one["part"], one["topic"]) in known
        assert one["status"] in {"ok", "warning", "failed"}
        assert one["what"]
        assert one["hint"] is None or one["hint"].endswith((".", ")")) or one["hint"].startswith("Allow it: ACL ")


def test_part_that_does_not_end_or_breaks_is_told_and_hides_no_other(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def never(settings: object) -> Iterator[None]:
        yield ok(Topic.VERSION, "so far")  # type: ignore[misc]  # a part's own type says it
        time.sleep(60)

    def breaks(settings: object) -> list[None]:
        raise LookupError("canary")

    broken = (
        Part(look=never, most_seconds=lambda _: 0.2, silent=Topic.CONNECTION),  # type: ignore[arg-type]  # as above
        Part(look=breaks, most_seconds=lambda _: 60, silent=Topic.LOGIN),  # type: ignore[arg-type]  # as above
        PARTS[2],
    )
    monkeypatch.setattr("bff.commands.check.PARTS", broken)
    checked = check(environ)
    assert checked.one("redis.version")["status"] == "ok"
    assert checked.one("redis.connection")["what"] == "no answer within 0 s"
    assert checked.one("emporix.login")["what"] == "could not be looked at: LookupError"
    assert checked.one("identity-provider.keys")["status"] == "ok"
    assert "canary" not in checked.text + "".join(capfd.readouterr())


def test_part_that_asks_nobody_and_breaks_hides_no_other(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def breaks(settings: object) -> list[None]:
        raise LookupError("canary")

    monkeypatch.setattr("bff.commands.check.LOCAL_PARTS", ((breaks, Topic.TEMPLATES), LOCAL_PARTS[-1]))
    checked = check(environ)
    assert checked.not_ok == {"theme.templates": "failed"}
    assert checked.one("theme.templates")["what"] == "could not be looked at: LookupError"
    assert checked.one("mailed-links.password")["status"] == "ok"
    assert "canary" not in checked.text + "".join(capfd.readouterr())


def test_name_of_a_file_makes_no_line_and_speaks_to_no_terminal(environ: dict[str, str], tmp_path: Path) -> None:
    for name in ("a\x1b[2J\nok everything.html", "\udcff.html"):
        folder = tmp_path / str(len(name))
        (folder / "templates").mkdir(parents=True)
        (folder / "templates" / name).write_text("{% end %}")
        checked = check({**environ, "BFF_THEME_DIR": str(folder)})
        assert checked.text.isascii()
        *lines, _ = checked.text.split("\n")[:-1]
        assert len(lines) == len(checked.told["findings"])
        assert all(line.isprintable() for line in lines)


def test_text_of_a_redis_is_not_told(environ: dict[str, str]) -> None:
    text = b"\x1b[31m7.0 canary"
    greeting = b"%%3\r\n+server\r\n$%d\r\n%s\r\n+version\r\n$%d\r\n%s\r\n+proto\r\n:3\r\n" % (2 * (len(text), text))

    class Talker(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(65536):
                self.request.sendall(greeting)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talker) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        checked = check({**environ, "REDIS_URL": f"redis://127.0.0.1:{server.server_address[1]}"})
        server.shutdown()
    assert checked.one("redis.version")["what"] == "? ?"
    assert "canary" not in checked.text


def test_command_prints_and_ends_as_it_found(environ: dict[str, str]) -> None:
    good = run("bff.cli", "check", **environ)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.splitlines()[-1].endswith(" ok, 0 warning, 0 failed")
    bad = run("bff.cli", "check", "--json", **{**environ, "REDIS_URL": "redis://:hunter2@127.0.0.1:1"})
    assert bad.returncode == 1
    assert '"exitCode": 1' in bad.stdout
    assert "hunter2" not in bad.stdout + bad.stderr
    wrong = run("bff.cli", "check", BFF_WORKERS="many")
    assert wrong.returncode == 2
    assert wrong.stderr == ""
