"""What is wrong with a document of the vendor's."""

from __future__ import annotations


class DocumentError(Exception):
    """It cannot be read; the text says why, in one line, to be read after the file's name."""
