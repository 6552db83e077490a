"""JSON as answers hold it, by one encoder for all of them: Flask, and the standard library, make one for each."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Response
from flask.json.provider import DefaultJSONProvider

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), default=DefaultJSONProvider.default)


class PreparedJson(DefaultJSONProvider):
    """Flask's, whose answers are compact also where the application is debugged; properties stay in their order."""

    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return the answer that `jsonify` is asked for."""
        content = self._prepare_response_obj(args, kwargs)
        return Response(_ENCODER.encode(content) + "\n", mimetype=self.mimetype)
