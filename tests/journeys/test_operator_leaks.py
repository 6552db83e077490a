"""Every command an operator can give, on a shop full of secrets: none of them is printed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bff.cli import _parser
from bff.sandbox.demo_customers import B2B_EMAIL
from tests.support.journeys.leak_canaries import Kind, Place
from tests.support.journeys.leak_scenes import Scene, scene
from tests.support.journeys.leak_visitor import Role
from tests.support.shop import ShopMaker

Command = tuple[str, ...]
_LIST: Command = ("sessions", "list", "--email", B2B_EMAIL)
DRIVEN: tuple[Command, ...] = (
    ("audit",),
    ("audit", "--json"),
    ("check",),
    ("check", "--json"),
    _LIST,
    ("sessions", "revoke", "--email", B2B_EMAIL),
    ("sessions", "revoke", "--all"),
)
"""In this order: what lists comes before what ends."""
ELSEWHERE: Mapping[Command, str] = {
    ("keys", "new"): "prints a new key, which is what it is for",
    ("demo",): "prints the password of the demo's customers, which opens nothing but the sandbox",
    ("demo", "--port"): "as above",
    ("demo", "--public-url"): "as above",
    ("js",): "reads no secret and prints names of files, as tests/web/api/test_client_types.py sees",
    ("js", "--out"): "as above",
    ("demo", "--redis-url"): "tests/commands/test_demo.py sees that its password is not shown",
    ("routes", "check"): "reads a file of rows, and no secret; tests/commands/test_routes.py has what it prints",
    ("routes", "list"): "as above",
    (
        "routes",
        "import",
    ): "reads a document of the vendor's; tests/commands/test_vendor_documents.py has what it prints",
    ("routes", "import", "--only"): "as above",
    ("routes", "diff"): "as above",
    ("serve",): "searched in a real run, by test_gunicorn_leaks",
}
"""What is not driven here, and why."""
BAD = {"BFF_WORKERS": "many", "BFF_PUBLIC_URL": "http://shop.example.com", "EMPORIX_READ_TIMEOUT": "never"}


@pytest.fixture
def here(make_shop: ShopMaker) -> Iterator[Scene]:
    with scene(make_shop) as opened:
        for role in (Role.CUSTOMER, Role.SOCIAL):
            opened.visitor(role)
        yield opened


def commands(parser: argparse.ArgumentParser, path: Command = ()) -> Iterator[Command]:
    """Name every command of a parser, and every option of each."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for choice in below:
        for name, inner in choice.choices.items():
            yield from commands(inner, (*path, name))
    if not below:
        yield path
        for action in parser._actions:
            yield from ((*path, option) for option in action.option_strings if option.startswith("--"))


def run(scene: Scene, command: Command, **changes: str) -> subprocess.CompletedProcess[bytes]:
    ours = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_URL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-m", "bff.cli", *command],
        env={**inherited, **scene.environment, **changes},
        capture_output=True,
        check=False,
        timeout=240,
    )
    scene.watch.texts[Place.OUTPUT] |= {done.stdout, done.stderr}
    return done


def test_every_command_is_driven() -> None:
    driven = {(*command[:n], option) for command in DRIVEN for n in (1, 2) for option in command[n:]}
    known = {command for command in commands(_parser()) if "--help" not in command}
    assert known - set(ELSEWHERE) - driven - {command[:n] for command in DRIVEN for n in (1, 2)} == set()


def test_no_command_prints_a_secret(here: Scene) -> None:
    for command in DRIVEN:
        done = run(here, command)
        assert b"Traceback" not in done.stderr, (command, done.stderr)
        assert done.returncode in (0, 1), (command, done.stderr)
        assert done.stdout, command
    # What was typed is what the operator knows already; what a command finds is more.
    assert here.watch.findings() == set()


def test_wrong_configuration_is_told_without_its_secrets(here: Scene) -> None:
    redis_url = here.environment["REDIS_URL"]
    for command in (("serve",), ("audit",), ("audit", "--json"), _LIST):
        for changes in (
            BAD,
            {**BAD, "BFF_SECRET_KEYS": here.environment["BFF_SECRET_KEYS"] + ",short"},
            {**BAD, "REDIS_URL": redis_url + "&what=else"},
            {**BAD, "REDIS_URL": redis_url.replace("unix:", "unics:")},
        )[: 4 if command == ("serve",) else 1]:
            done = run(here, command, **changes)
            assert (done.returncode, done.stdout) == (2, b""), (command, done)
            assert b"BFF_WORKERS" in done.stderr
    assert here.watch.findings() == set()


def test_command_without_redis_names_no_password(here: Scene) -> None:
    url: Any = here.environment["REDIS_URL"]
    done = run(here, _LIST, REDIS_URL=url.replace("redis.sock", "nowhere.sock"))
    assert done.returncode == 1
    assert done.stderr
    wrong = here.environment["REDIS_URL"] + "ff"
    here.watch.canaries.note(Kind.REDIS_PASSWORD, wrong.partition("password=")[2])
    assert run(here, _LIST, REDIS_URL=wrong).returncode == 1
    assert here.watch.findings() == set()
