"""An outlet as the supervisor sees it: a process that shows OTHA to others and can order nothing."""

import time
from typing import Final

from otha.runtime.interface.fed import Book, Diet, FedProcess, Status
from otha.runtime.kept_process import Pace
from otha.wire import outlet as wire
from otha.wire.codec import Reader
from otha.wire.interface import STATUS_MAX
from otha.wire.message import Json

_PACE: Final = Pace(backoff_first_s=0.5, backoff_max_s=60.0, steady_s=60.0, ready_s=60.0)
_DIET: Final = Diet(every_s=1.0, share=20, unsent_max=STATUS_MAX + (1 << 20))
_REMARKS_BURST: Final = 20
_REMARK_EVERY_S: Final = 30.0  # then no more often: what an outlet meets must not fill the journal
_TEXT_MAX: Final = 300


class Outlet(FedProcess[wire.FromOutlet]):
    """One outlet. `setup` is its first message; `is_last`: it has to tell how everything else has ended."""

    def __init__(
        self,
        name: str,
        module: str,
        setup: wire.ToOutlet,
        book: Book,
        status: Status | None,
        *,
        is_last: bool = False,
    ) -> None:
        super().__init__(name, module, book, status, _PACE, _DIET, ends_itself=is_last)
        self.counted: Json = {}
        self.is_last = is_last
        self._setup = setup
        self._remarks_left = float(_REMARKS_BURST)
        self._remarked_at = time.monotonic()

    def ping(self) -> bytes:
        return wire.to_outlet(wire.Ping())

    def told(self) -> Json:
        return {**super().told(), "counted": dict(self.counted)}

    def _new_reader(self) -> Reader[wire.FromOutlet]:
        return wire.reader_at_supervisor()

    def _setup_frame(self) -> bytes:
        return wire.to_outlet(self._setup)

    def _state_frame(self, wall_ns: int, status: Json) -> bytes:
        return wire.to_outlet(wire.State(status=status))

    def _says(self, message: wire.FromOutlet) -> None:
        match message:
            case wire.Working(where=where):
                self.where = where[:_TEXT_MAX]
                self._book.log("info", self.name, works=self.where)
                self._book.note(f"{self.name}.start", {"where": self.where}, "")
            case wire.Failed(what=what, mend=mend):
                self._kept.trouble = f"{what} ({mend})" if mend else what
            case wire.Pong(counted=counted):
                self.counted = {str(name): value for name, value in counted.items() if isinstance(value, int)}
            case wire.Remarked(remark=remark, what=what, count=count):
                if self._may_remark():
                    body = {"what": what[:_TEXT_MAX], "count": count}
                    self._book.log("warning", f"{self.name} {remark.value}", text=what[:_TEXT_MAX], count=count)
                    self._book.note(f"{self.name}.{remark.value}", body, "")

    def _may_remark(self) -> bool:
        now = time.monotonic()
        since, self._remarked_at = now - self._remarked_at, now
        self._remarks_left = min(self._remarks_left + since / _REMARK_EVERY_S, float(_REMARKS_BURST))
        if self._remarks_left < 1:
            return False
        self._remarks_left -= 1
        return True
