"""The further operations that a file declares: read once, checked, and made rows like the built-in ones."""
