"""Recorded heartbeats: which network they met, and what each detector would have said."""

from pathlib import Path

import pytest

from otha.core import codec
from otha.core.config import FixedDetector
from otha.core.errors import EngineerError
from otha.core.inputs import HeartbeatEnded
from otha.core.supervision import Supervision
from otha.core.words import Answer
from otha.journal.recorder import Recorder
from otha.journal.recording import Header
from otha.site.load import load_site
from otha.verify.study import recorded, rules

SITE = Path(__file__).parents[3] / "sim" / "sites" / "two_tanks.toml"
MS = 1_000_000
START = 10**15  # a machine that has been up for days


def _record(folder: Path, lost: range, *, only: tuple[str, ...]) -> None:
    """A thousand heartbeats of 50 ms on every channel; those in `lost` are missed on the channels of `only`."""
    cfg = load_site(SITE).core
    core = Supervision(cfg, START)
    header = Header(code_version="0", site_hash="0", python_version="3", snapshot=core.snapshot())
    with Recorder(folder, header, capture=lambda: core.snapshot) as recorder:
        for number in range(1_000):
            for at, channel in enumerate(cfg.channels):
                sent = START + number * channel.period_ns + at * MS
                gone = number in lost and channel.name in only
                answer = Answer.MISSED if gone else Answer.REPLIED
                ended = sent + (channel.deadline_ns if gone else (3 + number % 2) * MS)
                raw = HeartbeatEnded(channel=channel.name, answer=answer, reading=None)
                recorder.input(ended, codec.encode_input(raw))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    _record(folder, range(400, 410), only=("sc_a.net_a", "sc_a.net_b", "sc_b.net_a"))
    return folder


def test_the_recorded_network_is_described(recording: Path) -> None:
    by_channel = {track.channel: recorded.quality(track) for track in recorded.tracks(recording)}
    poor, good = by_channel["sc_a.net_a"], by_channel["sc_b.net_b"]
    assert (poor.heartbeats, poor.missed, poor.runs, poor.longest_run) == (1_000, 10, 1, 10)
    assert poor.loss == pytest.approx(0.01)
    assert poor.lost_after_lost == pytest.approx(0.9)
    assert good.missed == 0
    assert [round(ns / MS) for ns in good.slower_ns] == [1, 1, 1]


def test_each_detector_says_what_it_would_have_said(recording: Path) -> None:
    found = recorded.verdicts(recorded.tracks(recording), rules.beside(50 * MS))
    said = {(each.node, each.detector): each.spells for each in found}
    assert {node for node, _ in said} == {"sc_a", "sc_b"}
    in_use = said["sc_a", "in use: 3 misses"]
    # Lost with the third miss of the later channel, until the first answer after ten.
    assert len(in_use) == 1
    assert int(in_use.begin[0]) == START + 402 * 50 * MS + 40 * MS + 1 * MS
    assert int(in_use.end[0]) == START + 410 * 50 * MS + 3 * MS
    assert len(said["sc_b", "in use: 3 misses"]) == 0
    assert all(len(spells) == 1 for (node, _), spells in said.items() if node == "sc_a")


def test_a_new_run_is_no_silence(recording: Path, tmp_path: Path) -> None:
    for _ in range(2):
        _record(tmp_path, range(0), only=())
    tracks = recorded.tracks(tmp_path)
    assert [track.number for track in tracks if track.channel == "sc_a.net_a"] == [0, 1]
    assert not any(len(each.spells) for each in recorded.verdicts(tracks, rules.beside(50 * MS)))


def test_a_csv_file_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "heartbeats.csv"
    lines = ["channel,at_ms,answer"]
    lines += [
        f"a,{1000 * n + (800 if 50 <= n < 54 else 12.5)},{'missed' if 50 <= n < 54 else 'replied'}" for n in range(100)
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    (track,) = recorded.tracks(file)
    assert track.heard().period_ns == 1_000 * MS
    found = recorded.verdicts([track], [("3", FixedDetector(misses=3)), ("5", FixedDetector(misses=5))])
    assert [len(each.spells) for each in found] == [1, 0]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("channel,at_ms\na,1\n", "no columns"),
        ("channel,at_ms,answer\na,1,perhaps\n", ":2: not a channel"),
        ("channel,at_ms,answer\na,nan,replied\n", ":2: not a channel"),
        ("channel,at_ms,answer\na,5,replied\na,4,replied\n", ":3: earlier"),
        ("channel,at_ms,answer\na,5,replied\n", "no channel with"),
    ],
)
def test_a_csv_file_that_is_wrong_is_refused_with_the_place(tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "x.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(EngineerError, match=what):
        recorded.tracks(file)


def test_late_replies_are_no_heartbeats_of_their_own(recording: Path) -> None:
    track = next(each for each in recorded.tracks(recording) if each.channel == "sc_b.net_b")
    before = recorded.quality(track)
    track.end(Answer.LATE, track.at[-1] + MS)
    seen = recorded.quality(track)
    assert (before.heartbeats, before.late) == (1_000, 0)
    assert (seen.heartbeats, seen.late) == (1_000, 1)
