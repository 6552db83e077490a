"""A backend-for-frontend with session cookies for the Emporix Customer Service (customer-managed).

The browser keeps an HttpOnly cookie; every Emporix token stays on the server. Importing any module of this
package opens no socket, reads no environment and creates no state.
"""

__version__ = "0.1.0"
"""Stands here alone: the build reads it too, and a checkout that is not installed knows it."""
