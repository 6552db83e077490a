"""Which site a declared row's call may name: the default one, or one of those that the settings list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bff.config.settings import EmporixSettings
from bff.emporix.request import Call, Value
from bff.errors import Detail, InvalidInput
from bff.operations.model import Operation


def with_sites(operation: Operation, call: Call, settings: EmporixSettings) -> Call:
    """Return the call with the default site wherever the row needs one and the client names none.

    :raises InvalidInput: the client names a site that may not be named
    """
    values: dict[str, Value] = dict(call.values or {})
    for parameter in operation.parameters:
        if not parameter.is_site:
            continue
        named = values.get(parameter.name)
        if named is not None:
            for site in named if isinstance(named, tuple) else (named,):
                _check(site, parameter.name, settings)
        elif parameter.required and settings.site is not None:
            values[parameter.name] = settings.site
    return replace(call, values=values)


def check_site_of_body(operation: Operation, content: Any, settings: EmporixSettings) -> None:
    """Refuse a body that names a site which may not be named.

    :raises InvalidInput: it does
    """
    name = None if operation.free_body is None else operation.free_body.site
    if name is not None and isinstance(content, dict) and name in content:
        _check(content[name], name, settings)


def _check(site: Any, field: str, settings: EmporixSettings) -> None:
    if not isinstance(site, str) or (site != settings.site and site not in settings.sites):
        raise InvalidInput(Detail(field=field, type="invalid_value", message="This site cannot be named here."))
