"""What an item compares the next value with."""

from typing import Any

import pytest
from asyncua import ua as asyncua_ua
from asyncua.server.monitored_item_service import MonitoredItemService

from otha.interface.items import _LastValue

ua: Any = asyncua_ua  # Any: its annotations ask for aliases of int, str and datetime where it takes these.


def _value(inner: Any) -> Any:  # Any: a value, and its DataValue
    return ua.DataValue(ua.Variant(inner))


def _is_another(last: _LastValue) -> bool:
    return MonitoredItemService._is_data_changed(last, ua.DataChangeTrigger.StatusValue)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), (True, False), (3, 4), (["a"], ["b"])])
def test_another_value_is_told_from_the_same_one(one: object, other: object) -> None:
    last = _LastValue()
    last.set_current_datavalue(_value(one))
    assert _is_another(last)
    last.set_current_datavalue(_value(one))
    assert not _is_another(last)
    last.set_current_datavalue(_value(other))
    assert _is_another(last)


def test_another_status_is_another_value() -> None:
    last = _LastValue()
    last.set_current_datavalue(_value("a"))
    last.set_current_datavalue(ua.DataValue(ua.Variant("a"), ua.StatusCode(ua.StatusCodes.UncertainLastUsableValue)))
    assert _is_another(last)


def test_a_list_that_its_writer_changes_is_still_compared_with_what_it_was() -> None:
    last, texts = _LastValue(), ["a"]
    last.set_current_datavalue(_value(texts))
    texts.append("b")
    last.set_current_datavalue(_value(texts))
    assert _is_another(last)
