"""The web floor: Flask, cookies, routes, and the only place where an error becomes a response."""
