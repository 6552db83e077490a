"""The services that a storefront calls beside the Customer Service: catalog, prices, carts, checkout, orders and more.

A module per service, with state in memory for each tenant. Handlers know neither Flask nor HTTP, and run with the lock
of the state held, as those of the Customer Service do.
"""
