"""Loads a document's text, JSON or YAML: bounded before it is parsed, and nothing in it is executed or fetched."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from bff.storefront.openapi.errors import DocumentError

MOST_BYTES: Final = 8 * 1024 * 1024
"""Some thirty times what the longest of the vendor's takes."""
_MOST_LEVELS: Final = 100
_MOST_EVENTS: Final = 1_000_000
_NEEDS_YAML: Final = "is YAML, which needs PyYAML: pip install 'emporix-bff[routes]'"
_TOLD: Final = re.compile(r"[\x20-\x7e]{1,120}")


def load(path: Path) -> dict[str, Any]:
    """Return a document's content.

    :raises DocumentError: it cannot be read, is neither JSON nor YAML, or is no object
    """
    text = _text(path)
    content = _parsed(text, is_json=path.suffix.lower() == ".json")
    if not isinstance(content, dict):
        raise DocumentError("is no OpenAPI document: it is no object")
    return content


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise DocumentError("is no regular file" if path.exists() else "cannot be read: there is no such file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a file name"
        raise DocumentError(f"cannot be read: {reason}") from None
    if len(content) > MOST_BYTES:
        raise DocumentError(f"is longer than {MOST_BYTES // 1024 // 1024} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DocumentError(f"is not UTF-8, at line {line}") from None


def _parsed(text: str, *, is_json: bool) -> Any:
    if is_json or text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            # YAML has braces too.
            if is_json:
                raise DocumentError(f"is no JSON, at line {error.lineno}: {error.msg}") from None
        except (RecursionError, ValueError):
            # ValueError: a number of thousands of digits, which Python does not convert.
            raise DocumentError("is no JSON that can be read: too deep, or a number is too long") from None
    return _from_yaml(text)


def _from_yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise DocumentError(_NEEDS_YAML) from None

    # The same rules, in C where there is the library.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml, text, loader)
        # Both loaders construct plain values alone.
        return yaml.load(text, Loader=loader)  # nosec B506 # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f", at line {mark.line + 1}"
        raise DocumentError(f"is no YAML{where}: {_told(error)}") from None
    except (RecursionError, ValueError, OverflowError, TypeError):
        # What looks like a date or a number, and is none.
        raise DocumentError("is no YAML that can be read: a value is too deep, too long, or no such date") from None


def _check_events(yaml: ModuleType, text: str, loader: Any) -> None:
    """See that what is loaded next stays as small as its text."""
    level = 0
    for number, event in enumerate(yaml.parse(text, Loader=loader)):
        if number > _MOST_EVENTS:
            raise DocumentError(f"has more than {_MOST_EVENTS:,} values")
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
            if level > _MOST_LEVELS:
                raise DocumentError(f"is nested more than {_MOST_LEVELS} levels deep, at line {_line(event)}")
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1
        elif isinstance(event, yaml.ScalarEvent) and (
            (event.value == "<<" and event.implicit[0]) or str(event.tag).endswith(":merge")
        ):
            # An alias is one value in several places. A merge copies, and copies of copies have no end.
            raise DocumentError(f"merges mappings with <<, which is not read here, at line {_line(event)}")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _told(error: Exception) -> str:
    told = _TOLD.match(str(getattr(error, "problem", None) or "it cannot be parsed"))
    return told[0] if told else "it cannot be parsed"
