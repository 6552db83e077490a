"""What the tests in tests/audit share."""
