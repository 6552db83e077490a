"""The table of rights in the operators' document, as the program's own list has it: `python -m` this prints it."""

from __future__ import annotations

from bff.commands.checks.features import FEATURES, FOR_THE_CHECK, Feature

HEAD = "| for | keys | commands | without one of them |\n|---|---|---|---|\n"


def rights_table() -> str:
    """Return the table, with a line break at its end."""
    return HEAD + "".join(_row(feature) for feature in (*FEATURES, FOR_THE_CHECK))


def _row(feature: Feature) -> str:
    keys = " ".join(f"~{kept.glob}" for kept in feature.kept)
    commands = " ".join(f"+{command}" for command in sorted({right.command for right in feature.rights}))
    # A bar would end the cell.
    shown = commands.replace("|", "\\|")
    return f"| {feature.name} | {f'`{keys}`' if keys else '-'} | `{shown}` | {feature.without} |\n"


if __name__ == "__main__":
    print(rights_table(), end="")
