"""Scripts that are run in one round trip; in a Cluster, where their keys may lie in several slots, in one for each."""

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


def run_together(client: Redis, first: ScriptCall, others: Sequence[ScriptCall] = ()) -> tuple[Any, RedisError | None]:
    """Run scripts that may be run twice; return what the first says, and what was in the way of the others.

    :raises RedisError: what was in the way of the first
    """
    calls = (first, *others)
    answers = _answers(client, calls)
    if any(isinstance(answer, NoScriptError) for answer in answers):
        for text in dict.fromkeys(call.script.script for call in calls):
            client.script_load(text)
        answers = _answers(client, calls)
    if isinstance(answers[0], RedisError):
        raise answers[0]
    return answers[0], next((answer for answer in answers if isinstance(answer, RedisError)), None)


def _answers(client: Redis, calls: Sequence[ScriptCall]) -> list[Any]:
    pipe = client.pipeline(transaction=False)
    for call in calls:
        pipe.evalsha(call.script.sha, len(call.keys), *call.keys, *call.args)
    return pipe.execute(raise_on_error=False)
