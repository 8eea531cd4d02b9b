from typing import Any

import pytest

from otha.core.watch import sync
from otha.core.watch.node import NodeWatch
from otha.core.words import Verdict
from tests.core.build import MS, reading


def node(seen_at: int = 1_000 * MS, **said: Any) -> NodeWatch:
    return NodeWatch(seen_at=seen_at, reading=reading(**said))


def lag_ms(active: NodeWatch, standby: NodeWatch, until_ms: int) -> int | None:
    lag = sync.lag_ns(active, standby, cycle_ns=10 * MS, unseen_until=until_ms * MS)
    return None if lag is None else lag // MS


@pytest.mark.parametrize(
    ("position", "acked", "until_ms", "expected"),
    [
        (100, 100, 1_000, 0),
        (100, 97, 1_000, 30),
        (100, 97, 1_050, 80),
        (100, 105, 1_000, 0),
        (100, 105, 1_020, 20),
        (100, 97, 900, 30),
    ],
)
def test_the_lag_is_what_is_not_acknowledged_and_the_time_unseen(
    position: int, acked: int, until_ms: int, expected: int
) -> None:
    assert lag_ms(node(position=position), node(acked=acked), until_ms) == expected


@pytest.mark.parametrize(
    ("active", "standby"),
    [
        (node(position=None), node()),
        (node(), node(acked=None)),
        (node(seen_at=0), node()),
        (node(), node(seen_at=0)),
    ],
)
def test_what_was_never_said_is_unknown(active: NodeWatch, standby: NodeWatch) -> None:
    assert lag_ms(active, standby, 1_000) is None


@pytest.mark.parametrize(
    ("lag", "rpo", "verdict"),
    [
        (200 * MS, 200 * MS, Verdict.TRUE),
        (200 * MS + 1, 200 * MS, Verdict.FALSE),
        (None, 200 * MS, Verdict.UNKNOWN),
        (None, None, Verdict.TRUE),
        (10**12, None, Verdict.TRUE),
    ],
)
def test_unknown_is_no_sync_unless_the_controller_holds_all_values(
    lag: int | None, rpo: int | None, verdict: Verdict
) -> None:
    assert sync.in_rpo(lag, rpo) is verdict
