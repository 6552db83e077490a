"""The README is true: its walk runs as printed, and its table names every variable there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.config.settings import Settings
from bff.errors import ConfigurationError
from tests.support.shop import ShopMaker

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SCRIPTS = dict(re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL))


class Asked(dict[str, str]):
    """An empty environment that notes what is looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)

    def __getitem__(self, key: str) -> str:
        self.names.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]  # noted, then passed on
        self.names.add(key)
        return super().get(key, default)


@pytest.fixture
def demo_url() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bff.cli", "demo", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        yield first.split()[-1].rstrip("/")
    finally:
        process.terminate()
        process.communicate()


def test_walk_runs_as_printed(demo_url: str, tmp_path: Path) -> None:
    script = SCRIPTS["A walk with curl"]
    assert "BFF=http://127.0.0.1:8000\n" in script
    walked = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8000", demo_url)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert (walked.returncode, walked.stderr) == (0, "")
    assert walked.stdout.rstrip().rsplit("\n", 1)[-1].startswith('{"status": 401, "type": "login_required"')
    assert '"streetNumber": "7"' in walked.stdout
    assert "emxsbx" not in walked.stdout + (tmp_path / "jar").read_text()


def test_every_variable_is_named_once_and_no_other() -> None:
    environment = Asked()
    with pytest.raises(ConfigurationError):
        Settings.from_env(environment)
    read = {name for name in environment.names if not name.endswith("_FILE")}
    rows = "\n".join(line.split("|")[1] for line in README.splitlines() if line.startswith("| `"))
    without_effect = README.partition("without an effect yet: ")[2].partition("\n\n")[0]
    named = re.findall(r"`((?:BFF|EMPORIX|AUTH0|REDIS)_[A-Z0-9_]+)`", rows + without_effect)
    assert sorted(named) == sorted(read)


def test_the_two_commands_are_the_ones_that_work() -> None:
    assert "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/bff demo" in README
    for command in ("run", "more", "mutants"):
        assert f"`tests/{command}`" in README or f"\ntests/{command}\n" in README
        assert os.access(ROOT / "tests" / command, os.X_OK)
    assert "`pip install -c .ci/constraints.txt .`" in README
    assert (ROOT / ".ci" / "constraints.txt").is_file()


def test_theme_of_the_example_gives_the_shop_its_own_face(make_shop: ShopMaker, tmp_path: Path) -> None:
    files = re.findall(
        r"^```(?:html|css)\n(?:<!-- (.*?) -->|/\* (.*?) \*/)\n(.*?)^```", README, re.MULTILINE | re.DOTALL
    )
    assert sum(len(text.splitlines()) for *_, text in files) <= 10
    for html, css, text in files:
        path = tmp_path / (html or css)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    shop = make_shop(BFF_THEME_DIR=str(tmp_path))
    page = shop.browser().get("/login").get_data(as_text=True)
    assert '<a class="brand" href="/">Example Shop</a>' in page
    assert "Example Shop, Berlin" in page
    sheet = re.search(r'href="(/static/shop\.css\?v=[0-9a-f]+)"', page)
    assert sheet is not None
    assert "--accent: #7a1f3d" in shop.browser().get(sheet.group(1)).get_data(as_text=True)
    assert page.index("site.css") < page.index("shop.css")
