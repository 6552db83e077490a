"""The composition root: settings in, services out; the only place where constructors meet."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from redis import Redis

from bff.account.calls import AccountCalls
from bff.account.cart_merge import TRY_SECONDS, CartMerge
from bff.account.devices import Devices
from bff.account.flights import Flights
from bff.account.login import Login
from bff.account.shared_cache import SharedCache
from bff.account.shared_reads import SharedReads
from bff.account.signup import Signup
from bff.account.social_login import SocialLogin
from bff.config.settings import Settings
from bff.crypto import KeyRing
from bff.emporix.client import EmporixClient
from bff.limits import Limits
from bff.log import Log, UrlRedaction, redact_http_library
from bff.metrics.counts import Counts
from bff.oidc.provider import IdentityProvider
from bff.operations.declared import MAX_ANSWER_BYTES
from bff.operations.model import Operation, Place
from bff.operations.places import Places
from bff.sessions.address_counts import AddressCounts
from bff.sessions.answers import Answers
from bff.sessions.index import SessionIndex
from bff.sessions.model import SignedIn
from bff.sessions.readiness import Readiness
from bff.sessions.redis_connection import connect_redis
from bff.sessions.redis_store import RedisSessionStore
from bff.sessions.replay import ReplayGuard
from bff.sessions.session import Sessions
from bff.sessions.shared_token import SharedTokenRecord
from bff.sessions.store import SessionStore
from bff.storefront.model import Storefront
from bff.storefront.reader import read_storefront
from bff.tokens.broker import LEASE_MARGIN_SECONDS, TokenBroker
from bff.tokens.guests import guest_context
from bff.tokens.renewal import Renewal
from bff.tokens.shared import SharedToken
from bff.transport import Transport

_MOST_CALLS_OF_A_FORM = 4
"""A sign-in takes a guest's token, the login, who it is, and the company they acted for; besides, maybe, carts."""
_SHARE_THAT_WAITS = 4
"""One thread of so many, at most, waits for what another one is doing, or asks upstream what every visitor may read."""
_SHARE_THAT_WAITS_FOR_NOBODY = 4
"""One thread of so many waits for no other server once that has been silent for a moment: it answers all else."""
_SHARE_THAT_IS_PATIENT = 2
"""One thread of so many, at most, waits for a read of another one that takes long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that lives as long as the process; no request changes any of it."""

    settings: Settings
    operations: Mapping[str, Operation]
    storefront: Storefront
    ring: KeyRing
    redis: Redis
    """The pooled client; for services that share its connections, never for reading sessions past the store."""
    store: SessionStore
    readiness: Readiness
    sessions: Sessions
    client: EmporixClient
    broker: TokenBroker
    login: Login
    devices: Devices
    answers: Answers
    calls: AccountCalls
    oidc: SocialLogin | None
    """None: no social sign-in is configured."""
    now: Callable[[], float]
    log: Log
    counts: Counts | None
    """None: there are no metrics."""

    def logout_url(self, who: SignedIn | None) -> str | None:
        """Return the URL that ends the identity provider's session too; None: there is none to end."""
        return None if self.oidc is None else self.oidc.logout_url(who)


