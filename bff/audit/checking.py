"""What the checks of the guards share: how a check looks, and how it says what is wrong in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bff.audit.probed import Probe, Probed
from bff.factory import Bff

Check = Callable[[Probed, Bff], str | None]
"""Says what is wrong with the running application; None: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCookie:
    """One `Set-Cookie` header, taken apart."""

    answer: Probe
    name: str
    value: str
    attributes: tuple[str, ...]
    """As they were sent: `HttpOnly`, `Path=/`."""

    def attribute(self, name: str) -> str | None:
        """Return the value of the attribute of this name, in lower case; empty for a flag, None where it is missing."""
        split = (attribute.partition("=") for attribute in self.attributes)
        return {key.lower(): value for key, _, value in split}.get(name)


def cookies_set(answers: Iterable[Probe]) -> Iterator[SetCookie]:
    """Go through every cookie that was set."""
    for answer in answers:
        for line in answer.all_of("Set-Cookie"):
            pair, *rest = line.split(";")
            name, _, value = pair.strip().partition("=")
            yield SetCookie(
                answer=answer,
                name=name,
                value=value,
                attributes=tuple(part.strip() for part in rest),
            )


def every(answers: Iterable[Probe], good: Callable[[Probe], bool], wrong: str) -> str | None:
    """Say which answers are not good; also where there is none to judge by."""
    judged = list(answers)
    if not judged:
        return f"{wrong}: nothing could be asked"
    bad = [answer for answer in judged if not good(answer)]
    if not bad:
        return None
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return f"{wrong}: {bad[0]}{more}"


def every_cookie(probed: Probed, good: Callable[[SetCookie], bool], wrong: str) -> str | None:
    """Say which cookie is not good; also where none was set at all."""
    cookies = list(cookies_set(probed.answers))
    if not cookies:
        return f"{wrong}: no answer set a cookie"
    bad = [cookie for cookie in cookies if not good(cookie)]
    return f"{wrong}: {bad[0].name} at {bad[0].answer}" if bad else None
