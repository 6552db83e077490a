"""`bff routes check` tells all that is wrong with a file; `bff routes list` leaves no operation out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bff.cli import main
from bff.operations.table import OPERATIONS
from tests.support.storefront import FILE, changed, row, written


@pytest.fixture(autouse=True)
def no_other_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EMPORIX_TENANT", "EMPORIX_CLIENT_ID", "REDIS_URL", "BFF_PUBLIC_URL", "BFF_SECRET_KEYS"):
        monkeypatch.delenv(name, raising=False)


def test_check_needs_the_file_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["routes", "check", str(written(tmp_path, changed()))]) == 0
    shown = capsys.readouterr()
    assert shown.out == "1 further operation, and nothing is wrong with it.\n"
    assert shown.err == ""


def test_check_tells_every_problem_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = FILE + row(method='"*"') + row(name='"other"', upstream='"/oauth/{tenant}"') + "colour = 1\n"
    path = written(tmp_path, text)
    assert main(["routes", "check", str(path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    first, second, third = shown.err.splitlines()
    assert first.startswith(f"{path}, line 5: method must be GET, POST, PUT, PATCH or DELETE (example: method = ")
    assert second.startswith(f"{path}, line 13: upstream makes tokens")
    assert third.startswith(f"{path}, line 16: 'colour' is not known here")


def test_check_tells_what_may_not_be_meant_and_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, changed(upstream='"/coupon/{tenant}/coupons"', bearer='"customer"'))
    path.chmod(0o666)
    assert main(["routes", "check", str(path)]) == 0
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [
        f"warning: {path}: every user of this machine may write to it, and so declare operations",
        f"warning: {path}, line 2: delivery_windows takes coupon codes, and has no limit",
    ]
    assert shown.out == "1 further operation, with 2 warnings.\n"


def test_check_prints_no_line_that_the_file_chose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = FILE + '"a\\nexit 0\\u001b[2J" = 1\n' + "[route.\u2028x]\n"
    path = tmp_path / "a\u2028b.toml"
    path.write_text(text, "utf-8")
    assert main(["routes", "check", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.isascii()
    assert all(line.startswith(ascii(str(path))) for line in told.splitlines())


def listed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["routes", "list"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out.splitlines()


def test_list_has_a_line_for_each_built_in_operation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BFF_STOREFRONT", raising=False)
    lines = [line.split() for line in listed(capsys)]
    routes = {(route.method, route.path) for operation in OPERATIONS.values() for route in operation.routes}
    assert {(verb, path) for verb, path, *_ in lines if path != "-"} == routes
    # The server alone asks for these.
    silent = {operation.name for operation in OPERATIONS.values() if not operation.routes}
    assert {name for line in lines if line[1] == "-" for name in OPERATIONS if name in line} == silent
    assert ["DELETE", "/api/me", "customer", "delete_me", "built-in", "limit=mail", "recent-proof", "audit"] in lines


def test_list_says_of_a_declared_row_whose_token_goes_and_what_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = 'sets = ["checkout"]\n' + row(limit='"20/hour"')
    monkeypatch.setenv("BFF_STOREFRONT", str(written(tmp_path, FILE + text + row(**SHARED))))
    lines = [" ".join(line.split()) for line in listed(capsys)]
    assert "GET /api/shipping/windows visitor delivery_windows own limit=20/hour" in lines
    assert "GET /api/product/products shared products_shown own cache=60" in lines
    order = (
        "POST /api/checkout/checkouts/order visitor checkout_order checkout saas-token=required limit=10/minute audit"
    )
    assert order in lines
    assert len(lines) == 3 + sum(max(1, len(operation.routes)) for operation in OPERATIONS.values())


SHARED = {
    "name": '"products_shown"',
    "upstream": '"/product/{tenant}/products"',
    "bearer": '"shared"',
    "cache_seconds": "60",
}


def test_list_of_a_bad_file_is_a_bad_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BFF_STOREFRONT", str(written(tmp_path, changed(bearer='""'))))
    assert main(["routes", "list"]) == 2
    assert "BFF_STOREFRONT: " in capsys.readouterr().err
