"""A wheel works where it is installed: code, templates, static files and documents, and nothing of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

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
    documents = {str(path.relative_to(ROOT)) for path in (ROOT / "bff" / "docs").iterdir()}
    assert len(documents) == 8
    assert documents <= set(zipfile.ZipFile(wheel).namelist())
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", *documents} <= packed


def test_installed_wheel_serves_pages_far_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(target), str(wheel)],
        check=True,
        capture_output=True,
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(target),
        "EMPORIX_TENANT": "demoshop",
        "EMPORIX_CLIENT_ID": "demo-storefront",
        "REDIS_URL": "unix:///nowhere.sock",
        "BFF_PUBLIC_URL": "http://127.0.0.1:8000",
        "BFF_SECRET_KEYS": KEY,
    }
    shown = subprocess.run(
        [sys.executable, "-P", "-c", PROBE], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert shown[:3] == ["/ 200", "/static/site.css 200", "/nothing 404"]
    assert Path(shown[3]) == target


def test_nothing_else_is_visible_at_the_top() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert {name.split("/")[0] for name in tracked.splitlines() if not name.startswith(".")} == VISIBLE
