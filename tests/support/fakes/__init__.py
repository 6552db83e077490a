"""Stand-ins for the clock and for faults; everything else in the tests is real."""
