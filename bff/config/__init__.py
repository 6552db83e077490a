"""The configuration: read from an environment, checked at once, frozen."""
