"""Handling of what fails around the program: Redis, Emporix, the identity provider, and processes that end."""

from __future__ import annotations

from tests.support.mutation import Mutation

_CLIENT = "bff/emporix/client.py"
_RENEWAL = "bff/tokens/renewal.py"
_REFUSALS = "bff/emporix/refusals.py"
_ERRORS = "bff/sessions/redis_errors.py"
_FAULTS = "tests/journeys/test_upstream_faults.py::test_built_in_operations_in_trouble"
_TROUBLE = "tests/journeys/test_upstream_trouble.py::test_trouble_has_its_documented_answer_and_changes_nothing_here"
_FLOW = "bff/web/pages/flow.py"
_AWAY = "tests/web/pages/test_pages_away.py"
_REDIS = "tests/journeys/test_redis_refusals.py"
_KILLS = "tests/journeys/test_refresh_kills.py::test_session_goes_on_after_a_kill_or_is_told_truthfully"
_LEASE = "tests/journeys/test_refresh_lease.py"
_TOO_LONG = "test_refresh_that_upstream_takes_too_long_for_is_asked_for_once_by_all_who_wait"
_LOAD = "tests/journeys/test_workers_under_load.py"
_OUTLIVED = "tests/journeys/test_refresh_kills.py::test_process_that_outlives_its_lease_overwrites_nothing"
_REFUSES = f"{_REDIS}::test_server_that_refuses_is_told_of_and_the_first_request_after_it_works"

