"""Documents that are not what they should be: each is told in one line, soon, and nothing of it is believed."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bff.storefront.openapi.errors import DocumentError
from bff.storefront.openapi.loading import MOST_BYTES, load
from tests.support.vendor import CART, ORDERS

LAUGHS = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
MERGES = "a0: &a0 {b: c}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 30))
MANY = "[" + "1," * 1_100_000 + "1]"
BAD = {
    "nothing": ("api.yaml", b"", "is no OpenAPI document"),
    "a list": ("api.yaml", b"- a\n- b\n", "is no OpenAPI document"),
    "a word": ("api.json", b'"x"', "is no OpenAPI document"),
    "broken JSON": ("api.json", b'{"a":\n', "is no JSON, at line 2"),
    "deep JSON": ("api.json", b"[" * 200_000, "is no JSON that can be read"),
    "long number in JSON": ("api.json", b'{"a": ' + b"9" * 20_000 + b"}", "is no JSON that can be read"),
    "broken YAML": ("api.yaml", b"a: [\nb: ]]", "is no YAML, at line 2"),
    "deep YAML": ("api.yaml", b"[" * 5_000, "is n"),
    "deep blocks": (
        "api.yaml",
        b"\n".join(b" " * n + b"a:" for n in range(400)),
        "is nested more than 100 levels deep",
    ),
    "long number in YAML": ("api.yaml", b"a: " + b"9" * 20_000, "is no YAML that can be read"),
    "no date": ("api.yaml", b"a: 2024-99-99", "is no YAML that can be read"),
    "code": ("api.yaml", b"a: !!python/object/apply:os.system [exit]", "is no YAML, at line 1"),
    "a key that is a list": ("api.yaml", b"? [a, b]\n: c", "is no YAML, at line 1"),
    "merges of merges": ("api.yaml", MERGES.encode(), "merges mappings with <<, which is not read here, at line 2"),
    "too many values": ("api.yaml", MANY.encode(), "has more than 1,000,000 values"),
    "no UTF-8": ("api.yaml", b"a: b\nc: \xff", "is not UTF-8, at line 2"),
    "a NUL": ("api.yaml", b"a: \x00", "is no YAML"),
    "too long": ("api.yaml", b" " * (MOST_BYTES + 1), "is longer than 8 MiB"),
    "two documents": ("api.yaml", b"a: b\n---\na: b\n", "is no YAML, at line 2"),
    "an unknown alias": ("api.yaml", b"a: *b", "is no YAML, at line 1"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_document_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    file, text, told = BAD[name]
    path = tmp_path / file
    path.write_bytes(text)
    began = time.process_time()
    with pytest.raises(DocumentError) as caught:
        load(path)
    assert time.process_time() - began < 20
    assert str(caught.value).startswith(told)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_a_value_that_stands_in_many_places_takes_no_more_memory(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(LAUGHS, "utf-8")
    found: Any = load(path)
    assert found["a29"][0] is found["a28"]


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path, tmp_path / "pipe.yaml", Path("/dev/zero")):
        with pytest.raises(DocumentError, match="is no regular file"):
            load(path)
    for name in ("missing.yaml", "x" * 300, "a\x00b"):
        with pytest.raises(DocumentError, match="cannot be read"):
            load(tmp_path / name)


def test_json_is_read_whatever_its_name_is(tmp_path: Path) -> None:
    path = tmp_path / "api.txt"
    path.write_bytes(b"\xef\xbb\xbf \n" + ORDERS.read_bytes())
    assert load(path) == json.loads(ORDERS.read_text("utf-8"))


def test_braces_may_be_yamls(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text("{openapi: 3.0.0, paths: {}}", "utf-8")
    assert load(path) == {"openapi": "3.0.0", "paths": {}}


def test_without_pyyaml_json_is_read_and_yaml_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert load(ORDERS)["openapi"] == "3.0.0"
    with pytest.raises(DocumentError) as caught:
        load(CART)
    assert str(caught.value) == "is YAML, which needs PyYAML: pip install 'emporix-bff[routes]'"
