"""`bff.js`: light, alone, in step with the JSON routes, good for a server too."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bff.operations.table import OPERATIONS
from bff.web.api.routes import api_routes
from bff.web.assets import asset_folder
from bff.web.paths import API_DEVICE, API_DEVICES, API_SESSION, SIGN_IN, START_SOCIAL
from bff.web.static_files import read_files
from tests.support.driven_routes import READING
from tests.support.shop import Shop

MODULE = "bff.js"
MOST_BYTES = 4_000
STATIC = asset_folder("static")
TEXT = (STATIC / MODULE).read_text("utf-8")
ON_A_SERVER = """
import { createBff, BffError, etagOf } from "./bff.js";
const told = [];
const bff = createBff({
  base: "http://shop.example",
  fetch: async (url, init) => {
    told.push(`${init.method} ${url} ${init.headers["X-CSRF-Token"] ?? ""}`.trim());
    const isSession = url.endsWith("/api/session");
    const body = isSession ? { csrfToken: "t", customer: { id: "1" }, expiresIn: 1800 } : { metadata: { version: 3 } };
    return new Response(JSON.stringify(body), { headers: isSession ? {} : { "X-CSRF-Token": "u" } });
  },
});
bff.onSessionChange(() => told.push("heard"))();
const [made] = await Promise.all([bff.addAddress({}), bff.addAddress({})]);
await bff.signOut();
const refused = await createBff({ base: "http://127.0.0.1:9" }).me().catch((error) => error);
told.push(etagOf(made), refused instanceof BffError && refused.type, bff.socialUrl("x"), bff.signInUrl("/shop"));
console.log(JSON.stringify(told));
"""


@pytest.fixture(scope="module")
def node() -> str:
    program = shutil.which("node")
    assert program is not None, "node is missing: tests/run says how to get it"
    return program


def in_node(node: str, folder: Path, script: str) -> str:
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "script.js").write_text(script)
    shutil.copy(STATIC / MODULE, folder)
    # It ends by itself: nothing keeps the process alive.
    ended = subprocess.run([node, "script.js"], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_module_is_light_and_can_be_read() -> None:
    assert len(gzip.compress(TEXT.encode(), mtime=0)) < MOST_BYTES
    (served,) = [file for name, file in read_files([STATIC]).items() if name == MODULE]
    assert served.zipped is not None
    assert len(served.zipped) < MOST_BYTES
    assert served.mimetype == "text/javascript"
    lines = TEXT.splitlines()
    assert max(map(len, lines)) <= 120
    assert len(lines) > 200


def test_module_stands_alone() -> None:
    assert not re.search(r"^\s*(?:import\b|export .* from)|\bimport\(|\brequire\(", TEXT, re.MULTILINE)


def test_no_page_loads_it(shop: Shop) -> None:
    customer = shop.signed_in()
    for path in READING.values():
        assert b"bff.js" not in customer.get(path).data, path


def test_importing_it_does_nothing_on_a_server(node: str, tmp_path: Path) -> None:
    traps = "for (const name of ['fetch', 'BroadcastChannel', 'setTimeout', 'addEventListener', 'location'])\n"
    traps += "  Object.defineProperty(globalThis, name, { get() { throw new Error(name); } });\n"
    script = f"{traps} const {{ createBff }} = await import('./bff.js'); createBff(); console.log('done');"
    assert in_node(node, tmp_path, script) == "done\n"


def test_it_works_on_a_server(node: str, tmp_path: Path) -> None:
    assert json.loads(in_node(node, tmp_path, ON_A_SERVER)) == [
        "GET http://shop.example/api/session",
        "POST http://shop.example/api/me/addresses t",
        "POST http://shop.example/api/me/addresses t",
        "POST http://shop.example/api/logout u",
        '"3"',
        "network_error",
        "http://shop.example/login/social/x",
        "http://shop.example/login?next=%2Fshop",
    ]


def test_there_is_a_method_for_every_route_and_no_other() -> None:
    table = re.findall(r'^  \w+: "([A-Z]+ \S+)( body)?",$', TEXT, re.MULTILINE)
    rows = {f"{one.route.method} {one.route.path}": one.route.body is not None for one in api_routes(OPERATIONS)}
    own = [f"GET {API_SESSION}", f"GET {API_DEVICES}", f"DELETE {API_DEVICES}", f"DELETE {API_DEVICE.rule}"]
    told = {re.sub(r"\{(\w+)\}", r"<\1>", route): bool(body) for route, body in table}
    assert (told, len(table)) == (rows | dict.fromkeys(own, False), len(rows) + len(own))


def test_paths_of_pages_are_those_of_the_shop() -> None:
    assert f"${{base}}{SIGN_IN}${{back" in TEXT
    assert f"${{base}}{START_SOCIAL}${{connection" in TEXT
