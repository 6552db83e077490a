"""What the tests in tests/sandbox share."""
