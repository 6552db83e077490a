"""Who has the wheel and nothing else can run every command there is, in a folder with nothing in it.

The releases come from the wheel too. Needs the package index, and takes a while: `tests/more` runs it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.factory import create_sandbox
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from tests.support.bench.exchange import answers, ask, free_ports
from tests.support.bench.processes import running, wait_until
from tests.support.drift import canonical, locked
from tests.support.shop import KEY

pytestmark = pytest.mark.more

ROOT = Path(__file__).parent.parent
LASTING = {"serve", "demo"}
"""They run until they are told to end."""
ARGUMENTS = {
    "js": ("--out", "../js"),
    "sessions list": ("--email", B2C_EMAIL),
    "sessions revoke": ("--email", B2C_EMAIL),
}
"""Of commands that need some; every other is run without."""
FINDINGS = {"audit": 1}
"""An exit code that is as good as 0: the audit has findings, since all here is on loopback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    program: Path
    python: Path
    environment: dict[str, str]
    port: int
    constraints: str
    told: dict[str, str] = field(default_factory=dict)


def bare_environment() -> dict[str, str]:
    """Return the environment without anything that leads to this checkout or is a setting."""
    ours = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_", "PYTHON", "VIRTUAL_ENV", "PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("wheel-alone")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    constraints = zipfile.ZipFile(wheel).read("bff/deploy/constraints.txt").decode()
    (folder / "constraints.txt").write_text(constraints)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, capture_output=True)
    python = folder / "venv" / "bin" / "python"
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--only-binary",
        ":all:",
        "--constraint",
        "constraints.txt",
    ]
    subprocess.run([*install, str(wheel)], cwd=folder, env=bare_environment(), check=True, capture_output=True)
    (port,) = free_ports(1)
    public_url = f"http://127.0.0.1:{port}"
    sandbox = create_sandbox(SandboxSettings(shop_url=public_url))
    with ExitStack() as stack:
        environment = {
            **bare_environment(),
            "BFF_PUBLIC_URL": public_url,
            "BFF_BIND": f"127.0.0.1:{port}",
            "BFF_SECRET_KEYS": KEY,
            "BFF_WORKERS": "1",
            "BFF_GRACEFUL_TIMEOUT": "2",
            "REDIS_URL": stack.enter_context(EmbeddedRedis()).url,
            "EMPORIX_API_URL": stack.enter_context(SandboxServer(sandbox.app)).url,
            "EMPORIX_TENANT": sandbox.settings.tenant,
            "EMPORIX_CLIENT_ID": sandbox.settings.client_id,
        }
        yield Installed(
            program=python.parent / "bff", python=python, environment=environment, port=port, constraints=constraints
        )


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """Give a folder with nothing in it, and see that it stays so."""
    folder = tmp_path / "empty"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


def run(installed: Installed, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(installed.program), *words],
        cwd=folder,
        env=installed.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def commands(installed: Installed, folder: Path, *words: str) -> Iterator[str]:
    """Yield each command that the installed program has, as it is typed."""
    told = run(installed, folder, *words, "--help").stdout
    below = re.findall(r"^ {2,4}([a-z][a-z-]*) {2,}\S", told, re.MULTILINE)
    if not below:
        yield " ".join(words)
    for word in below:
        yield from commands(installed, folder, *words, word)


def test_releases_are_those_of_the_wheel(installed: Installed, empty: Path) -> None:
    listing = [str(installed.python), "-m", "pip", "--disable-pip-version-check", "freeze"]
    told = subprocess.run(listing, cwd=empty, env=bare_environment(), check=True, capture_output=True, text=True).stdout
    there = locked("\n".join(line for line in told.splitlines() if "emporix" not in line))
    releases = locked(installed.constraints)
    assert len(there) > 20
    assert {name: release for name, release in there.items() if releases.get(canonical(name)) != release} == {}


def test_version_is_told(installed: Installed, empty: Path) -> None:
    assert re.fullmatch(r"emporix-bff \d[\d.]*\n", run(installed, empty, "--version").stdout)


def test_every_command_that_ends_by_itself_works(installed: Installed, empty: Path) -> None:
    there = set(commands(installed, empty))
    assert {"audit", "keys new", *LASTING, *ARGUMENTS} <= there
    for command in sorted(there - LASTING):
        answer = run(installed, empty, *command.split(), *ARGUMENTS.get(command, ()))
        assert answer.returncode in (0, FINDINGS.get(command, 0)), (command, answer)
        assert "Traceback" not in answer.stderr, command


@pytest.mark.parametrize("command", sorted(LASTING))
def test_every_command_that_lasts_answers_until_it_is_told_to_end(
    installed: Installed, empty: Path, tmp_path: Path, command: str
) -> None:
    words = [str(installed.program), command, *(("--port", str(installed.port)) if command == "demo" else ())]
    url = installed.environment["BFF_PUBLIC_URL"]
    with running(words, tmp_path / "log", installed.environment, empty) as program:
        wait_until(lambda: answers(url, "/readyz"), program, command)
        assert ask(url, "/login").status == 200
        assert ask(url, "/static/site.css").status == 200
        assert ask(url, "/api/session").status == 200
        program.process.terminate()
        assert program.process.wait(60) == 0, program.last_said()
