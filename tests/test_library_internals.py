"""What the program relies on inside of its libraries, beyond what they promise.

Each test names one such reliance, where it is, and what to do when a new version no longer grants it. Until that is
done, the version in `pyproject.toml` gets a ceiling.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import socket
import threading
import time
from typing import Any

import pycurl
import pytest
from babel.support import LazyProxy
from flask import Flask, g, request, session
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf, validate_csrf
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.message import Request as GunicornRequest
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import ThreadWorker
from itsdangerous import URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from jinja2 import Environment, pass_context
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry
from urllib3 import HTTPResponse as Urllib3Response
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from bff.oidc import documents
from bff.web import page_tokens
from bff.web.forms import binding
from bff.web.templates import PageEnvironment
from tests.support.fakes.raw_server import RawServer, reply

ITEM = RateLimitItemPerSecond(5, 60, namespace="internals")
KEY = ITEM.key_for("a")


@pytest.fixture
def app() -> Flask:
    app = Flask("internals")
    app.config.update(SECRET_KEY="of the session", WTF_CSRF_SECRET_KEY=["old", "new"], WTF_CSRF_TIME_LIMIT=None)
    return app


def test_limits_keeps_the_newest_attempt_first_in_memory() -> None:
    """`Limits._give_back` deletes the first entry of `MemoryStorage.events` under the lock of its key.

    If this fails: look in `limits.storage.MemoryStorage.acquire_entry` for where a moving window lies, and how it is
    locked; or keep the attempts of a time without Redis in a store of our own.
    """
    storage = MemoryStorage()
    counter = MovingWindowRateLimiter(storage)
    assert counter.storage is storage
    for _ in range(2):
        assert counter.hit(ITEM, "a")
        time.sleep(0.002)
    first, second = storage.events[KEY]
    assert first.atime > second.atime
    with storage.locks[KEY]:
        del storage.events[KEY][:1]
    assert counter.get_window_stats(ITEM, "a").remaining == ITEM.amount - 1


def test_limits_keeps_the_newest_attempt_leftmost_in_redis(redis: Redis) -> None:
    """`Limits._give_back` pops the left end of the list under `prefixed_key`, on the pool that is shared.

    If this fails: look in the Lua script `acquire_moving_window` of `limits` for what kind of value a window is, and
    take the newest attempt out of it; `tests/test_limits.py` says what has to hold.
    """
    storage = RedisStorage("redis://", connection_pool=redis.connection_pool, key_prefix="internals")
    counter = MovingWindowRateLimiter(storage)
    for _ in range(2):
        assert counter.hit(ITEM, "a")
        time.sleep(0.002)
    key = storage.prefixed_key(KEY)
    assert redis.keys("*") == [key.encode()]
    first, second = redis.lrange(key, 0, -1)
    assert float(first) > float(second)
    redis.lpop(key)
    assert counter.get_window_stats(ITEM, "a").remaining == ITEM.amount - 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_requests_makes_connections_of_our_classes(scheme: str) -> None:
    """`oidc.documents.fetch` bounds an answer in time by way of `init_poolmanager`, `pool_classes_by_scheme`,
    `ConnectionCls` and `response_class`, each the hook into the next.

    If this fails: find where `requests` makes its pool manager, and urllib3 its pools, connections and answers. Without
    all four, a server may drip an answer for ever; `tests/oidc/test_documents.py` says what has to hold.
    """
    with contextlib.closing(documents._Adapter(pool_connections=1, pool_maxsize=1, max_retries=0)) as adapter:
        pool: Any = adapter.poolmanager.connection_from_url(f"{scheme}://127.0.0.1:1")
        connection = pool._new_conn()
    ours = {
        "http": (documents._HttpPool, documents._HttpConnection),
        "https": (documents._HttpsPool, documents._HttpsConnection),
    }
    assert (type(pool), type(connection)) == ours[scheme]
    assert connection.response_class is documents._DeadlineResponse


def test_libcurl_sends_again_by_itself_and_asks_before_each_time() -> None:
    """`transport._Once` is asked before each sending, also before the one that libcurl adds on its own account.

    If this fails: look for what libcurl does with a kept connection that turns out dead (`Curl_retry_request`), and
    whether `CURLOPT_PREREQFUNCTION` is called for it. As long as it is not, a payment may be made twice.
    """
    asked: list[object] = []

    def notes(*connection: object) -> int:
        asked.append(connection)
        return pycurl.PREREQFUNC_OK

    def once(connection: socket.socket, request: bytes) -> None:
        connection.sendall(reply())
        connection.shutdown(socket.SHUT_RDWR)

    with RawServer(once) as server, contextlib.closing(pycurl.Curl()) as curl:
        for _ in range(2):
            curl.setopt(pycurl.URL, server.origin)
            curl.setopt(pycurl.POSTFIELDS, b"{}")
            curl.setopt(pycurl.WRITEFUNCTION, lambda part: None)
            curl.setopt(pycurl.PREREQFUNCTION, notes)
            curl.perform()
            assert server.hung_up.wait(20)
            server.hung_up.clear()
    assert len(asked) == 3


def test_urllib3_counts_what_is_missing_of_an_answer() -> None:
    """`Transport` takes an answer for whole only where `length_remaining` is 0, or None for an unknown length.

    If this fails: compare the body's length with `Content-Length` in `Transport._exchange` instead.
    """
    answer = Urllib3Response(io.BytesIO(b"ab"), headers={"Content-Length": "5"}, preload_content=False)
    answer.read(10, decode_content=False)
    assert answer.length_remaining == 3


def test_http_client_reads_an_answer_from_a_buffer_around_the_socket() -> None:
    """`_DeadlineResponse` detaches `HTTPResponse.fp` and puts a reader with a deadline in between.

    If this fails: look in `http.client.HTTPResponse.__init__` for what `begin` and `read` read from.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        answer = documents._DeadlineResponse(ours, method="GET")
        assert isinstance(answer.fp, io.BufferedReader)
        assert answer.fp.raw is answer._reader
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        answer.begin()
        assert answer.read() == b"ok"
        answer.close()


