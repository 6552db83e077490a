"""`bff routes import` and `bff routes diff`, as they are typed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bff.cli import main
from bff.storefront.reader import examine_text
from tests.support.vendor import CART, LABELS, ORDERS, OTHERS, content, written


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main(["routes", *map(str, words)])
    told = capsys.readouterr()
    return code, told.out, told.err


def of_day(path: Path, day: str) -> Path:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    return path


def test_import_prints_rows_that_want_their_bearer_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for path, wanted in (
        (CART, ["GET-cart-retrieve-cart-by-criteria", "POST-cart-create-cart"]),
        (ORDERS, ["GET /order-v2/{tenant}/orders"]),
    ):
        code, out, err = run(capsys, "import", path, "--only", *wanted)
        assert (code, err) == (0, "")
        found = examine_text(out)
        assert [problem.what.partition(":")[0] for problem in found.problems] == ["bearer is empty"] * len(wanted)
        assert not examine_text(out.replace('bearer = ""', 'bearer = "customer"')).problems


def test_import_writes_what_it_can_and_tells_what_it_cannot(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "import", OTHERS, "--only", "attach", "points")
    assert code == 1
    assert out.count("[[route]]") == 1
    reason = "is not written: its body is 'multipart/form-data', and a row's is JSON\n"
    assert err == f"POST /ai-service/{{tenant}}/agentic/{{agentId}}/attachments {reason}"


def test_import_of_what_can_be_no_row_prints_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "import", OTHERS, "--only", "stream")[:2] == (1, "")


@pytest.mark.parametrize("command", ["import", "diff"])
def test_a_bad_document_is_told_in_one_line(command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = {
        "no.json": b"{",
        "list.json": b"[]",
        "circle.json": b'{"openapi": "3.0.0", "paths": {"$ref": "#/paths"}}',
        "odd\x1b[31m.json": b'{"openapi": "3.0.0", "paths": {"/a\\u001b[31m": []}}',
        "bad.yaml": b"a: [",
    }
    for name, text in bad.items():
        path = tmp_path / name
        path.write_bytes(text)
        code, out, err = run(capsys, command, path, *(["--only", "x"] if command == "import" else []))
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert err[:-1].isprintable()


def test_an_unknown_id_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "import", CART, "--only", "POST-cart-create-cart", "nothing")
    assert (code, out) == (2, "")
    assert err.startswith(f"{CART} has no operation 'nothing'")


def test_diff_tells_what_is_added_gone_and_changed_and_how_old_the_set_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    document = content(CART)
    document["paths"]["/cart/{tenant}/carts/{cartId}/share"] = {"post": {"operationId": "share", "responses": {}}}
    path = of_day(written(tmp_path, document), "2099-01-31")
    code, out, err = run(capsys, "diff", path)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0].startswith("changed  GET /cart/{tenant}/carts  cart: its query takes no type, zipCode any more")
    assert "added    POST /cart/{tenant}/carts/{cartId}/share  share" in lines
    assert "gone     GET /cart/{tenant}/carts/{cartId}/validate  cart_validate" in lines
    source = "emporix/api-references@e9030d48 (2026-08-21): cart"
    assert lines[-1] == f"older    set cart, written from {source}: api.json is of 2099-01-31"
    code, out, err = run(capsys, "diff", of_day(path, "2020-01-31"))
    assert out.splitlines()[-1] == f"older    api.json, of 2020-01-31: set cart was written from {source}"
    assert run(capsys, "diff", of_day(path, "2026-08-21"))[1].splitlines() == lines[:-1]


def test_a_document_that_no_set_was_written_from_makes_none_old(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # The company's set is about the same service, and about other operations of it.
    paths = {"/customer/{tenant}/me": {"get": {"responses": {"200": {}}}}, "/customer/{tenant}/you": {"get": {}}}
    code, out, _ = run(capsys, "diff", written(tmp_path, {"openapi": "3.0.0", "paths": paths}))
    assert (code, out) == (1, "added    GET /customer/{tenant}/you\n")


def test_diff_of_a_shops_file_is_about_its_rows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, rows, _ = run(capsys, "import", LABELS, "--only", "GET-label-list-labels", "GET-label-retrieve-label")
    file = tmp_path / "storefront.toml"
    file.write_text(rows.replace('bearer = ""', 'bearer = "public"'), "utf-8")
    document = content(LABELS)
    assert run(capsys, "diff", written(tmp_path, document), file)[0] == 1
    # Not in the vendor's own document, so it is the row that counts.
    document["paths"]["/brands"] = document["paths"].pop("/labels/{labelId}")
    document["servers"] = [{"url": "https://api.example.com/brand"}]
    file.write_text(file.read_text("utf-8").replace("/label/", "/brand/"), "utf-8")
    code, out, _ = run(capsys, "diff", written(tmp_path, document), file)
    assert code == 1
    assert out.splitlines() == [
        "added    GET /label/brands  GET-label-retrieve-label",
        "gone     GET /brand/labels/{labelId}  label_retrieve_label",
    ]


def test_nothing_that_differs_is_nothing_to_tell(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = {
        "openapi": "3.0.0",
        "paths": {
            "/checkout/{tenant}/checkouts/order": {
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                    "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}},
                }
            }
        },
    }
    assert run(capsys, "diff", written(tmp_path, document)) == (0, "", "")


def test_diff_of_a_file_that_is_wrong_tells_what_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "storefront.toml"
    file.write_text("format = 2\nother = 1\n", "utf-8")
    code, out, err = run(capsys, "diff", CART, file)
    assert (code, out, err.count("\n")) == (2, "", 2)
