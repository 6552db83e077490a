"""The page of security; signed-in devices: a list, and the pages that ask before they end any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from bff.account.devices import Device
from bff.web import paths
from bff.web.declared import Need
from bff.web.forms.forms import ConfirmForm
from bff.web.language import gettext as _
from bff.web.pages.flow import FormPage, register_view, see_other
from bff.web.pages.glance import Moment, at_a_glance, moment
from bff.web.pages.pending_email import pending_address
from bff.web.pages.sign_out import sign_out, signed_out_on
from bff.web.pages.visit import Visit
from bff.web.rendering import render
from bff.wiring import Services

_ID = "id"
_NOT_THERE = "not-there"
"""Fixed word of the list's URL: opening a page must not write, so it cannot be a banner of the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDevice:
    """A device, as a page shows it."""

    id: str
    current: bool
    name: str
    since: Moment
    seen: Moment

    @property
    def line(self) -> str:
        """It in one line, to tell it from the others."""
        return _("%(device)s, last seen %(when)s") % {"device": self.name, "when": self.seen.words}


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Add the pages without a form; return the others."""
    register_view(blueprint, services, paths.SECURITY, "security", _security)
    register_view(blueprint, services, paths.DEVICES, "devices", _list)
    return [
        FormPage(
            endpoint="device_end",
            operations=("logout",),
            rule=paths.DEVICE_END.rule,
            template="session_end.html",
            form=ConfirmForm,
            need=Need.RECENT,
            values=_summary,
            submit=_end,
            on_get=_unknown,
            shows_drafts=False,
        ),
        FormPage(
            endpoint="devices_end_others",
            rule=paths.DEVICES_END_OTHERS,
            template="sessions_end_others.html",
            form=ConfirmForm,
            need=Need.RECENT,
            submit=_end_others,
            shows_drafts=False,
        ),
    ]


def _security(visit: Visit) -> ResponseReturnValue:
    return render(
        "security.html",
        **at_a_glance(visit),
        pending=pending_address(visit),
        may_delete=visit.services.settings.features.account_deletion,
    )


def _list(visit: Visit) -> ResponseReturnValue:
    devices = _shown(visit)
    notice = None
    if request.args.get("notice") == _NOT_THERE:
        notice = _("That device is no longer in the list. This is the list as it is now.")
    return render("sessions.html", devices=devices, others=len(devices) > 1, notice=notice)


def _shown(visit: Visit) -> list[ShownDevice]:
    devices = visit.services.devices.list(visit.session)
    names = _names(devices)
    return [
        ShownDevice(
            id=device.id,
            current=device.current,
            name=names[device.id],
            since=moment(device.created_at),
            seen=moment(device.last_seen_at),
        )
        for device in devices
    ]


def _names(devices: Sequence[Device]) -> Mapping[str, str]:
    """Return a name of its own for each: those of one kind are numbered by their sign-ins, on every page alike."""
    count: Counter[str] = Counter()
    names = {}
    for device in sorted(devices, key=lambda one: (one.created_at, one.id)):
        name = _name(device)
        count[name] += 1
        names[device.id] = name if count[name] == 1 else f"{name} ({count[name]})"
    return names


def _name(device: Device) -> str:
    if device.browser is None:
        return _("Unknown browser")
    program, on, system = device.browser.partition(" on ")
    return _("%(browser)s on %(system)s") % {"browser": program, "system": system} if on else program


def _of_path(visit: Visit) -> ShownDevice | None:
    wanted = visit.path_values[_ID]
    return next((device for device in _shown(visit) if device.id == wanted), None)


def _unknown(visit: Visit) -> ResponseReturnValue | None:
    return None if _of_path(visit) is not None else _not_there()


def _summary(visit: Visit) -> Mapping[str, Any]:
    device = _of_path(visit)
    return {"summary": "" if device is None else device.line}


def _not_there() -> ResponseReturnValue:
    # Ended from another tab, or by itself; or it has a new cookie by now, and so another id.
    return see_other(f"{paths.DEVICES}?notice={_NOT_THERE}")


def _end(visit: Visit, form: ConfirmForm) -> ResponseReturnValue:
    devices, wanted = visit.services.devices, visit.path_values[_ID]
    if devices.is_current(visit.session, wanted):
        return sign_out(visit)
    if not devices.end(visit.session, wanted):
        return _not_there()
    flash(_("The device has been signed out."))
    return see_other(paths.DEVICES)


def _end_others(visit: Visit, form: ConfirmForm) -> ResponseReturnValue:
    count = visit.services.devices.end_others(visit.session)
    if count:
        flash(signed_out_on(count))
    return see_other(paths.DEVICES)
