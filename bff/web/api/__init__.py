"""The same-origin JSON routes: derived from the operation table, or of the session and its devices."""
