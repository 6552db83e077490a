"""nginx takes the configuration that is shipped; what it does is in `tests/deploy/test_behind_nginx.py`."""

from __future__ import annotations

import re
from pathlib import Path

from bff.commands.serve import KEEPALIVE_SECONDS
from tests.support.bench.authority import make_authority
from tests.support.deploy.front import Places, tried
from tests.support.deploy.shipped import shipped

CONFIGURATION = shipped("nginx.conf")


def test_nginx_finds_nothing_wrong_with_the_file(tmp_path: Path) -> None:
    places = Places(port=443, plain_port=80, program="unix:/run/bff.sock", authority=make_authority(tmp_path))
    answer = tried(tmp_path, places)
    assert answer.returncode == 0, answer.stderr
    # From 1.25 on it says that `http2` has a line of its own now; the file says so too.
    warnings = [line for line in answer.stderr.splitlines() if "[warn]" in line and '"listen ... http2"' not in line]
    assert warnings == []


def test_nginx_closes_a_kept_connection_before_the_program_does() -> None:
    (upstream,) = re.findall(r"^upstream bff \{\n(.*?)^\}", CONFIGURATION, re.MULTILINE | re.DOTALL)
    (seconds,) = re.findall(r"^ +keepalive_timeout (\d+)s;", upstream, re.MULTILINE)
    assert int(seconds) < KEEPALIVE_SECONDS


def test_no_location_loses_the_headers_by_setting_one_of_its_own() -> None:
    assert re.findall(r"^ {8,}proxy_set_header", CONFIGURATION, re.MULTILINE) == []
