"""What the storefront's document says of the file is what reads it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from bff.operations.model import Credential
from bff.storefront.reader import examine_text
from bff.storefront.words import BEARERS
from tests.support.documents import document, first_cells, section
from tests.support.storefront_tables import tables, with_tables

STOREFRONT = document("storefront.md")


@pytest.mark.parametrize("heading", tables())
def test_each_table_is_as_the_model_has_it(heading: str) -> None:
    assert tables()[heading] in section(STOREFRONT, heading)


def test_writing_the_tables_anew_changes_nothing() -> None:
    assert with_tables(STOREFRONT) == STOREFRONT


def test_every_bearer_is_explained_and_no_other() -> None:
    rows = section(STOREFRONT, "Bearers")
    assert re.findall(r"`([a-z]+)`", "\n".join(first_cells(rows))) == list(BEARERS)


def test_each_file_that_is_printed_has_nothing_wrong_with_it() -> None:
    files = [one for one in re.findall(r"```toml\n(.*?)```", STOREFRONT, re.DOTALL) if one.startswith("format")]
    first, second = (examine_text(one) for one in files)
    assert not first.problems
    assert list(first.storefront.operations) == ["cart_item_add"]
    assert not second.problems
    assert not second.storefront.warnings
    rows = second.storefront.operations
    assert {"brand_list", "price_match", "cart_note_add", "card_points", "invoice"} < set(rows)
    assert rows["card_points"].path == "/loyalty/{tenant}/cards/{customerId}/points"
    assert rows["checkout_order"].accepts == (Credential.CUSTOMER,)


def test_walk_runs_as_printed(demo_url: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", section(STOREFRONT, "From nothing to a cart in ten minutes"), re.DOTALL)
    script = "\n".join(blocks)
    assert script.startswith("BFF=http://127.0.0.1:8000\n")
    walked = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8000", demo_url)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (walked.returncode, walked.stderr) == (0, "")
    told = [json.loads(line) for line in walked.stdout.splitlines() if line]
    found, stock, prices, none_yet, added, redeemed, guests = told[:7]
    phone, teapot, gone, items, zones, modes, placed, order, orders, none_left = told[7:]
    assert [one["name"] for one in found] == ["Tea bowl", "Teapot, 1 l"]
    assert stock["available"]
    assert prices[0]["effectiveValue"] == 8.9
    assert added["itemId"]
    assert redeemed["discountId"]
    assert (guests["totalUnitsCount"], guests["totalDiscount"]["amount"]) == (2, 1.78)
    assert phone["cartId"]
    assert teapot["itemId"]
    assert {one["product"]["id"]: one["quantity"] for one in items} == {"sencha": 2, "teapot": 1}
    assert zones[0]["methods"][0]["id"] == "standard"
    assert modes[0]["id"] == "invoice"
    assert order["id"] == placed["orderId"] == orders[0]["id"]
    assert {one["product"]["id"] for one in order["entries"]} == {"sencha", "teapot"}
    assert [one["status"] for one in (none_yet, gone, none_left)] == [404, 404, 404]
    assert "emxsbx" not in walked.stdout + "".join((tmp_path / jar).read_text() for jar in ("laptop", "phone"))
    assert "sessionId" not in walked.stdout
