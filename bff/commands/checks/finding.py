"""What `bff check` says: one finding for each thing that it looked at, with what to do about it.

Topics and statuses are an interface for programs, and do not change; more may be added.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Status(StrEnum):
    """What was found."""

    OK = "ok"
    WARNING = "warning"
    """The shop works, and something is not as it should be, or could not be seen."""
    FAILED = "failed"


class Topic(Enum):
    """What is looked at: a part of the set-up and a word, and what about it is checked."""

    ENVIRONMENT = "configuration", "environment", "every variable is there and good; names that are not known"
    CONNECTION = "redis", "connection", "it can be reached, and takes user and password"
    TLS = "redis", "tls", "the way to it is encrypted, and for how long its certificate is good"
    VERSION = "redis", "version", "Redis 6.2 or newer, or Valkey"
    ROLE = "redis", "role", "it is no replica"
    RIGHTS = "redis", "rights", "each right that the program needs, one by one; none of the commands is run"
    SESSION = "redis", "session", "a session is written, read, locked and ended"
    EVICTION = "redis", "eviction", "what happens when memory is short"
    PERSISTENCE = "redis", "persistence", "what a restart leaves"
    REDIS_CLOCK = "redis", "clock", "its clock and this machine's agree"
    LOGIN = "emporix", "login", "a guest's tokens can be had; they are thrown away"
    EMPORIX_CLOCK = "emporix", "clock", "its clock and this machine's agree"
    DISCOVERY = "identity-provider", "discovery", "its discovery document can be read"
    ISSUER = "identity-provider", "issuer", "it is the one that is configured"
    KEYS = "identity-provider", "keys", "there are keys that sign id tokens"
    CALLBACK = "identity-provider", "callback", "the callback URL to register there"
    LOGOUT = "identity-provider", "logout", "the allowed logout URL to register there"
    BACKCHANNEL = "identity-provider", "back-channel", "the back-channel logout URL to register there"
    TEMPLATES = "theme", "templates", "each template of the theme is one, and can be compiled"
    OVERRIDES = "theme", "overrides", "what it replaces is there: templates, blocks, macros, static files"
    TEXTS = (
        "theme",
        "texts",
        "texts have the placeholders and tags that they should, and each translation is of a text that is there",
    )
    COLOURS = "theme", "colours", "its colours are some, and each can be told from what it stands on, in both schemes"
    PAGES = "theme", "pages", "pages that need no sign-in can be drawn with it"
    ROWS = "storefront", "rows", "the file of further operations can be read, and each row of it is sound"
    LINK_PASSWORD = "mailed-links", "password", "the URL to set in Emporix for mails about a forgotten password"
    LINK_EMAIL = "mailed-links", "email", "the same for mails that confirm a new e-mail"
    LINK_DELETION = "mailed-links", "deletion", "the same for mails that confirm a deletion"
    LINK_ACTIVATION = "mailed-links", "activation", "the same for mails that activate an account"

    def __init__(self, part: str, word: str, looked_at: str) -> None:
        self.part = part
        self.word = word
        self.looked_at = looked_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: a fact in fixed words, names and numbers; never a secret."""

    topic: Topic
    status: Status
    what: str
    hint: str | None = None
    """What to do."""

    @property
    def is_wrong_configuration(self) -> bool:
        """Whether the fault is in what was configured, not in what is to be reached."""
        return self.status is Status.FAILED and self.topic.part in ("configuration", "theme", "storefront")


def ok(topic: Topic, what: str, hint: str | None = None) -> Finding:
    """Say that something is as it should be."""
    return Finding(topic=topic, status=Status.OK, what=what, hint=hint)


def warning(topic: Topic, what: str, hint: str) -> Finding:
    """Say that something is not, and that the shop works all the same."""
    return Finding(topic=topic, status=Status.WARNING, what=what, hint=hint)


def failed(topic: Topic, what: str, hint: str) -> Finding:
    """Say that something is in the way of the shop."""
    return Finding(topic=topic, status=Status.FAILED, what=what, hint=hint)
