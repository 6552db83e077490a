"""`bff.js` and the files that a shop bundles: light, alone, in step with the description, good for a server too."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.commands.js import DESCRIPTION, MODULE, TYPES, filled_in, published
from bff.config.settings import Settings
from bff.operations.table import OPERATIONS
from bff.web.api.description.document import describe
from bff.web.api.typescript import client_routes, with_rows
from bff.web.assets import asset_folder
from bff.web.paths import SIGN_IN, START_SOCIAL
from bff.web.static_files import read_files
from tests.support.client_types import written
from tests.support.declared_rows import DECLARED_ROWS
from tests.support.documents import ROOT
from tests.support.driven_routes import READING
from tests.support.shop import Shop

MOST_BYTES = 4_000
STATIC = asset_folder("static")
TEXT = (STATIC / MODULE).read_text("utf-8")
BUILT_IN = Settings.from_env(filled_in({}))
DOCUMENT = describe(BUILT_IN, OPERATIONS)
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


def test_body_that_is_cut_down_to_nothing_is_not_taken_for_none(node: str, tmp_path: Path) -> None:
    script = """
        import { createBff } from "./bff.js";
        const answering = (length) => createBff({ fetch: async () => new Response("", { headers: { ...length } }) });
        for (const length of [{}, { "Content-Length": "0" }, { "Content-Length": "9" }])
          console.log(await answering(length).me().catch(({ type }) => type));
    """
    assert in_node(node, tmp_path, script).split() == ["undefined", "undefined", "unreadable_answer"]


def test_there_is_a_method_for_every_operation_and_no_other() -> None:
    table = re.search(r"^const OPERATIONS = \{\n(.*?)^\};", TEXT, re.MULTILINE | re.DOTALL)
    assert table is not None
    assert sorted(table[1].splitlines()) == sorted(route.row().rstrip("\n") for route in client_routes(DOCUMENT))


def test_paths_of_pages_are_those_of_the_shop() -> None:
    assert f"${{base}}{SIGN_IN}${{back" in TEXT
    assert f"${{base}}{START_SOCIAL}${{connection" in TEXT


def test_types_are_what_the_description_says() -> None:
    assert written() == (STATIC / TYPES).read_text("utf-8"), "python -m tests.support.client_types writes them"


def test_types_are_text_to_a_browser(shop: Shop) -> None:
    assert shop.browser().get(f"/static/{TYPES}").mimetype == "text/plain"


def test_operation_that_is_switched_off_is_not_in_the_types() -> None:
    files = published(Settings.from_env(filled_in({"BFF_ACCOUNT_DELETION": "off"})))
    assert "deleteMe" in published(BUILT_IN)[TYPES]
    assert "deleteMe" not in files[TYPES]
    assert "delete" not in json.loads(files[DESCRIPTION])["paths"]["/api/me"]


def test_further_operation_gets_a_method(node: str, tmp_path: Path) -> None:
    further = {
        "paths": {
            "/api/cart/carts/{cartId}/items": {
                "post": {"operationId": "cartItemAdd", "requestBody": {}},
                "get": {"operationId": "cartItems"},
            },
            "/api/me": {"get": {"operationId": "me"}},
        }
    }
    text = with_rows(TEXT, further)
    assert with_rows(TEXT, DOCUMENT) == TEXT
    assert with_rows(text, further) == text
    (tmp_path / "further.js").write_text(text)
    script = """
        import { createBff } from "./further.js";
        const fetch = async (url, { method, body }) => Response.json({ csrfToken: "t", url, method, body });
        const bff = createBff({ fetch });
        const { url, method, body } = await bff.cartItemAdd("a/1", { id: 7 }, { query: { siteCode: "main" } });
        console.log(method, url, body, (await bff.cartItems("b")).url);
    """
    said = 'POST /api/cart/carts/a%2F1/items?siteCode=main {"id":7} /api/cart/carts/b/items\n'
    assert in_node(node, tmp_path, script) == said


DECLARED = """
    import { createBff } from "./declared.js";
    const asked = [];
    const answers = {
      "/api/quote/quotes/q1/pdf": () => new Response("%PDF-1.7", { headers: { "Content-Type": "application/pdf" } }),
      "/api/reward-points/customer/points": () => Response.json(0),
      "/api/cart/carts/c1": () => new Response(null, { status: 204 }),
      "/api/session": () => Response.json({ csrfToken: "t" }),
    };
    const fetch = async (url, { method, body, headers }) => {
      asked.push([method, url, body ?? null, headers["Content-Type"] ?? null]);
      return answers[url]?.() ?? Response.json([], { headers: { "X-Total-Count": "7" } });
    };
    const bff = createBff({ fetch });
    await bff.cartItemAdd("a/1", { id: 7 }, { query: { siteCode: "main" } });
    await bff.cartItemsChange("a", [1, null]);
    await bff.productsByCode({ query: new URLSearchParams([["code", "a"], ["code", "b"]]) });
    await bff.orders({ query: { pageSize: 5, total: false } });
    await bff.chat(undefined, { query: { "session-id": "c 1" } });
    const { headers } = await bff.send("GET", "/api/order-v2/orders");
    const pdf = await bff.quoteDocument("q1");
    const small = [await bff.points(), await bff.cartDelete("c1")];
    const told = [headers.get("X-Total-Count"), pdf.type, await pdf.text(), ...small];
    console.log(JSON.stringify([asked.filter(([, url]) => url !== "/api/session"), told]));
