"""What the tests in tests/sessions share."""
