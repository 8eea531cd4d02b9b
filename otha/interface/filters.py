"""Which filters of monitored items are taken: those that can be answered, at a price that is known before.

asyncua evaluates what it is given, for every event: elements that refer to each other twice double the work with each
of them, and a field that it can't name raises within the one who tells. A filter is judged here when it comes.
"""

from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.common.events import Event
from asyncua.ua.status_codes import StatusCodes

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_FIELDS_MAX: Final = 250
_ELEMENTS_MAX: Final = 100
_PATH_MAX: Final = 10
_COST_MAX: Final = 500
_DATA_CHANGE: Final = ua.NodeId(ua.ObjectIds.DataChangeFilter)
_NOT_FIELDS: Final = frozenset(dir(Event())) - frozenset(Event().data_types)  # what asyncua's event has besides
_OPERATORS: Final = frozenset(
    {
        ua.FilterOperator.Equals,
        ua.FilterOperator.IsNull,
        ua.FilterOperator.GreaterThan,
        ua.FilterOperator.LessThan,
        ua.FilterOperator.GreaterThanOrEqual,
        ua.FilterOperator.LessThanOrEqual,
        ua.FilterOperator.Not,
        ua.FilterOperator.Between,
        ua.FilterOperator.InList,
        ua.FilterOperator.And,
        ua.FilterOperator.Or,
        ua.FilterOperator.OfType,
    }
)


def judge(wanted: Any, *, events: bool) -> int:
    """The StatusCode of a filter for an item of events, or of values."""
    if not events:
        # A null one is false. asyncua decodes a class of its own that is not the one that it shows.
        sound = not wanted or getattr(wanted, "data_type", None) == _DATA_CHANGE
        return StatusCodes.Good if sound else StatusCodes.BadFilterNotAllowed
    if type(wanted) is not ua.EventFilter:
        return StatusCodes.BadEventFilterInvalid
    sound = len(wanted.SelectClauses) <= _FIELDS_MAX and all(_names_field(each) for each in wanted.SelectClauses)
    cost = _where_cost(wanted.WhereClause.Elements)
    return StatusCodes.Good if sound and cost is not None else StatusCodes.BadEventFilterInvalid


def cost(wanted: Any) -> int:
    """What telling an event costs that passes this filter, which has been judged: in fields and operands."""
    return len(wanted.SelectClauses) + (_where_cost(wanted.WhereClause.Elements) or 0)


def _names_field(clause: Any) -> bool:
    names = [each.Name for each in clause.BrowsePath]
    if not names:
        return clause.AttributeId in tuple(ua.AttributeIds)
    return len(names) <= _PATH_MAX and all(names) and "/".join(names) not in _NOT_FIELDS


def _where_cost(elements: list[Any]) -> int | None:
    """How many operands are looked at, at most; None for a clause that is none (OPC UA Part 4, 7.7.4.2: an element
    refers to later ones only)."""
    if len(elements) > _ELEMENTS_MAX:
        return None
    costs: dict[int, int] = {}
    for index in reversed(range(len(elements))):
        if elements[index].FilterOperator not in _OPERATORS:
            return None
        price = 1
        for operand in elements[index].FilterOperands:
            if not isinstance(operand, ua.ElementOperand):
                price += 1
            elif operand.Index in costs:
                price += costs[operand.Index]
            else:
                return None
        if price > _COST_MAX:
            return None
        costs[index] = price
    return costs.get(0, 0)
