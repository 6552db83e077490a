"""The vendor's OpenAPI documents: read with suspicion, written as rows to complete, and compared with the rows."""
