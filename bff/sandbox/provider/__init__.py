"""A stand-in for an OpenID provider that behaves as Auth0 does, with state in memory.

OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0 and Back-Channel Logout 1.0; PKCE (RFC 7636), demanded;
`iss` in the authorization response (RFC 9207). One client: the one that Emporix redeems codes for. It asks for no
password, so it belongs on loopback.
"""