def test_redis_connects_by_the_connections_own_method_and_tries_once() -> None:
    """`audit.offline` overrides `Connection.connect`, so that an audit makes no connection; `connect_redis` turns off
    redis-py's own retries with `Retry(NoBackoff(), 0)`.

    If this fails: find what a `ConnectionPool` calls on a connection that it has just made, or what else tries again.
    """
    calls: list[int] = []

    class Refusing(Connection):
        def connect(self) -> None:
            calls.append(threading.get_ident())
            raise RedisConnectionError("no")

    pool = ConnectionPool(connection_class=Refusing, retry=Retry(NoBackoff(), 0))
    with Redis(connection_pool=pool) as redis:
        assert redis.connection_pool is pool
        with pytest.raises(RedisConnectionError, match="no"):
            redis.ping()
    assert len(calls) == 1


def test_flask_wtf_keeps_its_secret_and_token_where_we_look(app: Flask) -> None:
    """`BrowserSession` answers for `session["csrf_token"]`; `fresh_csrf_token` puts a token into `g.csrf_token`, so
    that none is made after it; keys are a list, of which the last signs.

    If this fails: look in `flask_wtf.csrf.generate_csrf` for where secret and token lie.
    """
    with app.test_request_context():
        token = generate_csrf()
        assert g.csrf_token == token
        assert list(session) == ["csrf_token"]
        validate_csrf(token)
        app.config["WTF_CSRF_SECRET_KEY"] = ["new", "newer"]
        validate_csrf(token)
        g.pop("csrf_token")
        session["csrf_token"] = "another"
        assert generate_csrf() != token
        app.config["WTF_CSRF_SECRET_KEY"] = ["newer"]
        with pytest.raises(ValidationError) as caught:
            validate_csrf(token)
        assert token not in str(caught.value)


def test_flask_wtf_checks_no_form_whose_request_was_checked_before(app: Flask) -> None:
    """`middleware.csrf.check_token` sets `g.csrf_valid`, so that forms do not ask for a token of their own.

    If this fails: look in `flask_wtf.csrf._FlaskFormCSRF.validate_csrf_token` for what it looks at. Forms refuse
    everything until then, so nothing is open.
    """

    class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
        pass

    with app.test_request_context(method="POST"):
        assert not Form().validate()
        g.csrf_valid = True
        assert Form().validate()


def test_wtforms_asks_meta_for_the_entries_and_the_controls(app: Flask) -> None:
    """`PageForm.Meta` reads form fields alone, and renders controls without the attributes of validators.

    If this fails: look in `flask_wtf.form.FlaskForm.Meta` and `wtforms.meta.DefaultMeta`. With `wrap_formdata` gone,
    uploads and JSON would be read as entries; with `render_field` gone, browsers would cut pasted passwords.
    """

    class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
        name = StringField(validators=[InputRequired(), Length(max=5)])

        class Meta:
            def wrap_formdata(self, form: FlaskForm, formdata: object) -> object:
                return None if formdata is None else ImmutableMultiDict({"name": "ours"})

            def render_field(self, field: StringField, render_kw: dict[str, object]) -> object:
                return field.widget(field, **{"required": False, "maxlength": False, **render_kw})

    with app.test_request_context(method="POST", json={"name": "theirs"}):
        form = Form()
    assert form.name.data == "ours"
    assert (form.name.flags.required, form.name.flags.maxlength) == (True, 5)
    assert str(form.name()) == '<input id="name" name="name" type="text" value="ours">'