"""


def test_declared_rows_get_methods_for_ids_lists_documents_and_bodies(node: str, tmp_path: Path) -> None:
    document = describe(BUILT_IN, {**OPERATIONS, **DECLARED_ROWS})
    (tmp_path / "declared.js").write_text(with_rows(TEXT, document))
    asked, told = json.loads(in_node(node, tmp_path, DECLARED))
    json_type = "application/json"
    assert asked[:6] == [
        ["POST", "/api/cart/carts/a%2F1/items?siteCode=main", '{"id":7}', json_type],
        ["PUT", "/api/cart/carts/a/itemsBatch", "[1,null]", json_type],
        ["GET", "/api/product/products?code=a&code=b", None, None],
        ["GET", "/api/order-v2/orders?pageSize=5&total=false", None, None],
        ["POST", "/api/ai-service/agentic/chat?session-id=c+1", None, None],
        ["GET", "/api/order-v2/orders", None, None],
    ]
    assert told == ["7", "application/pdf", "%PDF-1.7", 0, None]


def test_document_that_comes_with_an_error_is_no_answer(node: str, tmp_path: Path) -> None:
    script = """
        import { createBff } from "./bff.js";
        const headers = { "Content-Type": "application/pdf" };
        const bff = createBff({ fetch: async () => new Response("%PDF-1.7", { status: 502, headers }) });
        console.log(await bff.me().catch(({ type, status }) => `${type} ${status}`));
    """
    assert in_node(node, tmp_path, script) == "unreadable_answer 502\n"


# The command


def js(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    ours = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_URL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", "bff.cli", "js", "--out", str(folder)],
        env={**inherited, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def contents(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir()):
        yield path.name, path.read_text("utf-8")


def test_command_writes_the_three_files_without_any_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "bff"
    for _ in range(2):
        ended = js(folder)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.splitlines() == [str(folder / name) for name in (MODULE, TYPES, DESCRIPTION)]
        assert dict(contents(folder)) == published(BUILT_IN)
    assert json.loads((folder / DESCRIPTION).read_text())["openapi"].startswith("3.1")


def test_command_goes_by_the_environment_as_far_as_it_is_there(tmp_path: Path) -> None:
    secret = tmp_path / "keys"
    secret.write_text("A" * 43)
    ended = js(tmp_path, BFF_SECRET_KEYS_FILE=str(secret), BFF_ADD_LOGIN="off")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "addLogin(" not in (tmp_path / TYPES).read_text()


def test_command_with_a_bad_configuration_ends_with_2_and_writes_nothing(tmp_path: Path) -> None:
    ended = js(tmp_path / "out", BFF_ADD_LOGIN="perhaps")
    assert ended.returncode == 2
    assert "BFF_ADD_LOGIN" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_command_that_cannot_write_says_so_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = js(tmp_path / "file")
    assert ended.returncode == 1
    assert str(tmp_path / "file") in ended.stderr
    assert "Traceback" not in ended.stderr
