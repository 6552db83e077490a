"""Which Redis addresses are accepted, and that a refused one is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.config.environment import UnacceptableError
from bff.config.redis_url import RedisKind, address_of, place, redis_url
from bff.secret import Secret


@pytest.mark.parametrize(
    "value",
    [
        "redis://redis",
        "redis://redis:6379/15?db=3",
        "redis://user:hun%23ter2@[::1]:6379",
        "rediss://:hunter2@redis.internal/0?ssl_cert_reqs=required&ssl_check_hostname=true",
        "unix:///run/redis.sock",
        "unix:///run/redis.sock?db=1&username=u&password=hunter2",
        "unix://user:hunter2@/run/redis.sock",
        "redis+sentinel://a.internal/main",
        "redis+sentinel://user:hunter2@a:26379,[::1]:26380,c/main.1/3?sentinel_username=u&sentinel_password=hunter2",
        "rediss+sentinel://a,b/main?ssl_cert_reqs=required&sentinel_password=hunter2",
        "redis+cluster://:hunter2@a:7000,b:7001,10.0.0.1",
        "rediss+cluster://a,b/0?ssl_check_hostname=true",
    ],
)
def test_redis_address_is_taken_as_it_is(value: str) -> None:
    assert redis_url(value).reveal() == value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("redis+sentinel://:hunter2@h:26379", "name of the service"),
        ("redis+sentinel://:hunter2@h/main/x", "name of the service"),
        ("redis+sentinel://:hunter2@a,,b/main", "must name hosts"),
        ("redis+sentinel://:hunter2@a,b:0/main", "a port from 1 to 65535"),
        ("redis+sentinel://:hunter2@a,b:port/main", "valid host and port"),
        ("redis+sentinel://h/main?sentinel_username=hunter2", "needs sentinel_password"),
        ("redis+sentinel://h/main?db=2", "db is not allowed with redis+sentinel://"),
        ("redis+sentinel://h/main?ssl_cert_reqs=required", "not allowed with redis+sentinel://"),
        ("rediss+sentinel://:hunter2@h/main?ssl_cert_reqs=none", "ssl_cert_reqs may only be required"),
        ("rediss+sentinel://:hunter2@h/main?ssl_check_hostname=false", "ssl_check_hostname may only be true"),
        ("redis+cluster://:hunter2@h/1", "one database"),
        ("redis+cluster://:hunter2@", "must name hosts"),
        ("redis+cluster://:hunter2#@h", "fragment"),
        ("redis+cluster://:hunter 2@h", "without spaces"),
        ("redis+cluster://h?sentinel_password=hunter2", "sentinel_password is not allowed with redis+cluster://"),
        ("rediss+cluster://:hunter2@h?ssl_cert_reqs=none", "ssl_cert_reqs may only be required"),
        ("rediss+cluster://:hunter2@h?ssl_check_hostname=0", "ssl_check_hostname may only be true"),
        ("redis+cluster+sentinel://:hunter2@h", "must begin with"),
        ("REDIS://:hunter2@redis", "must begin with"),
        ("memcached://:hunter2@h", "must begin with"),
        ("hunter2", "must begin with"),
        ("redis://:hunter2@", "must name a host"),
        ("redis://:hunter2@redis:port", "valid host and port"),
        ("redis://:hunter2@redis:0", "a port from 1 to 65535"),
        ("redis://:hunter2#x@redis", "fragment"),
        ("redis://:hunter2@redis/main", "number of a database"),
        ("redis://:hunter2@redis?db=x", "number of a database"),
        ("redis://:hunter2@redis?db=1&db=2", "db is there twice"),
        ("redis://:hunter2@redis?hunter2", "not name=value"),
        ("redis://:x?hunter2=1@redis", "valid host and port"),
        ("redis://x?hunter2=1@redis", "parameter that it has is not allowed"),
        ("redis://:hunter2@redis?socket_timeout=9", "not allowed"),
        ("redis://:hunter2@redis?ssl_ca_certs=/x", "ssl_ca_certs is not allowed with redis://"),
        ("redis://redis?password=hunter2", "password is not allowed with redis://"),
        ("rediss://:hunter2@redis?ssl_cert_reqs=none", "ssl_cert_reqs may only be required"),
        ("rediss://:hunter2@redis?ssl_cert_reqs=optional", "ssl_cert_reqs may only be required"),
        ("rediss://:hunter2@redis?ssl_cert_reqs=", "ssl_cert_reqs may only be required"),
        ("rediss://:hunter2@redis?ssl_check_hostname=false", "ssl_check_hostname may only be true"),
        ("rediss://:hunter2@redis?ssl_check_hostname=0", "ssl_check_hostname may only be true"),
        ("rediss://:hunter2@redis?ssl_ca_certs=/does/not/exist", "ssl_ca_certs must name an existing file"),
        ("unix://hunter2/redis.sock", "absolute path"),
        ("unix://", "absolute path"),
        ("unix:///redis.sock?ssl_cert_reqs=hunter2", "ssl_cert_reqs is not allowed with unix://"),
        ("redis://:hunter 2@redis", "without spaces"),
    ],
)
def test_unsafe_or_unclear_redis_address_is_refused_and_not_shown(value: str, told: str) -> None:
    with pytest.raises(UnacceptableError) as caught:
        redis_url(value)
    assert told in str(caught.value)
    assert "hunter" not in str(caught.value)


def test_certificate_files_of_redis_have_to_exist(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    url = f"rediss://redis.internal?ssl_ca_certs={file}"
    assert redis_url(url).reveal() == url


def test_what_an_address_of_sentinels_names_is_read_from_it() -> None:
    url = "rediss+sentinel://us%40er:p%3Aw@a:1,[::1],c/main/3?sentinel_username=s&sentinel_password=t%26t"
    address = address_of(redis_url(url).reveal())
    assert (address.kind, address.tls, address.service, address.db) == (RedisKind.SENTINEL, True, "main", 3)
    assert address.hosts == (("a", 1), ("::1", 26379), ("c", 26379))
    assert (address.username, address.password) == ("us@er", Secret("p:w"))
    assert (address.sentinel_username, address.sentinel_password) == ("s", Secret("t&t"))
    assert place(url) == "a:1,[::1],c"


def test_what_an_address_of_a_cluster_names_is_read_from_it() -> None:
    address = address_of(redis_url("redis+cluster://:pw@a,b:7001/0").reveal())
    assert (address.kind, address.tls, address.db) == (RedisKind.CLUSTER, False, 0)
    assert address.hosts == (("a", 6379), ("b", 7001))
    assert (address.username, address.password) == (None, Secret("pw"))


@pytest.mark.parametrize(
    ("url", "leaves"),
    [
        ("unix:///run/redis.sock", False),
        ("redis://127.0.0.1/2", False),
        ("redis+cluster://localhost,[::1]:7001", False),
        ("redis+cluster://localhost,10.0.0.1", True),
        ("redis+sentinel://redis.internal/main", True),
    ],
)
def test_whether_an_address_leaves_the_machine_is_told_by_all_of_its_hosts(url: str, leaves: bool) -> None:
    assert address_of(redis_url(url).reveal()).leaves_the_machine is leaves
