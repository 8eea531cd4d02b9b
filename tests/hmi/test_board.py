"""The board paints only what has changed, and shows at any time what a board would show that is painted anew."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hmi import theme
from hmi.board import Board
from hmi.model import AlarmView, GroupView, Priority, Quality, Stamp
from hmi.tile import Grouping, arranged, tile_of
from hmi.tile_painter import Trace
from tests.hmi import plant

Groups = dict[str, tuple[GroupView, tuple[AlarmView, ...]]]

SIZE = 520, 420
TRACES = {"tanks": Trace(ages_ms=(10.0, 90.0, 20.0), limit_ms=100.0)}


def _groups() -> Groups:
    return {name: (plant.group(name), ()) for name in ("tanks", "boiler", "crane")}


def _changed(groups: Groups, name: str, **changed: object) -> Groups:
    group, alarms = groups[name]
    return groups | {name: (replace(group, **changed), alarms)}  # type: ignore[arg-type]


def _show(board: Board, groups: Groups, *, stale: bool = False) -> None:
    tiles = [tile_of(group, alarms) for group, alarms in groups.values()]
    board.show_tiles(arranged(tiles, Grouping.NONE), stale=stale)


def _standby_behind(groups: Groups) -> Groups:
    nodes = groups["tanks"][0].nodes
    return _changed(groups, "tanks", nodes=(nodes[0], replace(nodes[1], in_rpo="false", ready="false")))


def _node_dead(groups: Groups) -> Groups:
    nodes = groups["boiler"][0].nodes
    return _changed(groups, "boiler", nodes=(replace(nodes[0], liveness="dead"), nodes[1]))


def _alarmed(groups: Groups) -> Groups:
    return groups | {"crane": (groups["crane"][0], (plant.alarm("crane", "a", Priority.HIGH),))}


def _other_arming(groups: Groups) -> Groups:
    return _changed(groups, "crane", arming="observe")


def _news(groups: Groups) -> Groups:
    return _changed(groups, "tanks", standing="settling")


def _loud_news(groups: Groups) -> Groups:
    return _changed(groups, "tanks", concern="a very long concern that does not fit into the width of any tile at all")


def _doubtful(groups: Groups) -> Groups:
    return _changed(groups, "tanks", stamp=Stamp(quality=Quality.UNCERTAIN, at_ms=1))


CHANGES = (_standby_behind, _node_dead, _alarmed, _other_arming, _news, _loud_news, _doubtful)


@pytest.fixture
def make_board(qtbot: QtBot) -> Callable[[], Board]:
    """Makes boards that stand on the screen."""

    def make() -> Board:
        made = Board()
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # only one of two can have the keyboard, and it would show
        qtbot.addWidget(made)
        made.resize(*SIZE)
        made.show()
        qtbot.waitExposed(made)
        return made

    return make


def _on_screen(board: Board) -> QImage:
    """What has been painted, without painting anything for it."""
    QApplication.processEvents()
    return QApplication.primaryScreen().grabWindow(board.winId()).toImage()


@pytest.mark.usefixtures("palette")
@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_and_back_the_screen_is_as_if_it_were_painted_anew(
    make_board: Callable[[], Board], change: Callable[[Groups], Groups]
) -> None:
    board, groups = make_board(), _groups()
    _show(board, groups)
    board.show_traces(TRACES)
    first = _on_screen(board)
    _show(board, change(groups))
    changed = _on_screen(board)
    assert changed != first
    fresh = make_board()
    _show(fresh, change(groups))
    fresh.show_traces(TRACES)
    assert _on_screen(fresh) == changed
    _show(board, groups)
    assert _on_screen(board) == first


def test_a_trace_that_comes_moves_and_goes(make_board: Callable[[], Board]) -> None:
    board, groups = make_board(), _standby_behind(_groups())
    _show(board, groups)
    without = _on_screen(board)
    board.show_traces(TRACES)
    first = _on_screen(board)
    board.show_traces({"tanks": Trace(ages_ms=(90.0, 20.0, 80.0), limit_ms=100.0)})
    assert len({bytes(each.constBits()) for each in (without, first, _on_screen(board))}) == 3
    board.show_traces(TRACES)
    assert _on_screen(board) == first
    board.show_traces({})
    assert _on_screen(board) == without


def test_what_is_stale_looks_so_and_comes_back(make_board: Callable[[], Board]) -> None:
    board, groups = make_board(), _groups()
    _show(board, groups)
    first = _on_screen(board)
    _show(board, groups, stale=True)
    assert _on_screen(board) != first
    _show(board, groups)
    assert _on_screen(board) == first


def test_another_palette_leaves_nothing_of_the_one_before(make_board: Callable[[], Board], qapp: QApplication) -> None:
    board, groups = make_board(), _alarmed(_groups())
    _show(board, groups)
    light = _on_screen(board)
    theme.use(qapp, "dark")
    dark = _on_screen(board)
    fresh = make_board()
    _show(fresh, groups)
    assert _on_screen(fresh) == dark
    theme.use(qapp, "light")
    assert _on_screen(board) == light


def test_the_choice_is_seen_where_it_is(make_board: Callable[[], Board]) -> None:
    board, groups = make_board(), _groups()
    _show(board, groups)
    first = _on_screen(board)
    board.choose("crane")
    assert _on_screen(board) != first
    board.choose("tanks")
    assert _on_screen(board) == first
