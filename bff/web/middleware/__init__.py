"""What every request passes before, and every response after, its view."""
