"""Python's cyclic garbage is collected by the GUI's thread alone.

The interpreter collects in whatever thread happens to allocate. A widget that is part of a cycle would then be
destroyed by the thread of the session, and Qt does not survive that: only the GUI's thread may destroy what is its own.
"""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

_LOOK_MS: Final = 500
_LOOKS_TO_ALL: Final = 20  # all of it takes tens of milliseconds, so that it is not done at each look
_YOUNG, _ALL = 1, 2


class Collector(QObject):
    """While it lives the interpreter does not collect by itself, and this does so from Qt's event loop. To be made in
    the GUI's thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._looks = 0
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_LOOK_MS)

    def look(self) -> None:
        """Collect the young, and every now and then all."""
        self._looks += 1
        gc.collect(_ALL if self._looks % _LOOKS_TO_ALL == 0 else _YOUNG)
        if self._looks == _LOOKS_TO_ALL:
            # What stands by now are modules and the window: never garbage, and most of what a look at all would see.
            gc.freeze()

    def end(self) -> None:
        """Leave it to the interpreter again."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()
