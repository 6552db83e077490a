"""What `bff check` computes of a theme's colours is what a browser shows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from bff.web.colours import Colour
from bff.web.palette import palettes
from bff.web.static_files import StaticFile
from bff.web.theme import Theme
from tests.support.documents import ROOT

SHEETS = {
    "ours": "",
    "a brand": ":root { --brand: #7a1f3d }",
    "a brand for each scheme": (
        "html:root { --brand: rgb(10 61 145); --ground: hsl(40 30% 96%) }"
        "@media (prefers-color-scheme: dark) { :root { --brand: lime; --surface: hsl(210deg, 20%, 12%) } }"
        "@media screen and (prefers-color-scheme: light) { :root:root { --quiet: oklch(45% 0.02 250) } }"
    ),
    "mixtures": (
        ":root { --brand: color-mix(in oklab, #0b3d91 70%, white); --text: color-mix(in srgb, black 80%, #fff0);"
        " --quiet: rgb(0 0 0 / 60%); --danger: oklab(0.5 0.15 0.08); --warning: var(--nothing, color(srgb .5 .3 0));"
        " --line: color-mix(in srgb, red 20%, blue 20%); --link: #123 !important }"
        "@media print { :root { --brand: red } } :root { --link: red } html { --text: red }"
        "@supports (color: oklch(0 0 0)) { :root:not([data-theme]) { --focus: navy } }"
    ),
    "light only": ":root { --brand: #123456 } @media (prefers-color-scheme: dark) { :root {} }",
}
_SEEN = """(names) => Object.fromEntries(names.map((name) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.background = `var(--${name})`;
  const brush = document.createElement("canvas").getContext("2d");
  for (const style of ["#fff", getComputedStyle(probe).backgroundColor]) {
    brush.fillStyle = style;
    brush.fillRect(0, 0, 1, 1);
  }
  return [name, [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3)];
}))"""


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_browser_shows_what_the_check_computes(chromium: Browser, sheet: str) -> None:
    file = StaticFile(body=sheet.encode(), zipped=None, mimetype="text/css", digest="")
    theme = Theme(templates={"base.html": "brand.css"}, statics={"brand.css": file})
    page = chromium.new_page()
    ours = "".join((ROOT / "static" / name).read_text() for name in ("pico.min.css", "site.css"))
    attribute = ' data-theme="light"' if theme.light_only else ""
    page.set_content(f"<!doctype html><html{attribute}><style>{ours}</style><style>{sheet}</style><body></body></html>")
    computed = {palette.scheme.value: palette for palette in palettes(theme)}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        palette = computed.get(scheme, computed["light"])
        assert palette.bad == palette.not_computed == ()
        seen = page.evaluate(_SEEN, list(palette.colours))
        for name, colour in palette.colours.items():
            mine = [round(min(max(part, 0), 1) * 255) for part in colour.over(Colour(1, 1, 1)).parts]
            assert max(abs(a - b) for a, b in zip(mine, seen[name], strict=True)) <= 1, (scheme, name, mine, seen[name])
    page.close()
