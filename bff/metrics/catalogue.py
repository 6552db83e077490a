"""Every number that the program tells an operator: its name, what it means, and by what it is told apart.

A label holds a word of ours, a route's template, a method or a status: never an id, an address, or a text that a client
chose. So there are only so many series, whatever is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import Final

from bff.events import Event


class Kind(Enum):
    """How a number behaves, and how those of several workers become one."""

    COUNTER = "counter"
    """It only grows, and those of workers that have ended count on."""
    HISTOGRAM = "histogram"
    """The same, of how many took how long."""
    GAUGE = "gauge"
    """What is now, added up over the workers that live."""
    LATEST = "latest"
    """What one worker has found, whichever looked last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number, or one for each combination of labels."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    """Upper ends of a histogram's buckets, in seconds; one without an end comes after them."""
    known: tuple[tuple[str, ...], ...] = ()
    """Combinations of labels that are told from the start, as 0: a rate needs a value before the first event."""

    @property
    def width(self) -> int:
        """How many values there are in memory for one combination of labels."""
        match self.kind:
            case Kind.HISTOGRAM:
                return len(self.bounds) + 2
            case Kind.LATEST:
                return 2
            case _:
                return 1


_REQUEST_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_REDIS_BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_OUTCOMES: Final = ("done", "refused", "limited", "unknown")
SIGN_INS: Final = ("login", "signup", "signup_optin", "social_login")
"""Operations that sign in, as the audit log names them."""
_TOKEN_KINDS: Final = ("customer", "anonymous", "shared")
TOLD_EVENTS: Final = frozenset(Event) - {
    Event.REQUEST,
    Event.UPSTREAM_CALL,
    Event.UPSTREAM_NOT_ASKED,
    Event.SESSION_MADE,
    Event.REFRESH_WAITED,
    Event.LIMIT_REACHED,
    Event.STORE_LOOKED_AT,
    Event.SHARED_READ,
}
"""Those that are counted one by one; the others have numbers of their own alone."""

