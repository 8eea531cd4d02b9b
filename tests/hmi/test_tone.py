"""The tones of the horn as files that stay: a station that is killed leaves nothing new behind."""

import errno
import wave
from pathlib import Path

import pytest

from hmi.tone import kept


@pytest.mark.parametrize("priority", ["critical", "high", "medium", "low"])
def test_a_tone_is_a_short_sound(priority: str, tmp_path: Path) -> None:
    with wave.open(str(kept(priority, tmp_path / "cache"))) as sound:
        seconds = sound.getnframes() / sound.getframerate()
        loudest = max(abs(int.from_bytes(sound.readframes(1), "little", signed=True)) for _ in range(2000))
    assert 0.1 < seconds < 1
    assert loudest > 1000


def test_a_tone_is_made_once_and_nothing_else_is_left(tmp_path: Path) -> None:
    first = kept("high", tmp_path)
    made = first.stat().st_mtime_ns
    assert kept("high", tmp_path) == first
    assert first.stat().st_mtime_ns == made
    assert [each.name for each in tmp_path.iterdir()] == ["high.wav"]


def test_a_damaged_tone_is_made_anew(tmp_path: Path) -> None:
    whole = kept("high", tmp_path).read_bytes()
    for damaged in (b"", whole[:100], whole[:-1] + b"\0\0"):
        (tmp_path / "high.wav").write_bytes(damaged)
        assert kept("high", tmp_path).read_bytes() == whole
    assert [each.name for each in tmp_path.iterdir()] == ["high.wav"]


def test_a_tone_that_can_not_be_kept_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_part: Path, file: Path) -> None:
        raise OSError(errno.ENOSPC, "no space", str(file))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="no space"):
        kept("high", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_more_urgent_one_sounds_different(tmp_path: Path) -> None:
    assert kept("critical", tmp_path).read_bytes() != kept("high", tmp_path).read_bytes()
