"""Calls to Emporix: one method, driven by the operation table. Knows HTTP and the table; no sessions, no Flask."""
