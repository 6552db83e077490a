"""Authentication and authorization: anonymous tokens, sign-in, refresh, validation, sign-out."""

from __future__ import annotations

from dataclasses import replace

from bff.sandbox.bearer import BearerKind
from bff.sandbox.bodies import read_body, text
from bff.sandbox.emporix.grants import BEARER, customer_reply, saas_token, scope, sign_in
from bff.sandbox.emporix.schemas import PASSWORD_AUTHENTICATION
from bff.sandbox.mint import TokenKind
from bff.sandbox.replies import (
    JsonObject,
    Reply,
    bad_tenant,
    forbidden,
    invalid_api_key,
    invalid_field,
    invalid_refresh_token,
    wrong_credentials,
)
from bff.sandbox.storefront.contexts import wish
from bff.sandbox.tokens import Grant, TokenSet
from bff.sandbox.world import Call, World


def anonymous_login(world: World, call: Call) -> Reply:
    """Start a session; site, currency, country and language may be named for its context."""
    tenant = _storefront(world, call)
    session_id = world.mint.opaque(TokenKind.SESSION_ID)
    tokens = world.tokens.issue(Grant(kind=BearerKind.ANONYMOUS, tenant=tenant, session_id=session_id))
    wish(world.shops.of(tenant), session_id, dict(call.query))
    return Reply(body=_anonymous_reply(tokens))


def anonymous_refresh(world: World, call: Call) -> Reply:
    """Continue a session under a new token."""
    tenant = _storefront(world, call)
    if value := call.query.get("refresh_token"):
        spent = world.tokens.refreshable(value, kind=BearerKind.ANONYMOUS, tenant=tenant)
        return Reply(body=_anonymous_reply(world.tokens.rotate(spent, spent.grant)))
    # The contract requires it together with the other one, and deprecates it; its example has no refresh token.
    old = world.tokens.refreshable_by_access(call.required("anonymous_token"), tenant=tenant)
    body = _anonymous_reply(world.tokens.rotate(old, old.grant))
    return Reply(body={k: v for k, v in body.items() if not k.startswith("refresh_token")})


def login(world: World, call: Call) -> Reply:
    """Sign in by e-mail and password."""
    body = read_body(call, PASSWORD_AUTHENTICATION)
    found = world.state.by_login(call.tenant, text(body, "email"))
    if found is None:
        raise wrong_credentials()
    customer, used = found
    if used.password is None or not used.password.matches(text(body, "password")):
        raise wrong_credentials()
    tokens = sign_in(world, customer, used, session_id=call.token.grant.session_id)
    reply = customer_reply(world, tokens, saas=saas_token(world, customer, tokens.access))
    return Reply(body={**reply, "initialPassword": used.initial_password})


def logout(world: World, call: Call) -> Reply:
    """End the bearer, and only that: the refresh token of its set lives on."""
    if call.required("accessToken") != call.token.value:
        raise invalid_field("accessToken", "The token is not the one that the request is authorized with.")
    world.tokens.revoke(call.token.value)
    return Reply(status=204)


def refresh_auth_token(world: World, call: Call) -> Reply:
    """Give a customer a new set, bound to the legal entity that is named, or to none."""
    spent = world.tokens.refreshable(call.required("refreshToken"), kind=BearerKind.CUSTOMER, tenant=call.tenant)
    grant, bearer = spent.grant, call.token.grant
    if bearer.kind is BearerKind.CUSTOMER and bearer.customer_id != grant.customer_id:
        raise invalid_refresh_token()
    entity_id = call.query.get("legalEntityId") or None
    customer = world.state.customers[grant.customer_id or ""]
    if entity_id is not None and entity_id not in {entity.id for entity in customer.legal_entities}:
        raise forbidden(f"The customer is not assigned to the legal entity '{entity_id}'.")
    tokens = world.tokens.rotate(spent, replace(grant, legal_entity_id=entity_id))
    return Reply(body=customer_reply(world, tokens))


def validate_auth_token(world: World, call: Call) -> Reply:
    """Tell what the bearer is."""
    token = call.token
    used = call.customer(world).login(token.grant.login_key)
    body: JsonObject = {
        "token_type": BEARER,
        "expires_in": world.tokens.remaining_seconds(token),
        "scope": scope(token.grant.kind, token.grant.tenant),
        "sessionId": token.grant.session_id,
    }
    if used is not None:
        body["email"] = used.email
    if token.grant.legal_entity_id is not None:
        body["legalEntityId"] = token.grant.legal_entity_id
    return Reply(body=body)


def _storefront(world: World, call: Call) -> str:
    """Return the tenant of an anonymous call."""
    if call.query.get("client_id") != world.settings.client_id:
        raise invalid_api_key()
    tenant = call.query.get("tenant", "")
    if tenant not in world.settings.tenants:
        raise bad_tenant()
    return tenant


def _anonymous_reply(tokens: TokenSet) -> JsonObject:
    grant = tokens.access.grant
    return {
        "token_type": BEARER,
        "access_token": tokens.access.value,
        "expires_in": tokens.access_seconds,
        "refresh_token": tokens.refresh.value,
        "refresh_token_expires_in": tokens.refresh_seconds,
        "sessionId": grant.session_id,
        "scope": scope(grant.kind, grant.tenant),
    }
