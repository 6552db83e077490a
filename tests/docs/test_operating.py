"""What the document for operators says: every variable, every command, and no other."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from bff.cli import main
from bff.commands.checks.finding import Topic
from bff.commands.checks.redis_uses import FOR_THE_CHECK, REDIS_USES
from bff.commands.embedded_redis import EmbeddedRedis
from bff.commands.sessions import revoke_all
from bff.config.settings import Settings
from bff.errors import ConfigurationError
from bff.events import Event
from bff.sessions.rights import lacking_rights
from tests.support.acl import user
from tests.support.documents import ROOT, document, first_cells, section
from tests.support.rights_table import rights_table
from tests.support.shop import ShopMaker

OPERATING = document("operating.md")


class Asked(dict[str, str]):
    """An empty environment that notes what is looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)

    def __getitem__(self, key: str) -> str:
        self.names.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]  # noted, then passed on
        self.names.add(key)
        return super().get(key, default)


def test_every_variable_is_named_once_and_no_other() -> None:
    environment = Asked()
    with pytest.raises(ConfigurationError):
        Settings.from_env(environment)
    read = {name for name in environment.names if not name.endswith("_FILE")}
    told = section(OPERATING, "Environment")
    rows = "\n".join(first_cells(told))
    named = re.findall(r"`((?:BFF|EMPORIX|AUTH0|REDIS)_[A-Z0-9_]+)`", rows)
    assert sorted(named) == sorted(read)


def commands(capsys: pytest.CaptureFixture[str], *words: str) -> Iterator[tuple[str, str]]:
    """Yield each command that stands below some words, as it is typed, with its help."""
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code in (0, None)
    told = capsys.readouterr().out
    below = re.findall(r"^ {2,4}([a-z]+) {2,}\S", told, re.MULTILINE)
    if not below:
        yield " ".join(("bff", *words)), told
    for word in below:
        yield from commands(capsys, *words, word)


def test_every_command_is_named_with_its_options_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    rows = dict(re.findall(r"^\| `(bff [^`]+)` \| (.*) \|$", section(OPERATING, "Commands"), re.MULTILINE))
    there = dict(commands(capsys))
    assert {"bff serve", "bff keys new"} < there.keys()
    # An option of the program itself, no command.
    assert rows.keys() - {"bff --version"} == there.keys()
    for command, told in there.items():
        options = set(re.findall(r"^\s+(--[a-z-]+)", told, re.MULTILINE)) - {"--help"}
        assert options == set(re.findall(r"`(--[a-z-]+)`", rows[command])), command


def test_table_of_rights_is_the_programs_own_list() -> None:
    assert rights_table() in section(OPERATING, "Redis rights by feature")


def test_check_names_all_that_it_looks_at_and_nothing_else() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+\.[a-z-]+)` \| (.*) \|$", section(OPERATING, "bff check"), re.MULTILINE))
    assert rows == {f"{topic.part}.{topic.word}": topic.looked_at for topic in Topic}


def test_rights_that_the_rule_gives_are_all_that_the_check_asks_for(redis: Redis, redis_server: EmbeddedRedis) -> None:
    (rule,) = re.findall(r"^ACL SETUSER bff on >PASSWORD (.+)$", OPERATING, re.MULTILINE)
    needed = frozenset(right for use in (*REDIS_USES, FOR_THE_CHECK) for right in use.rights)
    with user(redis, redis_server, *rule.split()) as client:
        assert not lacking_rights(client, needed)


def test_every_event_that_is_not_the_audits_is_named_with_its_level_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| ([a-z]+) \|", section(OPERATING, "Logs"), re.MULTILINE)
    there = [(event.label, logging.getLevelName(event.level).lower()) for event in Event if event.when is None]
    assert sorted(rows) == sorted(there)


def test_user_of_redis_with_the_rights_that_are_named_can_do_everything_and_no_more(
    make_shop: ShopMaker,
) -> None:
    (rule,) = re.findall(r"^ACL SETUSER bff on >PASSWORD (.+)$", OPERATING, re.MULTILINE)
    with EmbeddedRedis() as server, Redis.from_url(server.url) as operator:
        operator.execute_command("ACL", "SETUSER", "bff", "on", ">pass", *rule.split())
        shop = make_shop(REDIS_URL=re.sub(r"\?.*", "?username=bff&password=pass", server.url))
        here, there, away = (shop.signed_in() for _ in range(3))
        assert here.post("/api/session/refresh").status_code == 200
        assert here.delete("/api/sessions").status_code == 204
        assert [one.get("/api/me").get_json()["ended"] for one in (there, away)] == ["elsewhere"] * 2
        assert here.post("/api/logout").status_code == 200
        assert shop.browser().session()["expiresIn"] > 0
        assert revoke_all(shop.services) == 1
        with pytest.raises(NoPermissionError):
            shop.services.redis.flushall()
        with pytest.raises(NoPermissionError):
            shop.services.redis.get("another")
        denied: Any = operator.execute_command("ACL", "LOG")
        assert len(denied) == 2
        shop.services.redis.close()


def test_every_row_of_what_fails_names_a_test_that_is_there() -> None:
    rows = [line for line in section(OPERATING, "When something fails").splitlines() if line.count("|") == 5]
    assert len(rows) > 15
    for row in rows[2:]:
        for path, name in re.findall(r"`(tests/[a-z_/]+\.py)::(\w+)`", row.split("|")[4]) or [("", "")]:
            assert path, row
            assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE), row
