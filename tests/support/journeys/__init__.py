"""What the tests in tests/journeys share."""
