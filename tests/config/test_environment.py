"""Where values come from: variables, files, and what is said about the wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bff.config.environment import Environment, optional, required, setting
from bff.config.parsers import matching, whole
from bff.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Settings of each kind, and a field that is none."""

    key: str = required("KEY", matching("[a-z0-9]+", "letters"), example="abc", echo=False)
    threads: int = setting("BFF_THREADS", whole(1, 99), "32")
    site: int | None = optional("SITE", whole(1, 99), unset=None, example="7")
    name: str = "plain"


def workers(**variables: str) -> int:
    environment = Environment(variables)
    value = environment.read("BFF_WORKERS", whole(1, 99), default=1, example="4")
    environment.finish()
    return value


def problem(**variables: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        workers(**variables)
    assert [problem.variable for problem in caught.value.problems] == ["BFF_WORKERS"]
    return str(caught.value)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_value_is_read_from_the_file_that_the_file_form_names(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "workers"
    file.write_bytes(f"3{ending}".encode())
    assert workers(BFF_WORKERS_FILE=str(file)) == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"hunter2\n\n", "line break"),
        (b"hunter2\nhunter2", "line break"),
        (b"hunter2\x00", "cannot be printed"),
        (b"\xffhunter2", "not UTF-8"),
        (b"\n", "is empty"),
        (b"h" * 70_000, "longer than"),
        (b"hunter2", "must be a whole number"),
    ],
)
def test_wrong_content_of_a_file_is_told_and_never_shown(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    text = problem(BFF_WORKERS_FILE=str(file))
    assert told in text
    assert "hunter" not in text


@pytest.mark.parametrize("path", ["/does/not/exist", ".", "hunter2", "a\0b"])
def test_unreadable_file_is_a_problem_that_does_not_name_the_path(path: str) -> None:
    text = problem(BFF_WORKERS_FILE=path)
    assert "the file that BFF_WORKERS_FILE names cannot be read" in text
    assert "hunter2" not in text


def test_both_forms_at_once_are_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "workers"
    file.write_text("3")
    assert "keep one of them" in problem(BFF_WORKERS="3", BFF_WORKERS_FILE=str(file))


def test_empty_form_does_not_stand_against_the_other(tmp_path: Path) -> None:
    file = tmp_path / "workers"
    file.write_text("3")
    assert workers(BFF_WORKERS="", BFF_WORKERS_FILE=str(file)) == 3
    assert workers(BFF_WORKERS="4", BFF_WORKERS_FILE="") == 4


def test_wrong_value_is_repeated_only_where_it_is_short_and_no_secret() -> None:
    assert "got 'many'" in problem(BFF_WORKERS="many")
    assert "9" * 41 not in problem(BFF_WORKERS="9" * 41)
    assert "many\x1b" not in problem(BFF_WORKERS="many\x1b")
    environment = Environment({"KEY": "hunter2"})
    environment.read("KEY", matching("[0-9]+", "digits"), default="", example="1", echo=False)
    with pytest.raises(ConfigurationError) as caught:
        environment.finish()
    assert "hunter2" not in str(caught.value)


def test_unknown_variable_is_a_warning_with_the_nearest_known_one() -> None:
    variables = {"BFF_WORKER": "hunter2", "BFF_ZZZZZZ": "1", "BFF_\x1b": "1", "OTHER": "1"}
    environment = Environment({**variables, "BFF_WORKERS": "1", "BFF_THREADS_FILE": ""})
    environment.read("BFF_WORKERS", whole(1, 99), default=1, example="4")
    environment.read("BFF_THREADS", whole(1, 99), default=1, example="4")
    assert environment.finish("BFF_") == (
        r"'BFF_\x1b' is not a known variable",
        "BFF_WORKER is not a known variable; did you mean BFF_WORKERS?",
        "BFF_ZZZZZZ is not a known variable",
    )


def test_branch_is_read_from_the_variables_that_its_fields_declare() -> None:
    environment = Environment({"KEY": "abc", "BFF_THREADS": "8", "SITE": "", "plain": "x"})
    assert environment.branch(Sample) == Sample(key="abc", threads=8, site=None, name="plain")
    environment.finish()


def test_given_value_of_a_branch_is_a_default_and_no_more() -> None:
    assert Environment({"KEY": "abc"}).branch(Sample, threads=2, name="given") == Sample(
        key="abc", threads=2, name="given"
    )
    assert Environment({"KEY": "abc", "BFF_THREADS": "8"}).branch(Sample, threads=2).threads == 8


def test_problems_of_a_branch_are_told_together_with_what_its_fields_declare() -> None:
    environment = Environment({"BFF_THREADS": "many", "SITE": "x"})
    environment.branch(Sample)
    with pytest.raises(ConfigurationError) as caught:
        environment.finish()
    assert str(caught.value).splitlines() == [
        "KEY: is not set, and neither is KEY_FILE (example: abc)",
        "BFF_THREADS: must be a whole number from 1 to 99, got 'many' (example: 32)",
        "SITE: must be a whole number from 1 to 99, got 'x' (example: 7)",
    ]
    hidden = Environment({"KEY": "HUNTER2"})
    hidden.branch(Sample)
    with pytest.raises(ConfigurationError, match="must be letters") as caught:
        hidden.finish()
    assert "HUNTER2" not in str(caught.value)
