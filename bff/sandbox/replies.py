"""What an operation answers: a reply, or a refusal in one of the two error shapes.

400, 403, 404, 409 and a wrong password have the shape of the contract's `ErrorMessage`. Every other 401 is a `fault` of
the gateway in front (Apigee): two of the four codes here, `oauth.v2.InvalidAccessToken` and `access_token_expired`, are
in the contract's `401_unauthorized`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A status and, if there is one, a body."""

    status: int = 200
    body: JsonObject | list[JsonObject] | str | int | None = None
    """As JSON; None is an empty body, without a media type."""
    pdf: bytes | None = None
    """A document, in place of a JSON body."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def media_type(self) -> str | None:
        """Of the body, if there is one."""
        if self.pdf is not None:
            return "application/pdf"
        return None if self.body is None else "application/json"

    def encoded(self) -> bytes:
        """Return the bytes of the body."""
        if self.pdf is not None:
            return self.pdf
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One entry of `details[]`."""

    field: str
    """Dotted path of what is at fault in the request."""
    type: str
    message: str


class Refused(Exception):
    """The operation does not do what was asked; nothing has changed."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"refused with {reply.status}")
        self.reply = reply


def error_message(status: int, type: str, message: str, *details: Detail) -> Reply:
    """Make a reply in the shape of the service itself."""
    body: JsonObject = {"status": status, "type": type, "message": message}
    if details:
        body["details"] = [{"field": d.field, "type": d.type, "message": d.message} for d in details]
    return Reply(status=status, body=body)


def invalid(*details: Detail) -> Refused:
    """Refuse a request that does not have the documented shape."""
    return Refused(error_message(400, "validation_failure", "The request is not valid.", *details))


def invalid_field(name: str, message: str, *, type: str = "invalid_value") -> Refused:
    """Refuse a request for one field of it."""
    return invalid(Detail(field=name, type=type, message=message))


def bad_tenant() -> Refused:
    """Refuse a tenant that does not exist."""
    return Refused(error_message(400, "bad_request", "The tenant information provided with the request is not valid."))


def wrong_credentials() -> Refused:
    """Refuse an e-mail and password: a 401 that says nothing about the bearer."""
    return Refused(error_message(401, "unauthorized", "The e-mail or the password is not correct."))


def forbidden(message: str) -> Refused:
    """Refuse what this customer may not do; the capital letter is the contract's."""
    return Refused(error_message(403, "Forbidden", message))


def not_found(message: str) -> Refused:
    """Refuse an identifier that names nothing of this customer."""
    return Refused(error_message(404, "resource_not_found", message))


def conflict(message: str) -> Refused:
    """Refuse what clashes with what is stored."""
    return Refused(error_message(409, "conflict_resource", message))


def duplicate_account(email: str, tenant: str) -> Refused:
    """Refuse an e-mail that is taken."""
    return conflict(f"Duplicate account '{email}' for tenant '{tenant}'.")


def unsupported_media_type(content_type: str) -> Refused:
    """Refuse a body that is not of a documented media type."""
    message = f"Content type '{content_type}' is not supported."
    return Refused(error_message(415, "unsupported_media_type", message))


def invalid_access_token() -> Refused:
    """Refuse a bearer that is missing, unknown, revoked or of another kind."""
    return _fault("Invalid access token", "oauth.v2.InvalidAccessToken")


def access_token_expired() -> Refused:
    """Refuse a bearer that was good once."""
    return _fault("Access Token expired", "keymanagement.service.access_token_expired")


def invalid_refresh_token() -> Refused:
    """Refuse a refresh token that is unknown, spent or expired."""
    return _fault("Invalid Refresh Token", "keymanagement.service.invalid_refresh_token")


def invalid_api_key() -> Refused:
    """Refuse a client id."""
    return _fault("Invalid ApiKey", "oauth.v2.InvalidApiKey")


def _fault(text: str, code: str) -> Refused:
    return Refused(Reply(status=401, body={"fault": {"faultstring": text, "detail": {"errorcode": code}}}))
