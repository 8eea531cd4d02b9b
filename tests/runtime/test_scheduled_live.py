"""A failback in its window, live: the supervisor reads the wall clock, the core decides, and the recording replays."""

from pathlib import Path

from otha.core.words import OrderKind
from otha.journal.reader import Query, Reader
from tests.runtime.test_supervisor import _replayed, _switched, plant, supervising, wait_for

__all__ = ["plant"]  # the fixture

WRITTEN = "failback = { hold_s = 4 }"
SCHEDULED = 'failback = { mode = "scheduled", window = ["daily 00:00-24:00"], hold_s = 1 }'


def test_the_preferred_node_gets_the_role_back_in_its_window(plant: Path, tmp_path: Path) -> None:
    text = plant.read_text(encoding="utf-8")
    assert WRITTEN in text
    plant.write_text(text.replace(WRITTEN, SCHEDULED), encoding="utf-8")
    state = tmp_path / "state"
    with supervising(plant, state) as running:
        wait_for("adopted", lambda: running.follows("sc_a", "sc_b"))
        wait_for("the other one drives", lambda: _switched(running, "sc_b"))
        assert running.group()["failback"]["windows"] == ["daily 00:00-24:00"]

        def back() -> bool:
            # The hold-off, and what a stall of a busy machine ended, must not keep it back for longer than the test.
            running.order(OrderKind.ACKNOWLEDGE)
            return running.follows("sc_a") is not None

        wait_for("it went back by itself", back)
        running.process.terminate()
        assert running.process.wait(60) == 0
    with Reader(state / "journal") as reader:
        assert list(reader.query(Query(kind="decision", text='"failback","sc_b","sc_a","scheduled"')))
    assert _replayed(state / "recordings") > 0
