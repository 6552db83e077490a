"""Scripts that are run in one round trip, though their keys may lie in several slots of a Cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import NoScriptError, RedisError


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptCall:
    """A script with what it is to be run on."""

    script: Script
    keys: Sequence[str]
    args: Sequence[str | int | float | bytes]


def run_together(client: Redis, first: ScriptCall, others: Sequence[ScriptCall] = ()) -> RedisError | None:
    """Run scripts that may be run twice; return what was in the way of the others, which keeps nothing of the first.

    :raises RedisError: what was in the way of the first
    """
    calls = (first, *others)
    answers = _answers(client, calls)
    if any(isinstance(answer, NoScriptError) for answer in answers):
        for call in calls:
            client.script_load(call.script.script)
        answers = _answers(client, calls)
    if isinstance(answers[0], RedisError):
        raise answers[0]
    return next((answer for answer in answers if isinstance(answer, RedisError)), None)


def _answers(client: Redis, calls: Sequence[ScriptCall]) -> list[Any]:
    pipe = client.pipeline(transaction=False)
    for call in calls:
        pipe.evalsha(call.script.sha, len(call.keys), *call.keys, *call.args)
    return pipe.execute(raise_on_error=False)
