"""What `tests/bench/run` and `tests/bench/heavy` do: how fast the program is, beside peers, and what it costs."""
