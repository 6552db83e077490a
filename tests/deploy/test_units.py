"""The systemd units: systemd finds nothing wrong with them, they are narrow, and their settings are the program's."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bff.cli import EXIT_BAD_CONFIGURATION
from bff.config.settings import known_variables
from tests.support.deploy.shipped import replaced, settings_of, shipped, variables_in

MOST_EXPOSED = 15
"""Tenths, of what `systemd-analyze security` counts from 0 (nothing is open) to 10; it calls 2 'OK'."""


def analyzed(folder: Path, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd about the units, with a program that is there in place of the installed one."""
    service = replaced(shipped("bff.service"), {"/opt/bff/bin/bff": "/bin/true", **changes})
    (folder / "bff.service").write_text(service)
    (folder / "bff.socket").write_text(shipped("bff.socket"))
    command = ["systemd-analyze", "--man=no", *words, str(folder / "bff.service")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def setting(unit: str, name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", shipped(unit), re.MULTILINE)
    return str(value)


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    answer = analyzed(tmp_path, "verify", str(tmp_path / "bff.socket"))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_systemd_would_find_a_word_that_it_does_not_know(tmp_path: Path) -> None:
    answer = analyzed(tmp_path, "verify", **{"KillMode=": "KilMode="})
    assert "KilMode" in answer.stderr


def test_service_is_narrow(tmp_path: Path) -> None:
    question = ("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}")
    answer = analyzed(tmp_path, *question)
    assert answer.returncode == 0, answer.stdout
    assert analyzed(tmp_path, *question, **{"NoNewPrivileges=yes": "", "User=bff": "User=root"}).returncode != 0


def test_end_has_more_time_than_the_server_takes_for_it(tmp_path: Path) -> None:
    serving = settings_of(variables_in(shipped("bff.env")), tmp_path).serving
    assert int(setting("bff.service", "TimeoutStopSec")) > serving.graceful_timeout_seconds


def test_bad_configuration_is_not_tried_again_and_again() -> None:
    assert setting("bff.service", "RestartPreventExitStatus") == str(EXIT_BAD_CONFIGURATION)


def test_whoever_may_not_be_believed_may_not_connect() -> None:
    assert setting("bff.socket", "SocketMode") == "0660"


def test_environment_is_sound_and_no_name_in_it_is_unknown(tmp_path: Path) -> None:
    settings = settings_of(variables_in(shipped("bff.env")), tmp_path)
    assert settings.warnings == ()
    assert settings.serving.trusted_proxies == 1
    assert settings.cookie.secure


@pytest.mark.parametrize("name", variables_in(shipped("bff.env"), commented=True))
def test_what_may_be_set_besides_is_a_setting(name: str) -> None:
    assert name.removesuffix("_FILE") in known_variables()


def test_service_reads_that_environment() -> None:
    assert setting("bff.service", "EnvironmentFile") == "/etc/bff/bff.env"
    assert "for /etc/bff/bff.env" in shipped("bff.env")