def test_flask_wtf_takes_a_token_that_we_sign(app: Flask) -> None:
    """`page_tokens` signs as `URLSafeTimedSerializer` does with Flask-WTF's salt, and compresses nothing.

    If this fails: look in `flask_wtf.csrf.generate_csrf` for how a token is made, or let that make it. Until then every
    form is refused, so nothing is open.
    """
    with app.test_request_context():
        session["csrf_token"] = "a" * 64
        signer = URLSafeTimedSerializer(["old", "new"], salt=page_tokens._SALT).make_signer()
        validate_csrf(signer.sign(base64_encode(json.dumps("a" * 64))).decode("ascii"))
        assert generate_csrf() != ""


def test_wtforms_keeps_of_a_form_in_its_fields_what_we_think(app: Flask) -> None:
    """`forms.binding` copies what a field holds once it is bound, but for what belongs to one form.

    If this fails: look in `wtforms.fields.core.Field.__init__` for what else of its form a field keeps, and add it to
    `_A_FORMS_OWN`; as long as it is not there, one visitor's form would hold something of another's.
    """

    class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
        name = StringField(filters=[lambda value: value])
        box = BooleanField()
        quiet = HiddenField()
        word = PasswordField()
        listed = SelectField(validate_choice=False)
        one_of = RadioField(validate_choice=False)

    with app.test_request_context():
        one, other = Form(data={"name": "one"}), Form()
        kinds = {type(field) for field in one}
        assert kinds <= binding._KINDS
        for field in one:
            for part, value in vars(field).items():
                is_shared = value is vars(other[field.short_name]).get(part) or type(value) in (str, bool, list, tuple)
                assert is_shared or part in (*binding._A_FORMS_OWN, "label", "flags"), (field.name, part)
                assert not isinstance(value, (Form, FlaskForm.Meta)) or part in binding._A_FORMS_OWN


def test_jinja_writes_templates_where_we_change_them() -> None:
    """`PageEnvironment` changes a template before its code is written; `_PageGenerator` has the code call `shown`;
    `PageContext` calls a macro by its function, and looks for the mark of what wants the context.

    If this fails: look in `jinja2.environment.Environment._generate`, `jinja2.compiler.CodeGenerator.visit_Output` and
    `jinja2.runtime.Context.call`, or leave these overrides out: pages are the same without, and slower.
    """
    environment = PageEnvironment(Flask("internals"), autoescape=True)
    environment.language, environment.translate = "xx", str.upper
    environment.globals["_"] = str
    code: Any = Environment.compile
    assert "environment.shown(" in code(environment, "{{ a }}", raw=True)
    assert environment.from_string("{{ _('a') }}{{ a }}").render(a="<") == "A&lt;"
    module: Any = environment.from_string("{% macro m(a, b) %}{{ a }}{{ kwargs }}{% endmacro %}").module
    macro = module.m
    assert (macro._argument_count, macro._func(1, 2, {})) == (2, "1{}")
    assert hasattr(pass_context(lambda context: None), "jinja_pass_arg")


def test_werkzeug_lets_the_query_be_replaced_and_a_proxy_be_opened(app: Flask) -> None:
    """`strict_bounce` puts a restored query into `request.args`; `browser_session` takes the session out of its proxy.

    If this fails: let `strict_bounce` change the environment's `QUERY_STRING` before anything reads it, and keep the
    session in `g`.
    """
    with app.test_request_context("/?a=1"):
        assert request.args["a"] == "1"
        request.args = ImmutableMultiDict({"b": "2"})
        assert request.args.to_dict() == {"b": "2"}
        opened = session._get_current_object()  # type: ignore[attr-defined]  # werkzeug's proxies hide it from mypy
        assert type(opened) is not type(session)


def test_babels_proxy_reads_anew_each_time_it_is_told_not_to_remember() -> None:
    """`lazy_gettext` serves every language with one proxy.

    If this fails: write a class with `__str__`, `__mod__` and `__html__` that calls `gettext`.
    """
    words = iter(["one", "two", "three %(n)d"])
    text = LazyProxy(lambda: next(words), enable_cache=False)
    assert (str(text), f"{text}", text % {"n": 3}) == ("one", "two", "three 3")


