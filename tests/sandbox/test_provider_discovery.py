"""What the provider says of itself, its keys, and how both can be out of reach."""

from __future__ import annotations

from functools import partial

import pytest
import requests
from joserfc.errors import InvalidKeyIdError

from bff.sandbox.faults import Cut, Fault
from bff.sandbox.provider.endpoints import Endpoint
from bff.sandbox.provider.factory import create_provider
from bff.sandbox.provider.settings import ProviderSettings
from tests.support.fakes.answers import html
from tests.support.oidc.hostile import padded_discovery, padded_key_set
from tests.support.sandbox.provider_driver import Provide, ProviderDriver


def test_document_names_the_endpoints_at_the_url_that_is_served(sso: ProviderDriver) -> None:
    document = sso.discovery()
    assert document["issuer"] == f"{sso.url}/" == sso.provider.issuer
    assert sso.url.startswith("http://localhost:")
    assert document["authorization_endpoint"] == f"{sso.url}/authorize"
    assert document["token_endpoint"] == f"{sso.url}/oauth/token"
    assert document["jwks_uri"] == f"{sso.url}/.well-known/jwks.json"
    assert document["end_session_endpoint"] == f"{sso.url}/oidc/logout"
    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["backchannel_logout_supported"] is True


def test_document_follows_the_settings(provide: Provide) -> None:
    sso = provide(
        ProviderSettings(
            end_session_endpoint=False,
            iss_parameter=False,
            discovery_overrides={"jwks_uri": "https://keys.example.com/", "scopes_supported": None},
        )
    )
    document = sso.discovery()
    assert "end_session_endpoint" not in document
    assert "scopes_supported" not in document
    assert document["jwks_uri"] == "https://keys.example.com/"
    assert document["authorization_response_iss_parameter_supported"] is False
    assert sso.get("/oidc/logout", client_id=sso.provider.settings.client_id).status_code == 404


def test_issuer_is_not_guessed() -> None:
    with pytest.raises(RuntimeError):
        _ = create_provider(ProviderSettings()).issuer
    assert create_provider(ProviderSettings(issuer="https://x.example.com/")).issuer == "https://x.example.com/"


def test_old_key_stays_if_it_is_kept(sso: ProviderDriver) -> None:
    before = sso.tokens()["id_token"]
    kid = sso.verified(before).header["kid"]
    sso.provider.keys.rotate(keep_old=True)
    assert sso.verified(before).header["kid"] == kid
    assert sso.verified(sso.tokens()["id_token"]).header["kid"] != kid
    assert len(sso.get("/.well-known/jwks.json").json()["keys"]) == 2


def test_old_key_goes_if_it_is_not_kept(sso: ProviderDriver) -> None:
    before = sso.tokens()["id_token"]
    sso.provider.keys.rotate(keep_old=False)
    with pytest.raises(InvalidKeyIdError):
        sso.verified(before)
    sso.verified(sso.tokens()["id_token"])


def test_key_set_holds_no_private_part(sso: ProviderDriver) -> None:
    [key] = sso.get("/.well-known/jwks.json").json()["keys"]
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")


@pytest.mark.parametrize("endpoint", [Endpoint.DISCOVERY, Endpoint.JWKS])
def test_documents_can_be_out_of_reach(sso: ProviderDriver, endpoint: Endpoint) -> None:
    faults, provider = sso.provider.faults, sso.provider
    path = "/.well-known/" + ("jwks.json" if endpoint is Endpoint.JWKS else "openid-configuration")
    good = sso.get(path).json()
    faults.add(endpoint, Fault(cut=Cut.BEFORE_EFFECT), times=1)
    with pytest.raises(requests.ConnectionError):
        sso.get(path)
    faults.add(endpoint, Fault(answer=html(200)), times=1)
    assert sso.get(path).headers["Content-Type"] == "text/html"
    faults.add(endpoint, Fault(delay_before_seconds=10), times=1)
    with pytest.raises(requests.ReadTimeout):
        requests.get(sso.url + path, timeout=(10, 0.1))
    faults.clear()
    padded = partial(padded_key_set if endpoint is Endpoint.JWKS else padded_discovery, provider)
    faults.add(endpoint, Fault(answer=padded(300_000)), times=1)
    reply = sso.get(path)
    assert len(reply.content) == 300_000
    assert reply.json().items() > good.items()
    faults.add(endpoint, Fault(drop_fields=tuple(good)), times=1)
    assert sso.get(path).json() == {}
    assert sso.get(path).json() == good


def test_unknown_path_and_other_verbs_do_nothing(sso: ProviderDriver) -> None:
    assert sso.get("/nothing").status_code == 404
    sso.code()
    issued = len(sso.provider.mint.issued)
    assert sso.browser.http.head(sso.authorize_url(), timeout=10).status_code == 405
    assert len(sso.provider.mint.issued) == issued
    assert sso.get("/").status_code == 200
