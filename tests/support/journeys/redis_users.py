"""A user of each server of a kind of Redis, with exactly the rights that the operators' document gives."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.support.documents import document
from tests.support.redis_servers import Server

USER, PASSWORD = "shopkeeper", "canary-of-the-shopkeeper"


def the_rule() -> list[str]:
    """Return the words of the rule for a user of one server."""
    (rule,) = re.findall(r"^ACL SETUSER bff on >PASSWORD (.+)$", document("operating.md"), re.MULTILINE)
    return str(rule).split()


def cluster_rule() -> list[str]:
    """Return the same for a node of a cluster."""
    (more,) = re.findall(r"\(#kinds-of-redis\) needs `([^`]+)` besides", document("operating.md"))
    return [*the_rule(), *str(more).split()]


def sentinel_rule() -> list[str]:
    """Return the same for a Sentinel."""
    (rule,) = re.findall(r"^`ACL SETUSER bff on >PASSWORD (.+)`\.", document("operating.md"), re.MULTILINE)
    return str(rule).split()


def let_in(servers: Iterable[Server], rule: Iterable[str]) -> None:
    """Make the user at each server."""
    for server in servers:
        with server.client as client:
            client.execute_command("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *rule)
