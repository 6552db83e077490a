"""The table of rights in the operators' document, as the program's own list has it: `python -m` this prints it."""

from __future__ import annotations

from bff.commands.checks.redis_uses import FOR_A_CLUSTER, FOR_THE_CHECK, REDIS_USES, RedisUse

HEAD = "| for | keys | commands | without one of them |\n|---|---|---|---|\n"


def rights_table() -> str:
    """Return the table, with a line break at its end."""
    return HEAD + "".join(_row(use) for use in (*REDIS_USES, FOR_A_CLUSTER, FOR_THE_CHECK))


def _row(use: RedisUse) -> str:
    keys = " ".join(f"~{kept.glob}" for kept in use.kept)
    commands = " ".join(f"+{command}" for command in sorted({right.command for right in use.rights}))
    # A bar would end the cell.
    shown = commands.replace("|", "\\|")
    return f"| {use.name} | {f'`{keys}`' if keys else '-'} | `{shown}` | {use.without} |\n"


if __name__ == "__main__":
    print(rights_table(), end="")
