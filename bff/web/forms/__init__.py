"""The forms of the pages: shapes and choices, no calls."""
