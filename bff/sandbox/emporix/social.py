"""Sign-in with an authorization code of an identity provider, which the service redeems itself."""

from __future__ import annotations

from bff.sandbox.bearer import BearerKind
from bff.sandbox.emporix.grants import BEARER, demand_active, saas_token, scope, sign_in
from bff.sandbox.redeemer import SocialIdentity
from bff.sandbox.replies import JsonObject, Reply, duplicate_account, invalid_field
from bff.sandbox.state import Customer, Login, new_login
from bff.sandbox.world import Call, World


def social_login(world: World, call: Call) -> Reply:
    """Redeem the code and sign its person in, as a new customer if need be."""
    code, redirect_uri = call.required("code"), call.required("redirect_uri")
    session_id = call.token.grant.session_id
    if call.headers.get("session-id", session_id) != session_id:
        raise invalid_field("session-id", "The session is not that of the anonymous token.")
    identity = None
    if world.redeemer is not None:
        identity = world.redeemer.redeem(code, redirect_uri, call.query.get("code_verifier"))
    if identity is None:
        raise invalid_field("code", "The identity provider has refused the code.")
    customer, used = _whose(world, call.tenant, identity)
    tokens = sign_in(world, customer, used, session_id=session_id)
    # POST-customer-login-customer-by-auth0 has both lifetimes as strings, and no session id; other replies do not.
    body: JsonObject = {
        "social_access_token": identity.access_token,
        "social_id_token": identity.id_token,
        "access_token": tokens.access.value,
        "saas_token": saas_token(world, customer, tokens.access),
        "expires_in": str(tokens.access_seconds),
        "refresh_token": tokens.refresh.value,
        "refresh_token_expires_in": str(tokens.refresh_seconds),
        "session_idle_time": world.settings.session_idle_seconds,
        "token_type": BEARER,
        "scope": scope(BearerKind.CUSTOMER, call.tenant),
    }
    return Reply(body=body)


def _whose(world: World, tenant: str, identity: SocialIdentity) -> tuple[Customer, Login]:
    state = world.state
    if known := state.by_provider_id(tenant, identity.subject):
        return known
    used = new_login(identity.email, provider_id=identity.subject)
    # The sandbox is a tenant that matches by e-mail.
    if customer := state.by_email(tenant, identity.email):
        if not (identity.email_verified or world.settings.match_unverified_email):
            # Any person may have typed it at the provider; nor can two customers have one e-mail.
            raise duplicate_account(identity.email, tenant)
        demand_active(customer)
        customer.logins.append(used)
        return customer, used
    names = {"firstName": identity.first_name, "lastName": identity.last_name}
    customer = state.add_customer(
        tenant=tenant,
        email=identity.email,
        document={"contactEmail": identity.email, **{k: v for k, v in names.items() if v}},
        logins=[used],
    )
    return customer, used