REQUESTS: Final = Metric(
    name="bff_requests_total",
    kind=Kind.COUNTER,
    help="Requests that the application has answered",
    labels=("method", "route", "status"),
)
REQUEST_SECONDS: Final = Metric(
    name="bff_request_seconds",
    kind=Kind.HISTOGRAM,
    help="How long requests took in the application",
    labels=("method", "route"),
    bounds=_REQUEST_BOUNDS,
)
WAITING_SECONDS: Final = Metric(
    name="bff_request_waiting_seconds_total",
    kind=Kind.COUNTER,
    help="How much of that was for Redis or Emporix (`part`: redis, upstream)",
    labels=("method", "route", "part"),
)
REDIS_SECONDS: Final = Metric(
    name="bff_redis_seconds",
    kind=Kind.HISTOGRAM,
    help="How long requests that asked Redis waited for it",
    bounds=_REDIS_BOUNDS,
)
BARE_ANSWERS: Final = Metric(
    name="bff_bare_answers_total",
    kind=Kind.COUNTER,
    help="Requests that were refused before the application saw them: too late, too long, or no HTTP",
    labels=("status",),
)
UPSTREAM_CALLS: Final = Metric(
    name="bff_upstream_calls_total",
    kind=Kind.COUNTER,
    help="Calls to Emporix (`outcome`: 2xx, 3xx, 4xx, 5xx, or why there was no answer)",
    labels=("operation", "outcome"),
)
UPSTREAM_SECONDS: Final = Metric(
    name="bff_upstream_call_seconds",
    kind=Kind.HISTOGRAM,
    help="How long calls to Emporix took",
    labels=("operation",),
    bounds=_REQUEST_BOUNDS,
)
UPSTREAM_NOT_ASKED: Final = Metric(
    name="bff_upstream_not_asked_total",
    kind=Kind.COUNTER,
    help="Calls that were not made (`reason`: the service fails again and again, or too many threads wait)",
    labels=("operation", "reason"),
)
CIRCUITS_OPEN: Final = Metric(
    name="bff_circuits_open",
    kind=Kind.GAUGE,
    help="Workers that do not ask a service of Emporix, since it fails again and again",
    labels=("service",),
)
REFRESHES: Final = Metric(
    name="bff_token_refreshes_total",
    kind=Kind.COUNTER,
    help="Refreshes of tokens (`outcome`: done, refused, unknown; waited: another request was doing it)",
    labels=("kind", "outcome"),
    known=tuple(product(_TOKEN_KINDS, ("done", "refused", "unknown", "waited"))),
)
SIGN_IN_ATTEMPTS: Final = Metric(
    name="bff_sign_ins_total",
    kind=Kind.COUNTER,
    help="Attempts to sign in, by the operation asked for (`outcome`: done, refused, limited, unknown)",
    labels=("operation", "outcome"),
    known=tuple(product(SIGN_INS, _OUTCOMES)),
)
SESSIONS_MADE: Final = Metric(
    name="bff_sessions_made_total",
    kind=Kind.COUNTER,
    help="Sessions that began under a new cookie (`kind`: customer, guest)",
    labels=("kind",),
    known=(("customer",), ("guest",)),
)
SESSIONS_ENDED: Final = Metric(
    name="bff_sessions_ended_total",
    kind=Kind.COUNTER,
    help="Signed-in sessions that ended, but for want of requests (`reason`: signed out, or as in the audit log)",
    labels=("reason",),
    known=(("signed out",),),
)
SHARED_READS: Final = Metric(
    name="bff_shared_reads_total",
    kind=Kind.COUNTER,
    help="Reads that hang on no session (`outcome`: hit, waited: another request was asking; miss: upstream was asked, "
    "and the answer kept; uncached: asked, and not kept; refused: too many asked at once)",
    labels=("outcome",),
    known=tuple((outcome,) for outcome in ("hit", "waited", "miss", "uncached", "refused")),
)
SHARED_CACHE_BYTES: Final = Metric(
    name="bff_shared_cache_bytes", kind=Kind.GAUGE, help="What the kept answers of such reads take, in all workers"
)
CSRF_REFUSALS: Final = Metric(
    name="bff_csrf_refusals_total",
    kind=Kind.COUNTER,
    help="Requests that did not come from a page of ours (`reason`: as in the audit log)",
    labels=("reason",),
    known=(("another origin",), ("a read from another site",)),
)
LIMITED: Final = Metric(
    name="bff_limited_total",
    kind=Kind.COUNTER,
    help="What was refused because a limit was reached, by the limit and by what it counts",
    labels=("limit", "per"),
    known=(("api", "session"), ("api", "address")),
)
EVENTS: Final = Metric(
    name="bff_events_total",
    kind=Kind.COUNTER,
    help="Events, whether the log shows them or not",
    labels=("event",),
    known=tuple((event.label,) for event in Event if event in TOLD_EVENTS),
)
READY: Final = Metric(
    name="bff_ready",
    kind=Kind.LATEST,
    help="Whether Redis kept sessions when GET /readyz last looked: 1 or 0",
)
THREADS: Final = Metric(name="bff_threads", kind=Kind.GAUGE, help="Threads that there may be")
THREADS_BUSY: Final = Metric(name="bff_threads_busy", kind=Kind.GAUGE, help="Threads that are answering a request")
WAITING: Final = Metric(name="bff_requests_waiting", kind=Kind.GAUGE, help="Whole requests that wait for a thread")
CONNECTIONS: Final = Metric(name="bff_connections", kind=Kind.GAUGE, help="Connections of clients, idle ones too")
SERIES_LEFT_OUT: Final = Metric(
    name="bff_series_left_out_total",
    kind=Kind.COUNTER,
    help="Series that found no room; more than 0 is a fault of ours",
)
WORKERS: Final = Metric(name="bff_workers", kind=Kind.GAUGE, help="Workers that live")
WORKERS_ENDED: Final = Metric(
    name="bff_workers_ended_total", kind=Kind.COUNTER, help="Workers that have ended, for whatever reason"
)
START: Final = Metric(name="bff_start_time_seconds", kind=Kind.GAUGE, help="When the server started, in Unix seconds")
BUILD: Final = Metric(
    name="bff_build_info", kind=Kind.GAUGE, help="Always 1; which program this is", labels=("version", "python")
)

METRICS: Final = (
    REQUESTS,
    REQUEST_SECONDS,
    WAITING_SECONDS,
    BARE_ANSWERS,
    REDIS_SECONDS,
    UPSTREAM_CALLS,
    UPSTREAM_SECONDS,
    UPSTREAM_NOT_ASKED,
    CIRCUITS_OPEN,
    REFRESHES,
    SIGN_IN_ATTEMPTS,
    SESSIONS_MADE,
    SESSIONS_ENDED,
    SHARED_READS,
    SHARED_CACHE_BYTES,
    CSRF_REFUSALS,
    LIMITED,
    EVENTS,
    READY,
    THREADS,
    THREADS_BUSY,
    WAITING,
    CONNECTIONS,
    WORKERS,
    WORKERS_ENDED,
    SERIES_LEFT_OUT,
    START,
    BUILD,
)
"""All there are, in the order in which they are told."""
