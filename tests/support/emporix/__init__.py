"""What the tests in tests/emporix share."""
