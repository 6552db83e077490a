"""Where templates and static files come from, and that nothing else does."""

from __future__ import annotations

import pytest

from bff.web.assets import asset_folder
from tests.support.shop import PUBLIC_URL, Shop


def test_both_folders_are_found() -> None:
    assert (asset_folder("templates") / "base.html").is_file()
    assert (asset_folder("static") / "site.css").is_file()


def test_missing_folder_is_told_by_name() -> None:
    with pytest.raises(FileNotFoundError, match="nothing-of-ours"):
        asset_folder("nothing-of-ours")


def test_static_file_is_served(shop: Shop) -> None:
    with shop.app.test_client().get("/static/account.js", base_url=PUBLIC_URL) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
        assert answer.get_data() == (asset_folder("static") / "account.js").read_bytes()


@pytest.mark.parametrize(
    "name",
    ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "..\\app.py", "", ".", "x\0", "../static/site.css"],
)
def test_nothing_outside_the_folder_is_served(shop: Shop, name: str) -> None:
    answer = shop.app.test_client().get(
        "/static/x", base_url=PUBLIC_URL, environ_overrides={"PATH_INFO": f"/static/{name}"}, buffered=True
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_static_file_can_only_be_read(shop: Shop, method: str) -> None:
    answer = shop.app.test_client().open("/static/site.css", method=method, base_url=PUBLIC_URL)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
