"""Sessions: the cookie, the sealed records behind it, and who has which. Knows Redis, not Flask, not Emporix."""
