"""What requests cost within one process, without a server, and where the time of `/api/me` goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.support.bench.in_process import InProcess, SignIn, get, in_process
from tests.support.bench.peers.peer import CUSTOMER, Surroundings
from tests.support.bench.sampling import Samples, name_of, sampled
from tests.support.bench.table import markdown

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PROFILED: Final = 8000
_FUNCTIONS: Final = 10
_STEPS: Final = 15
_ME: Final = "/api/me"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What was found."""

    microseconds: Mapping[str, float]
    """Processor time of one request, by what was asked for."""
    samples: Samples
    """Of `/api/me`."""


def profiled(around: Surroundings) -> Profile:
    """Measure.

    :raises BenchError: something is not answered as it should be
    """
    with in_process(around) as program:
        environs = _environs(program)
        costs = program.medians(environs)
        samples = sampled(lambda: program.microseconds(environs[_ME], _PROFILED))
    return Profile(microseconds=costs, samples=samples)


def profile_text(profile: Profile) -> str:
    """Return tables."""
    costs = markdown(
        ("within one process, without a server", "processor µs"),
        ((f"`{name}`", f"{spent:,.0f}") for name, spent in profile.microseconds.items()),
    )
    per_sample = profile.microseconds[_ME] / max(1, profile.samples.total)
    own = markdown(
        ("µs of `/api/me`", "function, without what it calls in Python"),
        ((f"{count * per_sample:.0f}", name_of(code)) for code, count in profile.samples.own.most_common(_FUNCTIONS)),
    )
    steps = markdown(
        ("µs of `/api/me`", "step: the innermost module of `bff`, with the libraries that it calls"),
        ((f"{count * per_sample:.0f}", step) for step, count in profile.samples.steps.most_common(_STEPS)),
    )
    return f"{costs}\n\n{own}\n\n{steps}\n\n{profile.samples.total} samples."


def _environs(program: InProcess) -> Mapping[str, WSGIEnvironment]:
    customer = {"Cookie": SignIn.to(program).cookie(CUSTOMER)}
    guest = {"Cookie": program.asked("/api/session").cookie}
    return {
        "/healthz": get("/healthz", {}),
        "/static/site.css": get("/static/site.css", {}),
        "/api/session": get("/api/session", customer),
        _ME: get(_ME, customer),
        "/login of a customer": get("/login", customer),
        "/login of a guest": get("/login", guest),
        "/account": get("/account", customer),
    }
