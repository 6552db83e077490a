"""The servers that are measured, each started by the bench and asked for the same."""
