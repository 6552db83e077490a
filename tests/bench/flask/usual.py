"""The usual Flask application: a session in Redis by Flask-Session, and `requests.get` for each request.

`tests/bench/run` starts it in an environment of its own, to measure the program against.
"""

from __future__ import annotations

import os

import requests
from flask import Flask, Response, jsonify, session
from flask.typing import ResponseReturnValue
from flask_session import Session
from redis import Redis


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.update(
        SESSION_TYPE="redis",
        SESSION_REDIS=Redis.from_url(os.environ["REDIS_URL"]),
        SESSION_KEY_PREFIX="bench-flask:",
    )
    Session(app)
    upstream, token = os.environ["UPSTREAM"] + "/customer/bench/me", os.environ["TOKEN"]

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @app.post("/sign-in")
    def sign_in() -> ResponseReturnValue:
        session["token"] = token
        return jsonify(state="authenticated")

    @app.get("/api/me")
    def me() -> ResponseReturnValue:
        if "token" not in session:
            return jsonify(type="login_required"), 401
        answer = requests.get(upstream, headers={"Authorization": f"Bearer {session['token']}"}, timeout=10)
        return Response(answer.content, status=answer.status_code, content_type=answer.headers["Content-Type"])

    return app
