"""What the GUI asks the connection for: one call of a method, by names of `otha.names`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hmi.model import AlarmView
from otha import names
from otha.names import Kind, Variable

Value = bool | int | str
_NOTHING: Final[dict[Kind, Value]] = {
    Kind.BOOLEAN: False,
    Kind.BYTE: 0,
    Kind.INT32: 0,
    Kind.INT64: 0,
    Kind.TEXT: "",
}
ALARM_ACTIONS: Final = frozenset({"Acknowledge", "Confirm", "AddComment", "TimedShelve", "OneShotShelve", "Unshelve"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `inputs`: what the method takes, with their kinds. `group` is "" for a method of the site. `order`: its
    answer is `otha.names.ANSWER`. `alarm`: an action of OPC UA Part 9 on it; `comment` and `for_ms` are of that."""

    ticket: str
    method: str
    group: str = ""
    inputs: tuple[tuple[Kind, Value], ...] = ()
    order: bool = False
    alarm: AlarmView | None = None
    comment: str = ""
    for_ms: int = 0


def order(ticket: str, method: str, group: str, inputs: Mapping[str, Any]) -> Request:  # Any: what a kind takes
    """A call of a method of `otha.names.METHODS`. Raises KeyError for another one, ValueError for inputs that do not
    fit."""
    found = next((each for each in names.METHODS if each.name == method), None)
    if found is None:
        raise KeyError(method)
    given = {names.ORDER_ID.name: ticket, **inputs}
    return Request(ticket=ticket, method=method, group=group, inputs=_fitted(found.inputs, given), order=True)


def service(ticket: str, method: str, group: str, inputs: Mapping[str, Any]) -> Request:  # Any: as above
    """A call of a method of `otha.names.SERVICES`; one that changes something takes the ticket as its order id. Raises
    as `order` does."""
    found = next((each for each in names.SERVICES if each.name == method), None)
    if found is None:
        raise KeyError(method)
    given = {**({names.ORDER_ID.name: ticket} if found.changes else {}), **inputs}
    return Request(ticket=ticket, method=method, group=group, inputs=_fitted(found.inputs, given))


def of_alarm(ticket: str, action: str, alarm: AlarmView, comment: str, for_s: int) -> Request:
    """An action of OPC UA Part 9 on an alarm. Raises KeyError for another one."""
    if action not in ALARM_ACTIONS:
        raise KeyError(action)
    return Request(ticket=ticket, method=action, group=alarm.group, alarm=alarm, comment=comment, for_ms=for_s * 1000)


def _fitted(wanted: tuple[Variable, ...], given: Mapping[str, Any]) -> tuple[tuple[Kind, Value], ...]:
    """The inputs in the method's order; one that is not given is nothing. Raises ValueError for one that there is none
    of, or of another kind."""
    known = {each.name: each.kind for each in wanted}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"there is no input {name}")
        if type(value) is not type(_NOTHING[known[name]]):
            raise ValueError(f"{name} is {known[name].value}, not {value!r}")
    return tuple((each.kind, given.get(each.name, _NOTHING[each.kind])) for each in wanted)