OF_FAULTS: tuple[Mutation, ...] = (
    Mutation(
        guard="tokens that were renewed during a sign-in are logged out",
        path="bff/account/login.py",
        old="        _, held = session.sign_in(\n",
        new="        held = session.vault\n        session.sign_in(\n",
        test="tests/account/test_login_ends.py::"
        "test_sign_in_over_a_session_tells_upstream_of_tokens_that_were_renewed_meanwhile",
    ),
    Mutation(
        guard="the old token of a session that has ended serves no refresh of unknown outcome",
        path="bff/tokens/renewal.py",
        old="            if session.vault.customer is None:\n                # An ending",
        new="            if False:\n                # An ending",
        test="tests/tokens/test_renewal_rivals.py::"
        "test_old_token_of_a_session_that_ended_during_an_unknown_refresh_serves_nobody",
    ),
    Mutation(
        guard="an answer that is cut off is none",
        path="bff/emporix/reply.py",
        old="    if not _has_shape(operation.answer, content):\n",
        new="    if False:\n",
        test=_FAULTS,
    ),
    Mutation(
        guard="what changes something is not sent again when its answer breaks off",
        path=_CLIENT,
        old="(isinstance(err, Broken) and operation.repeatable and not err.was_repeated)",
        new="(isinstance(err, Broken) and not err.was_repeated)",
        test=_FAULTS,
    ),
    Mutation(
        guard="no answer in time is told as that",
        path=_CLIENT,
        old="    if isinstance(err, TooSlow):\n        return UpstreamTimeout",
        new="    if False:\n        return UpstreamTimeout",
        test=_TROUBLE,
    ),
    Mutation(
        guard="a gateway's 502, 503 or 504 is told as upstream away",
        path=_REFUSALS,
        old="    if answer.status in _GATEWAY:\n",
        new="    if False:\n",
        test=_FAULTS,
    ),
    Mutation(
        guard="upstream's own limit is passed on with its wait",
        path=_REFUSALS,
        old="    if answer.status == 429:\n",
        new="    if False:\n",
        test="tests/journeys/test_upstream_trouble.py::test_rate_limit_of_upstream_is_passed_on_with_its_wait",
    ),
    Mutation(
        guard="a Redis that refuses is told as sessions out of reach",
        path=_ERRORS,
        old="        raise SessionStoreUnavailable(str(fault)) from err\n",
        new="        raise\n",
        test=_REFUSES,
    ),
    Mutation(
        guard="why Redis refuses is named",
        path=_ERRORS,
        old="    for kind, word in _BY_KIND.items():\n",
        new="    for kind, word in {}.items():\n",
        test=_REFUSES,
    ),
    Mutation(
        guard="a Redis that hangs is given up",
        path="bff/sessions/redis_connection.py",
        old="        socket_timeout=ANSWER_SECONDS,\n",
        new="        socket_timeout=20.0,\n",
        test="tests/journeys/test_redis_trouble.py::test_hanging_redis_is_given_up_in_time_and_nobody_is_signed_out",
    ),
    Mutation(
        guard="a customer whose tokens Redis has dropped is signed out",
        path="bff/sessions/redis_store.py",
        old="            return self._end_half(cookie, note, read.signed_in.customer.id)\n",
        new="            pass\n",
        test=f"{_REDIS}::test_whichever_key_of_a_customers_session_is_dropped_there_is_a_whole_session_or_none",
    ),
    Mutation(
        guard="tokens whose session's record Redis has dropped are ended",
        path="bff/sessions/redis_store.py",
        old="self._end_half(cookie, note) if answer[3] else Missing(ended=note)",
        new="Missing()",
        test=f"{_REDIS}::test_whichever_key_of_a_customers_session_is_dropped_there_is_a_whole_session_or_none",
    ),
    Mutation(
        guard="a killed worker's lock ends by itself",
        path="bff/sessions/redis_lock.py",
        old="timeout=lease_seconds, ",
        new="",
        test="tests/sessions/test_store_lock.py::test_lease_of_a_killed_process_ends_by_itself",
    ),
    Mutation(
        guard="limits are counted by each process while Redis is away",
        path="bff/limits.py",
        old="                self._redis_failed(err)\n        own = ",
        new="                self._redis_failed(err)\n                return True, self._shared\n        own = ",
        test="tests/test_limits.py::test_without_redis_each_process_counts_for_itself",
    ),
    Mutation(
        guard="a provider that could not be fetched is not asked for again at once",
        path="bff/oidc/provider.py",
        old="_KEEP_FAILURE_SECONDS if value is None else",
        new="0.0 if value is None else",
        test="tests/oidc/test_provider.py::test_failure_is_kept_for_half_a_minute",
    ),
    Mutation(
        guard="the end waits for requests as long as it is told",
        path="bff/commands/serve.py",
        old='        "graceful_timeout": serving.graceful_timeout_seconds,\n',
        new='        "graceful_timeout": 0,\n',
        test="tests/commands/test_serve.py::test_request_that_runs_is_finished_before_the_end",
    ),
    Mutation(
        guard="the end waits for requests no longer than it is told",
        path="bff/commands/serve.py",
        old='        "graceful_timeout": serving.graceful_timeout_seconds,\n',
        new='        "graceful_timeout": 600,\n',
        test="tests/commands/test_serve.py::test_end_waits_for_a_request_no_longer_than_it_is_told",
    ),
    Mutation(
        guard="a form comes back as it was typed while Redis or Emporix is away",
        path=_FLOW,
        old="    except (SessionStoreUnavailable, TooManyAttempts, UpstreamError) as err:\n        fault",
        new="    except ZeroDivisionError as err:\n        fault",
        test=f"{_AWAY}::test_forms_come_back_filled_in_while_redis_is_away",
    ),
    Mutation(
        guard="a form comes back with when it may be sent again",
        path=_FLOW,
        old="        if fault.retry_after_seconds is not None:\n            response",
        new="        if False:\n            response",
        test=f"{_AWAY}::test_forms_come_back_filled_in_while_redis_is_away",
    ),
    Mutation(
        guard="an identity provider that is away leads back to the passwords",
        path="bff/web/pages/social.py",
        old='    except IdentityProviderUnavailable:\n        return to_sign_in(notice="social-unavailable")\n',
        new='    except ZeroDivisionError:\n        return to_sign_in(notice="social-unavailable")\n',
        test="tests/web/pages/test_social.py::test_link_tells_where_the_provider_is_away_and_passwords_still_serve",
    ),
    Mutation(
        guard="a Cluster whose slots are nobody's is told as that",
        path=_ERRORS,
        old='    ClusterDownError: "CLUSTERDOWN",\n',
        new="",
        test=f"{_REDIS}::test_cluster_that_is_down_is_told_of_and_the_first_request_after_it_works",
    ),
    Mutation(
        guard="a connection that led to a former primary is asked once more",
        path=_ERRORS,
        old="        except (RedisConnectionError, ReadOnlyError):\n",
        new="        except ZeroDivisionError:\n",
        test="tests/journeys/test_redis_kinds.py::test_first_request_after_a_failover_works_and_the_session_is_there",
    ),
    Mutation(
        guard="a 500 of upstream's is no refusal",
        path=_REFUSALS,
        old="    return status in REFUSALS and (",
        new="    return status == 500 or status in REFUSALS and (",
        test=_FAULTS,
    ),
    Mutation(
        guard="a key that upstream refuses is told as ours, not as a sign-in's",
        path=_REFUSALS,
        old='    if "apikey" in code.lower() or',
        new="    if False and code or",
        test="tests/emporix/test_refusals.py::test_bad_api_key_is_nobodys_fault_but_the_operators",
    ),
    Mutation(
        guard="an access token that lives outlasts the refresh that was lost with its process",
        path=_RENEWAL,
        old="if not self.serves(tokens, rejected_token):\n                return without_customer",
        new="if tokens is not None:\n                return without_customer",
        test=_KILLS,
    ),
    Mutation(
        guard="a refresh token that was spent by a process that died is not kept",
        path=_RENEWAL,
        old="            return web, vault.with_customer(replace(tokens, refresh=None))\n",
        new="            return None\n",
        test=_KILLS,
    ),
    Mutation(
        guard="a refresh goes on with the tokens that a process that died has kept",
        path=_RENEWAL,
        old="(web, vault.with_customer(fresh)) if _holds(vault, spent) else None)",
        new="(web, vault.with_customer(replace(fresh, refresh=spent.refresh))))",
        test=_KILLS,
    ),
    Mutation(
        guard="the lock of a killed worker ends with its lease",
        path="bff/sessions/redis_lock.py",
        old="timeout=lease_seconds, ",
        new="timeout=600.0, ",
        test=f"{_LEASE}::test_lock_of_a_killed_worker_ends_with_its_lease_and_the_session_goes_on",
    ),
    Mutation(
        guard="the lock of a refresh outlasts the call",
        path="bff/tokens/broker.py",
        old="                    lease_seconds=call_seconds + LEASE_MARGIN_SECONDS,\n",
        new="                    lease_seconds=1.0,\n",
        test=f"{_LEASE}::{_TOO_LONG}",
    ),
    Mutation(
        guard="who waits for a refresh without an answer does not ask in turn",
        path=_RENEWAL,
        old='        _share_failure("refresh_auth_token", tokens, began)\n',
        new="",
        test=f"{_LEASE}::{_TOO_LONG}",
    ),
    Mutation(
        guard="a crowd on one session looks under the lock at what the first of it has got",
        path="bff/tokens/broker.py",
        old="                session.reload()\n                yield lease\n",
        new="                yield lease\n",
        test=f"{_LOAD}::test_crowd_on_one_expired_session_is_served_by_one_refresh",
    ),
    Mutation(
        guard="a lost answer to a rotation is no refusal",
        path=_RENEWAL,
        old="        except UpstreamError as err:\n            self._note_unknown(session, tokens, err)\n",
        new="        except UpstreamError as err:\n"
        "            return self._refused(session, tokens, rejected_token, str(err))\n",
        test=f"{_LOAD}::test_lost_answer_to_a_rotation_signs_nobody_out_by_itself",
    ),
    Mutation(
        guard="tokens of a refresh that a sign-out has overtaken are logged out",
        path=_RENEWAL,
        old='            self.log_out(fresh, "the session ended during a refresh")\n',
        new="",
        test=f"{_LOAD}::test_sign_out_during_a_refresh_leaves_no_token_alive",
    ),
    Mutation(
        guard="a reload under load lets the old workers finish",
        path="bff/commands/master.py",
        old="        super().reload()\n",
        new="        self.kill_workers(signal.SIGKILL)\n        super().reload()\n",
        test=f"{_LOAD}::test_reload_under_load_fails_no_request",
    ),
    Mutation(
        guard="the end under load waits for whatever was accepted",
        path="bff/commands/serve.py",
        old='        "graceful_timeout": serving.graceful_timeout_seconds,\n',
        new='        "graceful_timeout": 0,\n',
        test=f"{_LOAD}::test_end_under_load_answers_whatever_was_accepted",
    ),
    Mutation(
        guard="a worker that is killed is replaced while the others go on",
        path="bff/commands/master.py",
        old="            super().manage_workers()\n",
        new="            if not self.WORKERS:\n                super().manage_workers()\n",
        test=f"{_LOAD}::test_worker_that_is_killed_under_load_loses_what_it_ran_and_nothing_else",
    ),
    Mutation(
        guard="a refusal that comes after the lease drops nobody else's tokens",
        path=_RENEWAL,
        old="            if not _holds(vault, tokens):\n",
        new="            if False:\n",
        test=_OUTLIVED,
    ),
    Mutation(
        guard="tokens that come after the lease bring no session back",
        path=_RENEWAL,
        old="(web, vault.with_customer(fresh)) if _holds(vault, spent) else None)",
        new="(web, vault.with_customer(fresh)))",
        test=_OUTLIVED,
    ),
)
