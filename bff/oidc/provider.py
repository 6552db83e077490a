"""The identity provider as its discovery document describes it: endpoints and keys (OpenID Connect Discovery 1.0).

Auth0 is configuration, not code. Documents are fetched when first needed and kept; whatever they say must lie on the
issuer's own host. A provider that cannot be reached is asked again after half a minute, not by every visitor.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

from bff.config.settings import SocialSettings
from bff.errors import IdentityProviderUnavailable
from bff.events import Event
from bff.log import Log
from bff.metrics.trouble import Trouble
from bff.oidc.documents import fetch
from bff.oidc.login_state import LoginState
from bff.operations.places import Places
from bff.transport import TransportError

MAX_DOCUMENT_BYTES: Final = 256 * 1024
_KEEP_SECONDS: Final = 86400.0
_KEEP_FAILURE_SECONDS: Final = 30.0
_REFETCH_KEYS_SECONDS: Final = 30.0
"""Any sender may post a logout token with a bad signature, or an unknown key: the issuer is asked no more often."""
_CONNECT_SECONDS: Final = 2.0
_READ_SECONDS: Final = 3.0
_PUBLIC_KINDS: Final = ("RSA", "EC", "OKP")
_PATH: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
"""Path and query of an endpoint; no fragment (RFC 6749 3.1), nothing that could end a header line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What the discovery document says, checked."""

    issuer: str
    """In the document's own spelling, which id tokens repeat."""
    authorization_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    sends_issuer: bool
    """RFC 9207: every answer names its issuer, so one that does not is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _CacheEntry:
    until: float
    value: Any
    """None: could not be had."""


class IdentityProvider:
    """One issuer; safe for threads, and never asked twice for the same at once."""

    def __init__(
        self, settings: SocialSettings, now: Callable[[], float], log: Log, *, places: Places, most_waiting: int = 1
    ) -> None:
        """Take what it works with.

        :param places: for threads that wait for another server
        :param most_waiting: threads that may wait for a document which another one fetches. Anyone can post a token,
            and threads are scarce
        """
        self._waiting = places
        self._settings = settings
        self._origin = _origin(settings.issuer)
        self._now = now
        self._trouble = Trouble(
            log.emit,
            begun=Event.IDENTITY_PROVIDER_NOT_READY,
            over=Event.IDENTITY_PROVIDER_READY,
            host=self._origin.partition("://")[2],
            # What could be had is not asked for again for a day.
            calm_seconds=0,
        )
        self._lock = threading.Lock()
        self._is_fetching = False
        self._places = threading.BoundedSemaphore(most_waiting)
        self._metadata: _CacheEntry | None = None
        self._keys: _CacheEntry | None = None
        self._keys_refetched_at = float("-inf")

    def metadata(self) -> Metadata:
        """Return what the discovery document says.

        :raises IdentityProviderUnavailable: it cannot be fetched, or is not to be believed, or could not be half a
            minute ago
        """
        with self._turn():
            return self._known_metadata()

    def keys(self, kid: str | None) -> KeySet:
        """Return the issuer's keys; they are fetched once more where none of them is the one that is named.

        :raises IdentityProviderUnavailable: there is no discovery document, or no key in the set can be used
        """
        with self._turn():
            metadata = self._known_metadata()
            kept = self._keys
            if kept is None or self._now() >= kept.until:
                kept = self._keys = self._fetched_keys(metadata, kept)
            elif kept.value is not None and kid is not None and not _has(kept.value, kid):
                kept = self._refetched_keys(metadata, kept)
            if kept.value is None:
                raise IdentityProviderUnavailable
            keys: KeySet = kept.value
            return keys

    def keys_newer_than(self, known: KeySet) -> KeySet | None:
        """Return the issuer's keys as they are now, after a signature that none of the known ones has made.

        :return: None where they cannot be had, or were fetched anew less than half a minute ago
        :raises IdentityProviderUnavailable: there is no discovery document
        """
        with self._turn():
            kept = self._keys
            if kept is not None and kept.value is known:
                kept = self._refetched_keys(self._known_metadata(), kept)
            return None if kept is None or kept.value is known else kept.value

    def authorize_url(self, login: LoginState, *, redirect_uri: str, connection: str | None) -> str:
        """Return where to send the browser (RFC 6749 4.1.1, RFC 7636 4.3, OpenID Connect Core 3.1.2.1).

        :raises IdentityProviderUnavailable: there is no discovery document that may be believed
        """
        uri = prepare_grant_uri(
            self.metadata().authorization_endpoint,
            self._settings.client_id,
            "code",
            redirect_uri,
            self._settings.scope,
            login.state.reveal(),
            nonce=login.nonce.reveal(),
            code_challenge=login.challenge,
            code_challenge_method="S256",
            connection=connection,
            # OpenID Connect Core 3.1.2.1: sign in anew, however short ago the last time was, and say when it was.
            prompt="login" if login.is_reauthentication else None,
            max_age="0" if login.is_reauthentication else None,
        )
        return str(uri)

    def end_session_url(self, sid: str | None, return_to: str) -> str | None:
        """Return where to send the browser to end the provider's session too; None where that cannot be known now.

        It carries no `id_token_hint` (OpenID Connect RP-Initiated Logout 1.0 section 2), because a token would stand
        in a URL; `logout_hint` names the session instead, as Auth0 documents it.
        """
        try:
            endpoint = self.metadata().end_session_endpoint
        except IdentityProviderUnavailable:
            return None
        query = {"client_id": self._settings.client_id}
        if endpoint is None:
            # Auth0's own way, for tenants that do not announce the endpoint of the standard.
            return str(add_params_to_uri(f"{self._origin}/v2/logout", query | {"returnTo": return_to}))
        query |= {"post_logout_redirect_uri": return_to} | ({} if sid is None else {"logout_hint": sid})
        return str(add_params_to_uri(endpoint, query))

    def validate_metadata(self, document: Mapping[str, Any]) -> Metadata | None:
        """Return what a discovery document says; None where it is another issuer's, or leads to another host.

        The issuer has to be the one that was asked (OpenID Connect Discovery 1.0 section 4.3), with or without its
        last slash; that endpoints lie on its host is our own rule.
        """
        issuer, configured = document.get("issuer"), self._settings.issuer.rstrip("/")
        if not isinstance(issuer, str) or issuer not in (configured, configured + "/"):
            self._trouble.met("another issuer")
            return None
        endpoints = {
            name: document.get(name) for name in ("authorization_endpoint", "jwks_uri", "end_session_endpoint")
        }
        for name, url in endpoints.items():
            optional = name == "end_session_endpoint" and url is None
            if not optional and not self._is_ours(url):
                self._trouble.met(f"{name} is not on the issuer's host")
                return None
        return Metadata(
            issuer=issuer,
            authorization_endpoint=str(endpoints["authorization_endpoint"]),
            jwks_uri=str(endpoints["jwks_uri"]),
            end_session_endpoint=endpoints["end_session_endpoint"],
            sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        waits = self._is_fetching
        if waits and not self._places.acquire(blocking=False):
            raise IdentityProviderUnavailable
        try:
            with self._waiting.place(IdentityProviderUnavailable) if waits else nullcontext(), self._lock:
                yield
        finally:
            if waits:
                self._places.release()

    def _known_metadata(self) -> Metadata:
        if self._metadata is None or self._now() >= self._metadata.until:
            self._metadata = self._fetched_metadata()
        if self._metadata.value is None:
            raise IdentityProviderUnavailable
        metadata: Metadata = self._metadata.value
        return metadata

    def _fetched_metadata(self) -> _CacheEntry:
        document = self._document(get_well_known_url(self._settings.issuer, external=True))
        metadata = None if document is None else self.validate_metadata(document)
        return self._cached(metadata)

    def _refetched_keys(self, metadata: Metadata, kept: _CacheEntry) -> _CacheEntry:
        """Fetch the keys once more, unless that was done a moment ago."""
        if self._now() >= self._keys_refetched_at + _REFETCH_KEYS_SECONDS:
            self._keys_refetched_at = self._now()
            kept = self._keys = self._fetched_keys(metadata, kept)
        return kept

    def _fetched_keys(self, metadata: Metadata, before: _CacheEntry | None) -> _CacheEntry:
        document = self._document(metadata.jwks_uri)
        keys = None if document is None else _signing_keys(document)
        if document is not None and keys is None:
            self._trouble.met("keys that cannot be read")
        if keys is None and before is not None and before.value is not None and self._now() < before.until:
            # Keys that were good a moment ago are better than none.
            return before
        return self._cached(keys)

    def _cached(self, value: Any) -> _CacheEntry:
        if value is not None:
            self._trouble.passed()
        return _CacheEntry(until=self._now() + (_KEEP_FAILURE_SECONDS if value is None else _KEEP_SECONDS), value=value)

    def _document(self, url: str) -> Mapping[str, Any] | None:
        self._is_fetching = True
        try:
            with self._waiting.place(IdentityProviderUnavailable):
                answer = fetch(
                    url,
                    max_body_bytes=MAX_DOCUMENT_BYTES,
                    connect_timeout_seconds=_CONNECT_SECONDS,
                    read_timeout_seconds=_READ_SECONDS,
                )
        except TransportError as err:
            self._trouble.met(str(err))
            return None
        finally:
            self._is_fetching = False
        try:
            document = json.loads(answer.body) if answer.status == 200 else None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            self._trouble.met("no document", each=str(answer.status), status=answer.status)
            return None
        return document

    def _is_ours(self, url: Any) -> bool:
        # Compared as text: parsers disagree on what the host of an odd URL is.
        return isinstance(url, str) and url.startswith(self._origin) and bool(_PATH.fullmatch(url[len(self._origin) :]))


def _signing_keys(document: Mapping[str, Any]) -> KeySet | None:
    """Keep the public keys that may sign; a symmetric key in a public document is no secret, so it proves nothing."""
    listed = document.get("keys")
    keys = []
    for key in listed if isinstance(listed, list) else ():
        if isinstance(key, dict) and key.get("kty") in _PUBLIC_KINDS and key.get("use", "sig") == "sig":
            # A key that cannot be read is passed over (RFC 7517 section 5), not the whole set with it.
            with suppress(JoseError, ValueError, TypeError, KeyError):
                keys.append(import_key(key))
    return KeySet(keys) if keys else None


def _has(keys: KeySet, kid: str) -> bool:
    return any(key.kid == kid for key in keys.keys)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
