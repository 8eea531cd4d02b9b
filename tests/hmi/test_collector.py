"""Garbage with widgets in it goes in the GUI's thread, whoever allocates."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from hmi.collector import Collector


@pytest.fixture
def collector(qapp: QApplication) -> Iterator[Collector]:
    owner = QObject()
    gc.enable()
    made = Collector(owner)
    yield made
    made.end()
    assert gc.isenabled()
    gc.disable()


def allocate() -> None:
    """More than any threshold of the interpreter's."""
    for _ in range(50):
        assert len([[] for _ in range(2_000)]) == 2_000


def cycle() -> "weakref.ref[QWidget]":
    """A widget that nothing but itself holds."""
    widget = QWidget()
    widget.mine = widget  # type: ignore[attr-defined] # what makes the cycle
    return weakref.ref(widget)


def test_another_thread_collects_no_widget_and_the_gui_does(collector: Collector) -> None:
    held = cycle()
    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert held() is not None
    for _ in range(20):  # looks, of which the last is at everything
        collector.look()
    assert held() is None
