"""The guards of a sign-in that takes a guest's cart along, whose removal some test must notice."""

from __future__ import annotations

from tests.support.mutation import Mutation

_TESTS = "tests/account/test_cart_merge.py"
_MERGE = "bff/account/cart_merge.py"
_LOGIN = "bff/account/login.py"

OF_CARTS: tuple[Mutation, ...] = (
    Mutation(
        guard="who takes another's place brings no cart",
        path=_LOGIN,
        old="self._carts and before is None and grant.has_guests_cart",
        new="self._carts",
        test=f"{_TESTS}::test_who_takes_anothers_place_gets_no_cart_of_theirs",
    ),
    Mutation(
        guard="a cart hangs on guest tokens that the session has had",
        path=_LOGIN,
        old="had is not None and had.session_id is not None and had.session_id == guest.session_id",
        new="True",
        test=f"{_TESTS}::test_guest_whose_session_at_emporix_was_lost_brings_no_cart",
    ),
    Mutation(
        guard="a cart waits for its customer alone",
        path="bff/sessions/model.py",
        old="cart=None if tokens is None else self.cart",
        new="cart=self.cart",
        test=f"{_TESTS}::test_customer_whose_session_is_over_leaves_no_cart_waiting_for_the_next_one",
    ),
    Mutation(
        guard="a cart that waits goes on waiting through a re-authentication",
        path="bff/sessions/session.py",
        old="vault.with_cart(kept.cart)",
        new="vault",
        test=f"{_TESTS}::test_reauthentication_takes_up_what_waits",
    ),
    Mutation(
        guard="a customer's cart is no guest's to give",
        path=_MERGE,
        old='        if reply.content.get("customerId"):\n            return None\n',
        new="",
        test=f"{_TESTS}::test_cart_that_is_a_customers_is_not_given_to_whoever_signs_in",
    ),
    Mutation(
        guard="two sign-ins of one guest do not merge at the same time",
        path=_MERGE,
        old="            with self._store.lock(former, lease_seconds=lease_seconds, wait_seconds=wait_seconds):\n"
        "                yield\n",
        new="            yield\n",
        test=f"{_TESTS}::test_two_people_at_one_guests_session_do_not_both_get_the_cart",
    ),
    Mutation(
        guard="one request tries at a time",
        path=_MERGE,
        old="now < min(cart.retry_at, cart.until)",
        new="False",
        test=f"{_TESTS}::test_two_calls_take_up_what_waits_once",
    ),
    Mutation(
        guard="a cart waits for an hour at most",
        path=_MERGE,
        old="None if now >= cart.until else replace(",
        new="replace(",
        test=f"{_TESTS}::test_cart_is_dropped_after_an_hour",
    ),
    Mutation(
        guard="a failed merge changes nothing about the sign-in",
        path=_MERGE,
        old="        except BffError as err:\n            self._log.audit(Event.CARTS_NOT_MERGED",
        new="        except LockBusy as err:\n            self._log.audit(Event.CARTS_NOT_MERGED",
        test=f"{_TESTS}::test_failure_signs_in_all_the_same_and_the_next_call_for_a_cart_merges",
    ),
    Mutation(
        guard="a merge takes two seconds at most",
        path=_MERGE,
        old="at_most_seconds=left",
        new="at_most_seconds=None",
        test=f"{_TESTS}::test_answer_that_never_comes_bounds_the_sign_in",
    ),
    Mutation(
        guard="the calls of a merge share one time",
        path=_MERGE,
        old="        left = end - self._monotonic()\n",
        new="        left = self._try_seconds\n",
        test=f"{_TESTS}::test_all_calls_share_one_time",
    ),
    Mutation(
        guard="a cart's id is one part of a path",
        path=_MERGE,
        old=" or not re.fullmatch(CART_ID, id)",
        new="",
        test=f"{_TESTS}::test_failure_signs_in_all_the_same_and_the_next_call_for_a_cart_merges",
    ),
    Mutation(
        guard="carts are merged only where it is said whose",
        path="bff/storefront/model.py",
        old='            raise ConfigurationError((Problem(variable="EMPORIX_SITE", what=what, example="main"),))\n',
        new="            return None\n",
        test="tests/storefront/test_sign_in_rules.py::test_server_does_not_start_where_nobody_says_whose_carts",
    ),
)
