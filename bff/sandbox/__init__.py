"""Stand-ins with state in memory for the services that the application talks to, for the demo and the tests.

A program of its own: it imports nothing else of `bff`, and nothing but `bff demo` and the tests import it.
"""
