"""OpenID Connect as a relying party: discovery, keys, the login's state, the id token. No Flask, no sessions' store."""
