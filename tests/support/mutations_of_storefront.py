"""Guards over the file of further operations: what no row of it may say, and what no value of a row's may be."""

from __future__ import annotations

from tests.support.mutation import Mutation

_FILES = "tests/storefront/test_hostile_files.py"
_ROW = f"{_FILES}::test_what_is_wrong_with_a_row_is_told_with_its_line"
_WHOLE = f"{_FILES}::test_a_file_that_would_take_for_ever_is_refused_in_one_line"
_PARAMETERS = "tests/storefront/test_parameters.py"
_CHECKS = "bff/storefront/checks.py"
_PATHS = "bff/storefront/paths.py"
_RESERVED = "bff/storefront/reserved.py"


def _of_row(guard: str, path: str, old: str, new: str) -> Mutation:
    return Mutation(guard=guard, path=path, old=old, new=new, test=_ROW)


OF_STOREFRONT: tuple[Mutation, ...] = (
    _of_row(
        "no declared path climbs",
        _PATHS,
        """        elif segment.strip(".") == "":
            yield""",
        """        elif False:
            yield""",
    ),
    _of_row(
        "no declared path is encoded",
        _PATHS,
        """    "%": "holds a '%': a path is written without encoding",
""",
        "",
    ),
    Mutation(
        guard="no value of a path is dots alone",
        path="bff/storefront/parameters.py",
        old=r'_NO_DOTS: Final = r"(?!\.+\Z)"',
        new='_NO_DOTS: Final = ""',
        test=f"{_PARAMETERS}::test_no_part_of_a_path_leaves_its_place",
    ),
    _of_row(
        "no part of a path is a free text",
        "bff/storefront/parameters.py",
        "    if place is Place.PATH and not kind.in_path:",
        "    if False:",
    ),
    _of_row(
        "no tenant is named by hand",
        _PATHS,
        "    if not found:\n",
        "    if False:\n",
    ),
    _of_row(
        "no tenant is named by hand where the bearer should say it",
        _PATHS,
        "        elif segments[0].lower() not in _WITHOUT_TENANT | _MAKE_TOKENS:",
        "        elif False:",
    ),
    _of_row(
        "no declared path is below a built-in one",
        _CHECKS,
        "    if own[0] in BUILT_IN:",
        "    if False:",
    ),
    _of_row(
        "no row of a shop's own makes tokens",
        _RESERVED,
        "    return shape[0] in _TOKEN_MAKERS",
        "    return False",
    ),
    _of_row(
        "no row of a shop's own signs in",
        _RESERVED,
        '    return shape[0] in _CUSTOMERS and shape[:2] != ("customer", "customers")',
        "    return False",
    ),
    _of_row(
        "no row of a shop's own shows another's session",
        _RESERVED,
        '    return shape[0] == "session-context" and shape[1:2] != ("me",)',
        "    return False",
    ),
    _of_row(
        "reserved services are known in capitals too",
        _RESERVED,
        "part.lower()",
        "part",
    ),
    _of_row(
        "who changes a company has proved lately who they are",
        _CHECKS,
        "    if not is_colleagues(row.upstream, row.asks_by):",
        "    if True:",
    ),
    _of_row(
        "nothing is changed with the server's own token",
        _CHECKS,
        "    if not row.only_reads or",
        "    if False and",
    ),
    _of_row(
        "no cart is read with the server's own token",
        _CHECKS,
        "    if row.bearer in _SERVERS_OWN and shape[0] in _OF_A_SESSION",
        "    if False and shape[0] in _OF_A_SESSION",
    ),
    _of_row(
        "no value of a session goes with the server's own token",
        _CHECKS,
        """    if subject.from_session():
        yield""",
        """    if False:
        yield""",
    ),
    _of_row(
        "no saas-token goes with the server's own token",
        _CHECKS,
        """    if row.saas_token is not SaasToken.NEVER:
        yield Fault(key="saas_token", what=f""",
        """    if False:
        yield Fault(key="saas_token", what=f""",
    ),
    _of_row(
        "no browser says which customer it is",
        _CHECKS,
        "        if value is None or parameter.source is not None:",
        "        if True:",
    ),
    _of_row(
        "every parameter that is called a site is one that may be named",
        _CHECKS,
        "        if names_site(parameter) and",
        "        if False and",
    ),
    _of_row(
        "what changes something by its very verb does not only read",
        _CHECKS,
        '    if row.only_reads and row.asks_by not in ("GET", "POST"):',
        "    if False:",
    ),
    _of_row(
        "what places orders does not only read",
        _CHECKS,
        "    if shape_of(row.upstream)[0] == _ORDERS:",
        "    if False:",
    ),
    _of_row(
        "what sends a mail does not only read",
        _CHECKS,
        "    if row.mail_to is not None:",
        "    if False:",
    ),
    _of_row(
        "no token travels in a query",
        "bff/storefront/reserved_names.py",
        "    if bare in _SECRETS or bare.endswith(_SECRETS_END):",
        "    if False:",
    ),
    _of_row(
        "no row sends a header field of ours",
        "bff/storefront/reserved_names.py",
        "(name in _HEADERS or name.startswith(_HEADER_FAMILIES))",
        "False",
    ),
    _of_row(
        "no GET changes anything",
        _CHECKS,
        '    elif row.method == "GET" and not row.only_reads:',
        "    elif False:",
    ),
    _of_row(
        "no GET makes anything",
        _CHECKS,
        "        if (why := verb_fault(row.method, parameter.place, parameter.name)) is not None:",
        "        if (why := verb_fault(row.method, parameter.place, parameter.name)) is not None and False:",
    ),
    _of_row(
        "no write is sent twice",
        _CHECKS,
        "    if row.repeat and not row.only_reads:",
        "    if False:",
    ),
    _of_row(
        "nothing of a visitor's is cached",
        _CHECKS,
        """    if row.bearer not in _SERVERS_OWN:
        what = 'cache""",
        """    if False:
        what = 'cache""",
    ),
    _of_row(
        "a row whose bearer nobody has chosen does not start",
        "bff/storefront/words.py",
        '    if value == "":',
        '    if value == "":\n        return "visitor"\n    if False:',
    ),
    Mutation(
        guard="a request means one row",
        path="bff/storefront/shadows.py",
        old="            if shape == route.shape:",
        new="            if False:",
        test=f"{_FILES}::test_rows_that_one_request_could_mean_are_told",
    ),
    Mutation(
        guard="a request means one row wherever parameters stand",
        path="bff/storefront/shadows.py",
        old="            elif _is_less_exact(shape, route.shape) and _is_less_exact(route.shape, shape):",
        new="            elif False:",
        test=f"{_FILES}::test_rows_that_one_request_could_mean_are_told",
    ),
    Mutation(
        guard="a storefront's file has a length",
        path="bff/storefront/document.py",
        old="    if len(content) > MOST_BYTES:",
        new="    if False:",
        test=_WHOLE,
    ),
    Mutation(
        guard="a key of a storefront's file has an end",
        path="bff/storefront/lines.py",
        old="        if len(key) == MOST_PARTS_OF_A_KEY:",
        new="        if False:",
        test=f"{_FILES}::test_what_is_wrong_with_a_file_is_told_with_its_line",
    ),
    Mutation(
        guard="a row that is weaker than the one that it replaces is told of",
        path="bff/storefront/warnings.py",
        old="    if replaced is not None:",
        new="    if False:",
        test="tests/storefront/test_warnings.py::"
        "test_a_row_that_replaces_a_shipped_one_is_warned_of_once_for_each_way_in_which_it_is_weaker",
    ),
    Mutation(
        guard="each doubt about a storefront's file is a finding of the audit",
        path="bff/audit/storefront.py",
        old="    return tuple(map(_doubtful, storefront.warnings))",
        new="    return ()",
        test="tests/audit/test_audit_declared.py::test_each_doubt_is_a_finding_with_the_requirement_that_it_breaks",
    ),
    Mutation(
        guard="the audit tells where the saas token goes",
        path="bff/audit/tokens.py",
        old="[row.name for row in declared if row.saas_token is not SaasToken.NEVER]",
        new="[]",
        test="tests/audit/test_audit_routes.py::test_every_row_that_brings_or_takes_a_secret_is_named",
    ),
    Mutation(
        guard="a body over its row's own limit is asked for by the audit",
        path="bff/audit/probe.py",
        old="max(READ_AT_MOST_BYTES, self._most_bytes.get((method, rule.rule), 0))",
        new="READ_AT_MOST_BYTES",
        test="tests/audit/test_audit_declared.py::test_shipped_sets_have_no_finding_and_every_guard_holds",
    ),
)
