"""The load test: visitors, faults by seed, and a judge of what came of it."""
