"""Tokens: read from replies, renewed under a lock, handed out one at a time. Nothing here answers a browser."""
