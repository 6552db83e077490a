"""The command line: what it prints, and how it ends."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bff
from bff.cli import main
from bff.config.parsers import keys
from tests.support.storefront import FILE, row, written

ROOT = Path(__file__).parent.parent
COMPLETE = {
    "EMPORIX_TENANT": "myshop",
    "EMPORIX_CLIENT_ID": "key",
    "REDIS_URL": "redis://localhost",
    "BFF_PUBLIC_URL": "https://shop.example.com",
    "BFF_SECRET_KEYS": "A" * 43,
}


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    ours = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_URL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", *command],
        env={**inherited, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_new_key_is_one_that_the_settings_accept_and_never_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["keys", "new"]) == 0
    first = capsys.readouterr().out
    assert main(["keys", "new"]) == 0
    second = capsys.readouterr().out
    assert first.count("\n") == 1
    assert len(keys(f"{first.strip()},{second.strip()}")) == 2
    assert len(base64.urlsafe_b64decode(first.strip() + "=")) == 32


@pytest.mark.parametrize(
    "arguments",
    [[], ["fly"], ["keys"], ["demo", "--port", "x"], ["demo", "--port", "65536"], ["demo", "--port", "-1"], ["ser"]],
)  # fmt: skip
def test_wrong_command_line_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: bff" in capsys.readouterr().err


def test_version_is_the_one_of_the_distribution_and_needs_no_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"emporix-bff {bff.__version__}\n"
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "metadata", "version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert built.stdout.strip() == bff.__version__


def test_help_names_every_command_and_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for word in ("demo", "serve", "check", "audit", "sessions", "keys", "--version"):
        assert re.search(rf"^ +{word} ", shown, re.MULTILINE), word


def test_bad_configuration_ends_serve_with_2_and_all_problems_a_line_each() -> None:
    shown = run("bff.cli", "serve", REDIS_URL="redis://:hunter2@redis?db=x", BFF_WORKERS="many")
    assert shown.returncode == 2
    lines = shown.stderr.splitlines()
    assert {line.partition(":")[0] for line in lines} == (COMPLETE.keys() | {"BFF_WORKERS"})
    assert all("(example: " in line for line in lines)
    assert len(lines) == 6
    assert "hunter2" not in shown.stderr
    assert shown.stdout == ""


def test_bad_configuration_ends_plain_gunicorn_with_3_and_no_traceback() -> None:
    shown = run("gunicorn", "--bind", "127.0.0.1:0", "--no-control-socket", "app:app", BFF_WORKERS="many")
    assert shown.returncode == 3
    for name in (*COMPLETE, "BFF_WORKERS"):
        assert f"\n{name}: " in shown.stderr
    assert "Traceback" not in shown.stderr


def test_bad_files_end_serve_with_2_before_anything_is_served_and_all_problems_are_told(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "login.html").write_text("{% block %}")
    storefront = written(tmp_path, FILE + row(method='"*"') + row(name='"other"', bearer='""'))
    files = {"BFF_STOREFRONT": str(storefront), "BFF_THEME_DIR": str(tmp_path)}
    shown = run("bff.cli", "serve", **COMPLETE, **files, BFF_BIND="127.0.0.1:1")
    assert shown.returncode == 2
    first, second, third = shown.stderr.splitlines()
    assert first.startswith("BFF_THEME_DIR: templates/login.html, line 1: ")
    assert second.startswith(f"BFF_STOREFRONT: {storefront}, line 5: method must be ")
    assert third.startswith(f"BFF_STOREFRONT: {storefront}, line 14: bearer is empty")


def test_bad_files_are_told_beside_bad_variables(tmp_path: Path) -> None:
    storefront = written(tmp_path, FILE + "[sign_in]\nmerge_carts = true\n" + row(method='"*"'))
    files = {"BFF_STOREFRONT": str(storefront), "BFF_THEME_DIR": str(tmp_path / "missing")}
    shown = run("bff.cli", "serve", **{**COMPLETE, "REDIS_URL": ""}, **files, EMPORIX_SITE="a b")
    assert shown.returncode == 2
    told = sorted(line.partition(" (example: ")[0] for line in shown.stderr.splitlines())
    assert [line.partition(":")[0] for line in told] == [
        "BFF_STOREFRONT",
        "BFF_STOREFRONT",
        "BFF_THEME_DIR",
        "EMPORIX_SITE",
        "REDIS_URL",
    ]
    assert told[0].startswith(f"BFF_STOREFRONT: {storefront}, line 3: merge_carts needs the set cart")
    assert told[1].startswith(f"BFF_STOREFRONT: {storefront}, line 7: method must be ")


def test_bad_file_of_further_operations_ends_plain_gunicorn_with_3_and_no_traceback(tmp_path: Path) -> None:
    storefront = written(tmp_path, FILE + row(method='"*"'))
    command = ("gunicorn", "--bind", "127.0.0.1:0", "--no-control-socket", "app:app")
    shown = run(*command, **COMPLETE, BFF_STOREFRONT=str(storefront))
    assert shown.returncode == 3
    assert f"\nBFF_STOREFRONT: {storefront}, line 5: method must be " in shown.stderr
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize("command", [["routes", "list"], ["audit"], ["check"], ["--help"]], ids=" ".join)
def test_who_has_read_enough_gets_no_traceback(command: list[str]) -> None:
    ours = {"PATH": os.environ["PATH"], **COMPLETE, "REDIS_URL": "unix:///nowhere/redis.sock"}
    ours |= {"EMPORIX_API_URL": "http://127.0.0.1:1", "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        [sys.executable, "-m", "bff.cli", *command],
        env=ours,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=240) == 1


def test_port_that_cannot_be_had_ends_serve_with_1(tmp_path: Path) -> None:
    socket = tmp_path / "missing" / "bff.sock"
    shown = run("bff.cli", "serve", **COMPLETE, BFF_BIND=f"unix:{socket}", BFF_WORKER="1")
    assert shown.returncode == 1
    assert "warning: BFF_WORKER is not a known variable; did you mean BFF_WORKERS?" in shown.stderr
