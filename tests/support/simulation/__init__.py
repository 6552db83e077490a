"""Every interleaving of a few requests: a Redis in memory, an upstream in memory, and a scheduler that decides."""
