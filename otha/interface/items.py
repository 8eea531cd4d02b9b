"""The monitored items of one subscription, with what they cost, and given up one by one without a search.

asyncua looks for an item among all others to delete it: the end of a session with twenty thousand would hold up the
loop for seconds.
"""

from collections.abc import Iterator
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.server.address_space import AddressSpace
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.monitored_item_service import MonitoredItemData, MonitoredItemService, MonitoredItemValues
from asyncua.ua.status_codes import StatusCodes

from otha.interface import filters

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua


# Of these asyncua need not keep a copy, which costs it more than all else that it does for a value.
_NEVER_CHANGED: Final = (str, bool, int, bytes, type(None))


class _LastValue(MonitoredItemValues):
    """The value that an item had last, to tell whether the next one is another."""

    def set_current_datavalue(self, cur_val: Any) -> None:  # Any: a DataValue
        inner = cur_val.Value
        if inner is not None and isinstance(inner.Value, _NEVER_CHANGED):
            # Whoever has written it writes another DataValue the next time.
            self.old_dvalue, self.current_dvalue = self.current_dvalue, cur_val
        else:
            super().set_current_datavalue(cur_val)


class Items(MonitoredItemService):
    """What one subscription monitors. `event_cost`: of its items of events, for each event."""

    def __init__(self, subscription: InternalSubscription, aspace: AddressSpace) -> None:
        super().__init__(subscription, aspace)
        self.event_cost = 0

    def __len__(self) -> int:
        return len(self._monitored_items)

    def __iter__(self) -> Iterator[int]:
        return iter(self._monitored_items)

    def of_events(self, node: Any) -> list[int]:  # Any: a NodeId
        """The items of events of this node."""
        return list(self._monitored_events.get(node, ()))

    async def tell(self, event: Any, item: int) -> None:  # Any: an asyncua event
        """Hand an event to an item. May raise whatever a filter makes asyncua raise."""
        await self._trigger_event(event, item)

    def delete_all_monitored_items(self) -> None:
        self.delete_monitored_items(list(self._monitored_items))

    def _commit_monitored_item(self, result: Any, mdata: MonitoredItemData) -> None:
        mdata.mvalue = _LastValue()
        super()._commit_monitored_item(result, mdata)
        if result.StatusCode.is_good():
            self.event_cost += _event_cost(mdata)

    def _delete_monitored_items(self, mid: int) -> Any:  # Any: a StatusCode
        item = self._monitored_items.pop(mid, None)
        if item is None:
            return ua.StatusCode(StatusCodes.BadMonitoredItemIdInvalid)
        self.event_cost -= _event_cost(item)
        if item.callback_handle is not None:
            self.aspace.delete_datachange_callback(item.callback_handle)
            self._monitored_datachange.pop(item.callback_handle, None)
        elif item.read_value_id is not None:
            node = item.read_value_id.NodeId
            of_node = self._monitored_events.get(node, [])
            if mid in of_node:
                of_node.remove(mid)
            if not of_node:
                self._monitored_events.pop(node, None)
        return ua.StatusCode()


def _event_cost(item: MonitoredItemData) -> int:
    return 0 if item.where_clause_evaluator is None else filters.cost(item.filter)
