"""The API description (OpenAPI 3.1), made from the operation table, the models that validate and the map of errors.

Nothing is written twice here: what a row, a model or the map already says is read from there.
"""