def test_gunicorns_threaded_worker_has_what_ours_is_made_of() -> None:
    """`bff.commands.answering` and `bff.commands.worker` replace how its worker waits, accepts, expires, asks the
    application and finishes; they keep its life from start to end.

    If this fails: compare `gunicorn.workers.gthread` with what stands here, and follow it in those two.
    """
    made_here = {"accept", "handle_error", "murder_pending", "enqueue_req", "handle_request", "get_thread_pool"}
    made_here |= {"wait_for_and_dispatch_events", "load_wsgi", "init_process", "set_accept_enabled"}
    used = {"handle", "murder_keepalived", "run", "_keepalive_after"}
    assert made_here | used <= set(dir(ThreadWorker))
    loop, started = inspect.getsource(ThreadWorker.run), inspect.getsource(ThreadWorker.__init__)
    for said in ("self.nr_conns < self.worker_connections", "self.murder_pending()", "while self.nr_conns > 0:"):
        assert said in loop, said
    for name in ("self.nr_conns", "self.poller", "self.keepalived_conns", "self.max_keepalived"):
        assert f"{name} = " in started, name
    answering = inspect.getsource(ThreadWorker.handle)
    for said in ("if not conn.initialized and not conn.data_ready:", "conn.init()", "req = next(conn.parser)"):
        assert said in answering, said
    assert "conn.parser.finish_body(deadline=" in inspect.getsource(ThreadWorker._keepalive_after)
    assert "tpool.submit" not in inspect.getsource(ThreadWorker.run)


def test_gunicorns_worker_stops_accepting_as_the_end_begins_and_its_master_stops_listening_before_it() -> None:
    """`bff.commands.worker` takes those who wait, and closes what it listens on, where `run` says to accept no more;
    `bff.commands.master` lets nobody else in for the same cases in which gunicorn removes a unix socket's path.

    If this fails: look in `gunicorn.workers.gthread` for where the end begins, and in `Arbiter.stop` for its order.
    """
    loop, stopped = inspect.getsource(ThreadWorker.run), inspect.getsource(Arbiter.stop)
    steps = (
        "while self.alive:",
        "self.set_accept_enabled(False)",
        "while self.nr_conns > 0:",
        "for s in self.sockets:",
    )
    assert sorted(steps, key=loop.index) == list(steps)
    assert loop.count("self.set_accept_enabled(False)") == 1
    enabling = inspect.getsource(ThreadWorker.set_accept_enabled)
    for said in ("for listener in self.sockets:", "self.poller.unregister(listener)", "self._accepting = enabled"):
        assert said in enabling, said
    assert stopped.index("sock.close_sockets(self.LISTENERS, unlink)") < stopped.index("self.kill_workers(sig)")
    for said in ("self.reexec_pid == self.master_pid == 0", "not self.systemd"):
        assert said in stopped, said


def test_gunicorns_answer_is_made_of_steps_of_which_ours_replaces_two() -> None:
    """`bff.commands.answer.Answer` is handed to `wsgi.create`, and makes the first lines and takes the headers itself.
    `bff.commands.environ` begins with what `wsgi.base_environ` makes of the configuration.

    If this fails: compare `gunicorn.http.wsgi.Response` with `Answer`, as `tests/commands/test_answer.py` does, and
    `gunicorn.http.wsgi.create` with `Environs`, as `tests/commands/test_environ.py` does.
    """
    assert "response_class" in inspect.signature(wsgi.create).parameters
    assert list(inspect.signature(wsgi.base_environ).parameters) == ["cfg"]
    assert "self.process_headers(headers)" in inspect.getsource(wsgi.Response.start_response)
    assert "self.default_headers()" in inspect.getsource(wsgi.Response.send_headers)


def test_gunicorns_parser_reads_from_whatever_has_recv_and_tells_how_a_body_ends() -> None:
    """`bff.commands.arrival` lets it read from memory and asks its body reader for the length.

    If this fails: look in `gunicorn.http.message.Message.set_body_reader` for what tells the end of a body.
    """

    class Source:
        def __init__(self) -> None:
            self.parts = [b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n"]

        def recv(self, size: int) -> bytes:
            return self.parts.pop(0) if self.parts else b""

    unreader = SocketUnreader(Source())
    request = GunicornRequest(Config(), unreader, ("192.0.2.1", 1))
    assert request.body.reader.length == 7
    assert request._expected_100_continue is True
    assert request.body.failed is False
    assert unreader.take_buffered() == b""
