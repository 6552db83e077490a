"""The example themes are ones that `bff check` has nothing against; the README's way to a theme works as printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bff.web.palette import palettes
from bff.web.theme import read_theme
from bff.web.theme_check import Sources, oddities, unfillable_texts
from tests.docs.test_readme import SCRIPTS
from tests.support.documents import DOCS, ROOT
from tests.support.shop import ShopMaker

THEMES = sorted((DOCS / "themes").iterdir())


@pytest.mark.parametrize("folder", THEMES, ids=lambda folder: folder.name)
def test_nothing_is_wrong_with_an_example_theme(folder: Path) -> None:
    theme = read_theme(folder)
    sources = Sources(theme=theme)
    assert [*oddities(sources), *unfillable_texts(sources)] == []
    for palette in palettes(theme):
        assert (palette.bad, palette.not_computed, [weak.what for weak in palette.weak_pairs()]) == ((), (), [])


def test_both_example_themes_have_two_schemes_and_a_font_has_its_licence() -> None:
    assert [folder.name for folder in THEMES] == ["feldwerk", "plain"]
    assert not any(read_theme(folder).light_only for folder in THEMES)
    for font in (DOCS / "themes").rglob("*.woff2"):
        assert "SIL Open Font License, Version 1.1" in font.with_suffix(".LICENSE.txt").read_text()


def test_way_to_a_theme_in_the_readme_works_as_printed(make_shop: ShopMaker, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, command in (("bff", f"{sys.executable} -m bff.cli"), ("python3", sys.executable)):
        (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (programs / name).chmod(0o755)
    shop = make_shop()
    environment = {
        **make_shop.environment(shop.settings.emporix.api_url),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    walk = ["bash", "-euo", "pipefail", "-c", SCRIPTS["Your shop's face"]]
    walked = subprocess.run(
        walk, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (walked.returncode, walked.stderr) == (0, ""), walked.stdout
    assert "pairs of colours can be told apart: light and dark" in walked.stdout.splitlines()[3]
    assert {line.split()[0] for line in walked.stdout.splitlines()} == {"ok"}
    own = make_shop(BFF_THEME_DIR=str(tmp_path / "theme"), BFF_SHOP_NAME="Example Shop")
    page = own.browser().get("/login").get_data(as_text=True)
    assert '<a class="brand" href="/">Example Shop</a>' in page
    assert "- Example Shop</title>" in page
    (tmp_path / "theme" / "static" / "brand.css").write_text(":root { --brand: #ffd400 }")
    assert any(list(palette.weak_pairs()) for palette in palettes(read_theme(tmp_path / "theme")))
