"""What the console script runs: the server, the demo with its embedded Redis, the operator's view of sessions."""
