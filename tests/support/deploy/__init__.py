"""What the tests of deployment share."""
