"""Which Redis addresses are accepted, and that a refused one is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.config.environment import UnacceptableError
from bff.config.redis_url import redis_url


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
    ],
)
def test_redis_address_is_taken_as_it_is(value: str) -> None:
    assert redis_url(value).reveal() == value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            "redis+sentinel://:hunter2@h:26379/main/0",
            "redis+sentinel:// is not supported by this release yet",
        ),
        ("redis+cluster://:hunter2@h:6379", "redis+cluster:// is not supported by this release yet"),
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
