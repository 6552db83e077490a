"""A wheel works where it is installed: code, templates, static files and documents, and nothing of the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.shop import KEY

ROOT = Path(__file__).parent.parent
VISIBLE = {"app.py", "pyproject.toml", "README.md", "bff", "templates", "static", "tests"}
PROBE = """
import bff, pathlib, sys
from bff.factory import create_app
from bff.config.settings import Settings
import os
client = create_app(Settings.from_env(os.environ)).test_client()
for path in ("/", "/static/site.css", "/nothing"):
    print(path, client.get(path, base_url="http://127.0.0.1:8000").status_code)
print(pathlib.Path(bff.__file__).parent.parent)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_wheel_holds_templates_static_files_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "bff/templates/base.html" in names
    assert "bff/static/site.css" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"bff"}


def test_wheel_and_source_archive_hold_the_documents(wheel: Path, tmp_path: Path) -> None:
    documents = {str(path.relative_to(ROOT)) for path in (ROOT / "bff" / "docs").rglob("*") if path.is_file()}
    assert len(documents) > 8
    assert documents <= set(zipfile.ZipFile(wheel).namelist())
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", *documents} <= packed


def test_wheel_holds_what_it_is_deployed_with_and_the_releases_to_install_it_with(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "bff" / "deploy").iterdir()}
    assert len(files) > 6
    assert files <= set(archive.namelist())
    assert archive.read("bff/deploy/constraints.txt") == (ROOT / ".ci" / "constraints.txt").read_bytes()


def test_wheel_holds_the_shipped_rows_and_what_they_were_written_from(wheel: Path) -> None:
    folder = ROOT / "bff" / "storefront"
    files = {str(path.relative_to(ROOT)) for path in (*folder.glob("sets/*.toml"), *folder.rglob("*.json"))}
    assert len(files) == 19
    assert files <= set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(target), str(wheel)],
        check=True,
        capture_output=True,
    )
    return target


def environment(installed: Path) -> dict[str, str]:
    """Return a configuration, and where the installed program lies."""
    return {
        **os.environ,
        "PYTHONPATH": str(installed),
        "EMPORIX_TENANT": "demoshop",
        "EMPORIX_CLIENT_ID": "demo-storefront",
        "REDIS_URL": "unix:///nowhere.sock",
        "BFF_PUBLIC_URL": "http://127.0.0.1:8000",
        "BFF_SECRET_KEYS": KEY,
    }


def test_installed_wheel_serves_pages_far_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-P", "-c", PROBE],
        cwd=tmp_path,
        env=environment(installed),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert shown[:3] == ["/ 200", "/static/site.css 200", "/nothing 404"]
    assert Path(shown[3]) == installed


def audited(installed: Path, folder: Path) -> Any:
    """Return what `bff audit` of the installed program says in a folder, as values."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bff.cli", "audit", "--json"],
        cwd=folder,
        env=environment(installed),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


@pytest.mark.more
def test_installed_audit_finds_the_tests_of_a_checkout_it_is_called_in(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_one.py").write_text("def test_one(): ...\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "another-project"\n')
    assert audited(installed, tmp_path)["tests"] is None
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "emporix-bff"\n')
    alone = audited(installed, tmp_path)
    # Had it found those of this checkout too, no requirement would lack its tests.
    assert alone["tests"] == 1
    assert alone["summary"]["met"] == 0
    here = audited(installed, ROOT)
    assert here["tests"] > 1000
    assert here["summary"]["met"] > 0
    assert [one for one in here["requirements"] if one["verdict"] == "unproven"] == []


def test_nothing_else_is_visible_at_the_top() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert {name.split("/")[0] for name in tracked.splitlines() if not name.startswith(".")} == VISIBLE
