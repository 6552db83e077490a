"""What the tests in tests/browser share."""
