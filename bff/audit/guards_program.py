"""The guards inside the program: tables, seals, filters and settings, each tried out or read where it is in force."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bff.audit.checking import Check
from bff.audit.configuration import weaknesses
from bff.audit.probed import Probed
from bff.audit.requirement import Guard
from bff.commands.serve import options
from bff.factory import Bff
from bff.operations.model import Performer, Place, Supplier
from bff.sessions.cookie import SessionCookie
from bff.sessions.sealing import NO_RECORD, RecordKind, Sealer

HOSTILE_IDS: Final = (
    *(
        ".",
        "..",
        "...",
        "a/b",
        "../me",
        "a\\b",
        "a?b=c",
        "a#b",
        "%2e%2e",
        "a%00",
        "a\x00",
        "a\n",
        " ",
        "a b",
        "a;b",
        "",
    ),
    "ä",
    "x" * 1000,
)
"""What a path must not take for an id: it would lead to another place upstream."""
_CANARY: Final = "canary-7f3a"
_CHATTY: Final = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry")


def _path_ids(probed: Probed, app: Bff) -> str | None:
    for operation in app.services.operations.values():
        for parameter in operation.parameters:
            if parameter.place is not Place.PATH or parameter.supplier is Supplier.SERVER:
                continue
            for hostile in HOSTILE_IDS:
                # What stands for a mailed token may be of any length and have dots inside, but not be only those.
                harmless = parameter.secret and hostile in ("...",)
                if not harmless and parameter.admits(hostile):
                    return f"{operation.name} takes {hostile[:20]!r} for its {parameter.name}"
    return None


def _redaction(probed: Probed, app: Bff) -> str | None:
    tenant = app.services.settings.emporix.tenant
    texts = [f'"GET /customer/{tenant}/logout?accessToken={_CANARY} HTTP/1.1" 204 0']
    for operation in app.services.operations.values():
        for parameter in operation.parameters:
            if parameter.secret and parameter.place is Place.PATH:
                path = operation.path.replace("{tenant}", tenant)
                texts.append(path.replace("{" + parameter.name + "}", _CANARY))
    for name in _CHATTY:
        for text in texts:
            record = logging.LogRecord(name, logging.DEBUG, __file__, 0, text, None, None)
            if logging.getLogger(name).filter(record) and _CANARY in record.getMessage():
                return f"the logger {name} shows what stands in a URL"
    return None


def _tokens_kept_in(probed: Probed, app: Bff) -> str | None:
    for operation in app.services.operations.values():
        if operation.returns_tokens and operation.performer is Performer.CALL and operation.routes:
            return f"{operation.name} passes upstream's tokens on"
    return None


def _secrets_in_bodies(probed: Probed, app: Bff) -> str | None:
    for operation in app.services.operations.values():
        for parameter in operation.parameters:
            if parameter.secret and parameter.supplier is Supplier.CLIENT:
                return f"{operation.name} takes {parameter.name} from a URL of ours"
    return None


def _sealed(probed: Probed, app: Bff) -> str | None:
    sealer, place = Sealer(app.services.ring), "bff:{audit}:web"
    owner, stranger = SessionCookie.fresh(), SessionCookie.fresh()
    record = sealer.seal(_CANARY.encode(), RecordKind.WEB, owner, place, NO_RECORD)
    if _CANARY.encode() in record:
        return "a record can be read as it lies there"
    if sealer.open(record, RecordKind.WEB, owner, place) != _CANARY.encode():
        return "a record does not open under its own cookie"
    if sealer.open(record, RecordKind.WEB, stranger, place) is not None:
        return "a record opens under another cookie"
    if sealer.open(record, RecordKind.TOKENS, owner, place) is not None:
        return "a record opens as one of another kind"
    if sealer.open(record, RecordKind.WEB, owner, "bff:{other}:web") is not None:
        return "a record opens in another place"
    return "the session's name holds its cookie" if owner.value.reveal() in owner.sid else None


def _limits_on(probed: Probed, app: Bff) -> str | None:
    return _of_settings(app, Guard.LIMITS_ON)


def _lifetimes(probed: Probed, app: Bff) -> str | None:
    return _of_settings(app, Guard.LIFETIMES_IN_BOUNDS)


def _of_settings(app: Bff, guard: Guard) -> str | None:
    found = [weakness.wrong for weakness in weaknesses(app.services.settings) if guard in weakness.guards]
    return "; ".join(found) or None


def _server(probed: Probed, app: Bff) -> str | None:
    settings = app.services.settings
    said = options(settings.serving, settings.logging.level)
    wanted = {
        "header_map": "drop",
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
        "proxy_allow_ips": "",
    }
    wrong = [name for name, value in wanted.items() if said.get(name) != value]
    return f"gunicorn's {wrong[0]} is not strict" if wrong else None


CHECKS: Final[Mapping[Guard, Check]] = MappingProxyType(
    {
        Guard.PATH_IDS_CHECKED: _path_ids,
        Guard.REDACTION_IN_PLACE: _redaction,
        Guard.NO_TOKEN_OPERATION_PASSES_THROUGH: _tokens_kept_in,
        Guard.SECRETS_ONLY_IN_BODIES: _secrets_in_bodies,
        Guard.SESSIONS_ARE_SEALED: _sealed,
        Guard.LIMITS_ON: _limits_on,
        Guard.LIFETIMES_IN_BOUNDS: _lifetimes,
        Guard.SERVER_TRUSTS_NO_HEADERS: _server,
    }
)
