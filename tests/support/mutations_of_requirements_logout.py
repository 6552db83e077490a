"""How what is met of Back-Channel Logout could quietly become false: one token more is taken, one session more ends."""

from __future__ import annotations

from tests.support.mutation import Mutation

_TOKENS = "tests/oidc/test_id_token.py"
_LOGOUT = "tests/journeys/test_backchannel_logout.py"

OF_BACK_CHANNEL_LOGOUT: tuple[Mutation, ...] = (
    Mutation(
        guard="of two logout tokens neither is taken",
        path="bff/web/pages/social.py",
        old="        if len(tokens) != 1 or ",
        new="        if not tokens or ",
        test=f"{_LOGOUT}::test_body_without_exactly_one_token_is_refused",
    ),
    Mutation(
        guard="the provider's own sign-out alone is spared the checks of a change",
        path="bff/web/middleware/checks.py",
        old="        if path == BACKCHANNEL_LOGOUT:\n",
        new='        if path in (BACKCHANNEL_LOGOUT, "/api/logout"):\n',
        test="tests/web/middleware/test_csrf.py::test_forged_request_is_refused_on_every_route_and_changes_nothing",
    ),
    Mutation(
        guard="no token brings its own key along",
        path="bff/oidc/id_token.py",
        old="    known = keys(kid if isinstance(kid, str) else None)\n",
        new='    known = KeySet.import_key_set({"keys": [header["jwk"]]}) if "jwk" in header else keys(kid)\n',
        test=f"{_TOKENS}::test_forged_logout_token_is_refused",
    ),
    Mutation(
        guard="a logout token is good for five minutes",
        path="bff/oidc/id_token.py",
        old="MAX_LOGOUT_AGE_SECONDS: Final = 300",
        new="MAX_LOGOUT_AGE_SECONDS: Final = 600",
        test=f"{_LOGOUT}::test_token_that_is_older_than_five_minutes_is_refused",
    ),
    Mutation(
        guard="the member that says logout is an object",
        path="bff/oidc/id_token.py",
        old="not isinstance(events.get(_LOGOUT_EVENT), dict)",
        new="_LOGOUT_EVENT not in events",
        test=f"{_TOKENS}::test_wrong_logout_token_is_refused",
    ),
    Mutation(
        guard="who is named by a number is not named",
        path="bff/oidc/id_token.py",
        old="    if not isinstance(subject, str) and not isinstance(sid, str):\n",
        new="    if subject is None and sid is None:\n",
        test=f"{_TOKENS}::test_wrong_logout_token_is_refused",
    ),
    Mutation(
        guard="an empty nonce is a nonce",
        path="bff/oidc/id_token.py",
        old='    if "nonce" in claims:\n',
        new='    if claims.get("nonce"):\n',
        test=f"{_TOKENS}::test_wrong_logout_token_is_refused",
    ),
    Mutation(
        guard="an id token's type is none of a logout token",
        path="bff/oidc/id_token.py",
        old='types=("logout+jwt", None)',
        new='types=("logout+jwt", "JWT", None)',
        test=f"{_TOKENS}::test_token_of_another_type_is_no_logout_token",
    ),
    Mutation(
        guard="a used logout token is refused before it ends anything",
        path="bff/account/social_login.py",
        old="        if self._replays.was_used(_JTI, used):\n            raise IdTokenInvalid(_JTI)\n",
        new="",
        test=f"{_LOGOUT}::test_token_is_good_once",
    ),
    Mutation(
        guard="a session that is named ends alone, though its person is named too",
        path="bff/account/social_login.py",
        old="        if told.sid is not None:\n",
        new="        if told.sid is not None and told.subject is None:\n",
        test=f"{_LOGOUT}::test_session_that_is_named_ends_and_no_other",
    ),
    Mutation(
        guard="a session that is over already is no error of the provider's",
        path="bff/account/social_login.py",
        old="        # Used up only now:",
        new="        if not ended:\n            raise IdTokenInvalid('sid')\n        # Used up only now:",
        test=f"{_LOGOUT}::test_session_nobody_knows_is_over_already",
    ),
)