def build_services(
    settings: Settings,
    *,
    storefront: Storefront | None = None,
    operations: Mapping[str, Operation] | None = None,
    now: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    redis: Redis | None = None,
    store: SessionStore | None = None,
    transport: Transport | None = None,
    counts: Counts | None = None,
) -> Services:
    """Build the services that a configuration describes; opens no connection yet.

    The other keyword arguments are for tests and the audit: another table, clock, Redis client, store or way to
    upstream; `monotonic` is the clock that upstream's trouble goes by.

    :param storefront: what was read from the configuration's file; None: it is read here
    :param counts: where the process counts what it does
    :raises ConfigurationError: the storefront's file is wrong, or needs what is not configured
    """
    if storefront is None:
        storefront = read_storefront(settings.serving.storefront)
    if operations is None:
        operations = storefront.with_built_in()
    merge_site = storefront.sign_in.merge_site(settings.emporix.site)
    ring = KeyRing(settings.sessions.keys)
    log = Log(logging.getLogger("bff"), ring.newest.name, counts)
    client = redis or connect_redis(settings.redis)
    limit = settings.limits.api
    if store is None:
        store = RedisSessionStore(
            client, ring, log, count_window_seconds=None if limit is None else limit.window_seconds
        )
    limits = Limits(settings.limits, client, ring, log)
    transport = transport or Transport(
        settings.emporix.api_url, connections=settings.serving.threads, max_body_bytes=MAX_ANSWER_BYTES
    )
    threads = settings.serving.threads
    places = Places(max(1, threads - threads // _SHARE_THAT_WAITS_FOR_NOBODY))
    emporix = EmporixClient(settings.emporix, transport, log, places=places, monotonic=monotonic)
    longest = emporix.longest_call_seconds
    # A sign-in asks for a guest's tokens, for the customer's and who it is, and may wait for another request's lock.
    index = SessionIndex(client, ring, now, mark_seconds=3 * longest + longest + LEASE_MARGIN_SECONDS)
    sessions = Sessions(
        store=store,
        index=index,
        settings=settings.sessions,
        limit=limit,
        count_newcomer=limits.count_newcomer,
        now=now,
        log=log,
    )
    redact_http_library(UrlRedaction(_secret_path_prefixes(operations, settings.emporix.tenant)))
    most_waiting = max(1, threads // _SHARE_THAT_WAITS)
    broker = TokenBroker(emporix, operations, store, settings.emporix, limits, now, log)
    carts = None if merge_site is None else CartMerge(broker, store, merge_site, now, log)
    login = Login(broker, operations, sessions, now, log, carts)
    oidc = None
    if settings.social is not None:
        oidc = SocialLogin(
            IdentityProvider(settings.social, now, log, places=places, most_waiting=most_waiting),
            login,
            operations,
            sessions,
            ReplayGuard(client, ring),
            settings.social,
            public_url=settings.serving.public_url,
            now=now,
            log=log,
        )
    return Services(
        settings=settings,
        operations=operations,
        storefront=storefront,
        ring=ring,
        redis=client,
        store=store,
        readiness=Readiness(client, log),
        sessions=sessions,
        client=emporix,
        broker=broker,
        login=login,
        devices=Devices(sessions, login, ring, now),
        answers=Answers(
            client,
            ring,
            now,
            wait_seconds=_MOST_CALLS_OF_A_FORM * emporix.longest_call_seconds + (TRY_SECONDS if carts else 0.0),
            most_waiting=most_waiting,
            places=places,
        ),
        calls=AccountCalls(
            broker,
            login,
            Signup(login, operations["signup"], settings.emporix.signup),
            operations,
            settings.emporix,
            settings.features,
            _shared_reads(settings, emporix, places, operations, client, ring, limits, now, log),
            log,
        ),
        oidc=oidc,
        now=now,
        log=log,
        counts=counts,
    )


def _shared_reads(
    settings: Settings,
    emporix: EmporixClient,
    places: Places,
    operations: Mapping[str, Operation],
    client: Redis,
    ring: KeyRing,
    limits: Limits,
    now: Callable[[], float],
    log: Log,
) -> SharedReads:
    ours, threads = settings.emporix, settings.serving.threads
    told = [text for pair in sorted(guest_context(ours).items()) for text in pair]
    record = SharedTokenRecord(client, ring, log, got_with=(ours.api_url, ours.tenant, ours.client_id, *told))
    renewal = Renewal(emporix, operations, ours, limits, now, log)
    return SharedReads(
        SharedToken(emporix, renewal, record, ours, now, log),
        SharedCache(now),
        Flights(most_patient=max(1, threads // _SHARE_THAT_IS_PATIENT), places=places),
        AddressCounts(client, ring, log, settings.limits.api),
        limits,
        now,
        log,
        most_asking=max(1, threads // _SHARE_THAT_WAITS),
        call_seconds=emporix.longest_call_seconds,
    )


def _secret_path_prefixes(operations: Mapping[str, Operation], tenant: str) -> list[str]:
    return [
        operation.path.partition("{" + parameter.name + "}")[0].replace("{tenant}", tenant)
        for operation in operations.values()
        for parameter in operation.parameters
        if parameter.secret and parameter.place is Place.PATH
    ]
