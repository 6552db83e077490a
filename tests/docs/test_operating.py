"""What the document for operators says: every variable, every command, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bff.cli import main
from bff.config.settings import Settings
from bff.errors import ConfigurationError
from tests.support.documents import document, first_cells, section

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
    without_effect = told.partition("without an effect yet: ")[2].partition("\n\n")[0]
    rows = "\n".join(first_cells(told))
    named = re.findall(r"`((?:BFF|EMPORIX|AUTH0|REDIS)_[A-Z0-9_]+)`", rows + without_effect)
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
