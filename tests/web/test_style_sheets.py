"""What is read of a style sheet: custom properties of the root, by CSS's cascade, in both schemes."""

from __future__ import annotations

import pytest

from bff.web.style_sheets import Scheme, is_light_only, root_properties


@pytest.mark.parametrize(
    ("sheet", "light", "dark"),
    [
        (":root { --a: 1 }", "1", "1"),
        (":root { --a: 1; --a: 2; }", "2", "2"),
        ("html { --a: 2 } :root { --a: 1 } html { --a: 3 }", "1", "1"),
        (":root { --a: 1 } @media (prefers-color-scheme: dark) { :root { --a: 2 } }", "1", "2"),
        ("@media screen and (prefers-color-scheme:dark) {:root{--a:2}} :root { --a: 1 }", "1", "1"),
        (":root { --a: 1 } @media (prefers-color-scheme: light) { html:root { --a: 2 } }", "2", "1"),
        (":root { --a: 1 } @media print { :root { --a: 2 } } @media (width > 20rem) { :root { --a: 3 } }", "1", "1"),
        (":root { --a: 1 } @supports (color: oklch(0 0 0)) { :root { --a: 2 } }", "2", "2"),
        (":root { --a: 1 } body { --a: 2 } .x :root { --a: 3 } a:hover { --a: 4 }", "1", "1"),
        (":root { --a: 1 !important } :root { --a: 2 }", "1", "1"),
        ("/* :root { --a: 2 } */ body, :root { --a: 1 /* ; --a: 3 */ }", "1", "1"),
        (':root { --b: "}"; --c: url(data:x;y); --a: 1 }', "1", "1"),
        (":root:not([data-theme]) { --a: 1 } :root { --a: 2 }", "1", "1"),
        (':root:where(:not([data-theme="light"])) { --a: 1 } :root { --a: 2 }', "2", "2"),
        (':root { --a: 1 } :root[data-theme="light"] { --a: 2 } [data-theme=dark] { --a: 3 }', "1", "1"),
        (":root { --a: 1; b { --a: 2 } }", "1", "1"),
        (":root { --a: 1", "1", "1"),
    ],
)
def test_property_of_the_root_is_the_one_that_css_picks(sheet: str, light: str, dark: str) -> None:
    assert root_properties([sheet], Scheme.LIGHT)["--a"] == light
    assert root_properties([sheet], Scheme.DARK)["--a"] == dark


@pytest.mark.parametrize("mark", ['"', "'"])
def test_string_that_is_not_closed_ends_with_its_line(mark: str) -> None:
    sheet = f"p {{ content: {mark}a;\n}} :root {{ --a: 2; --b: {mark}b{mark} }}"
    assert root_properties([sheet], Scheme.LIGHT)["--a"] == "2"


def test_later_sheet_goes_before_an_earlier_one() -> None:
    assert root_properties([":root { --a: 1 }", ":root { --a: 2 }"], Scheme.LIGHT) == {"--a": "2"}


def test_conditions_of_light_only_pages_are_heeded() -> None:
    dark = "@media (prefers-color-scheme: dark) { :root:where(:not([data-theme=light])) { --a: 2 } }"
    sheets = [f":root {{ --a: 1 }} {dark} :root[data-theme='light'] {{ --b: 3 }}"]
    assert root_properties(sheets, Scheme.DARK) == {"--a": "2"}
    assert root_properties(sheets, Scheme.DARK, light_only=True) == {"--a": "1", "--b": "3"}


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (":root { --brand: red }", False),
        ("@media (prefers-color-scheme: dark) {}", True),
        ("@media (prefers-color-scheme: dark) { :root { /* none */ } }", True),
        ("@media (prefers-color-scheme: dark) { :root {} } @media (prefers-color-scheme: dark) { a { b: c } }", False),
        ("@media (prefers-color-scheme: light) {}", False),
        ("/* @media (prefers-color-scheme: dark) {} */", False),
    ],
)
def test_dark_block_with_nothing_in_it_means_light_only(sheet: str, expected: bool) -> None:
    assert is_light_only([sheet]) is expected
