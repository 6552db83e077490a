"""What the tests in tests/oidc share."""
