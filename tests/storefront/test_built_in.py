"""What the checks know of the program's own routes and clients is what there is."""

from __future__ import annotations

import re

from bff.operations.table import OPERATIONS
from bff.storefront.client_names import OF_THE_CLIENT, taken_by
from bff.storefront.paths import BUILT_IN
from tests.support.documents import ROOT
from tests.support.shop import ShopMaker


def test_no_declared_path_can_be_below_a_route_that_the_program_has(make_shop: ShopMaker) -> None:
    rules = [rule.rule for rule in make_shop(BFF_API_DOCS="on").app.url_map.iter_rules()]
    below = {rule.split("/")[2] for rule in rules if rule.startswith("/api/")}
    assert below == BUILT_IN


def test_no_row_can_be_called_as_a_method_of_the_client_is() -> None:
    module = (ROOT / "static" / "bff.js").read_text("utf-8")
    table = re.search(r"const OPERATIONS = \{\n(.*?)\n\};", module, re.DOTALL)
    assert table is not None
    names = set(re.findall(r"^ +(\w+):", table[1], re.MULTILINE)) | set(re.findall(r"bff\.(\w+) = ", module))
    first = re.search(r"const bff = \{ ([^}]+) \}", module)
    assert first is not None
    names |= set(first[1].split(", "))
    of_rows = {route.client_name for operation in OPERATIONS.values() for route in operation.routes}
    assert names == OF_THE_CLIENT | of_rows
    for name in names:
        snake = re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)
        assert taken_by(snake) is not None, name
