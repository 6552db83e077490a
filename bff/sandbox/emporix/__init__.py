"""The 26 operations of the Emporix Customer Service (customer-managed), a module per tag of its contract.

Handlers know neither Flask nor HTTP: they take a `World` and a `Call` and give a `Reply` or raise `Refused`.
All of them run with the lock of the state held.
"""
