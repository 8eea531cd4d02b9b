from dataclasses import replace

import pytest

from otha.core.config import AdaptiveDetector, ChannelConfig
from otha.core.watch import channel
from otha.core.watch.channel import ChannelWatch
from otha.core.words import Answer, Pulse
from tests.core.build import MS, channel_config

FIXED = channel_config("a", "net_a")
ADAPTIVE = replace(FIXED, detector=AdaptiveDetector(window=4, margin_ns=100 * MS))


def after(answers: list[Answer]) -> list[Pulse]:
    w, pulses = ChannelWatch(), []
    for number, answer in enumerate(answers):
        w = channel.watch(FIXED, w, answer, number * 50 * MS)
        pulses.append(w.pulse)
    return pulses


def test_a_reply_is_on_time() -> None:
    assert after([Answer.REPLIED]) == [Pulse.ON_TIME]


def test_misses_are_late_then_lost() -> None:
    assert after([Answer.REPLIED, *[Answer.MISSED] * 4]) == [
        Pulse.ON_TIME,
        Pulse.LATE,
        Pulse.LATE,
        Pulse.LOST,
        Pulse.LOST,
    ]


def test_a_channel_never_heard_is_unknown_until_it_is_lost() -> None:
    assert after([Answer.MISSED] * 3) == [Pulse.UNKNOWN, Pulse.UNKNOWN, Pulse.LOST]


def test_garbled_answers_count_as_misses() -> None:
    assert after([Answer.REPLIED, *[Answer.GARBLED] * 3])[-1] is Pulse.LOST


@pytest.mark.parametrize("answer", [Answer.LATE, Answer.BUSY])
def test_a_late_or_busy_answer_is_no_death_and_starts_the_count_anew(answer: Answer) -> None:
    assert after([Answer.REPLIED, Answer.MISSED, Answer.MISSED, answer, Answer.MISSED, Answer.MISSED]) == [
        Pulse.ON_TIME,
        Pulse.LATE,
        Pulse.LATE,
        Pulse.LATE,
        Pulse.LATE,
        Pulse.LATE,
    ]


@pytest.mark.parametrize("cfg", [FIXED, ADAPTIVE], ids=["fixed", "adaptive"])
@pytest.mark.parametrize(
    "before", [[], [Answer.REPLIED], [Answer.REPLIED, Answer.MISSED], [Answer.REPLIED, *[Answer.MISSED] * 9]], ids=len
)
def test_a_blind_end_changes_no_verdict(cfg: ChannelConfig, before: list[Answer]) -> None:
    w, now = ChannelWatch(), 0
    for answer in before:
        now += 50 * MS
        w = channel.watch(cfg, w, answer, now)
    blind = w
    for number in range(1, 10):
        blind = channel.watch(cfg, blind, Answer.BLIND, now + number * 50 * MS)
    assert (blind.pulse, blind.misses) == (w.pulse, w.misses)


def test_misses_between_blind_ends_add_up() -> None:
    assert after([Answer.REPLIED, *[Answer.MISSED, Answer.BLIND] * 3])[-1] is Pulse.LOST


def test_the_adaptive_detector_goes_on_in_its_rhythm_after_blind_ends() -> None:
    w = ChannelWatch()
    for number in range(4):
        w = channel.watch(ADAPTIVE, w, Answer.REPLIED, number * 50 * MS)
    for number in range(4, 24):
        w = channel.watch(ADAPTIVE, w, Answer.BLIND, number * 50 * MS)
    assert w.due is not None
    assert w.due >= 24 * 50 * MS
    assert channel.watch(ADAPTIVE, w, Answer.REPLIED, 24 * 50 * MS).due == 25 * 50 * MS + 100 * MS


def test_one_reply_brings_a_lost_channel_back_and_the_misses_are_forgotten() -> None:
    answers = [*[Answer.MISSED] * 3, Answer.REPLIED, Answer.MISSED, Answer.MISSED]
    assert after(answers)[3:] == [Pulse.ON_TIME, Pulse.LATE, Pulse.LATE]


def test_an_unchanged_good_channel_is_the_very_same_value() -> None:
    w = channel.watch(FIXED, ChannelWatch(), Answer.REPLIED, 0)
    assert channel.watch(FIXED, w, Answer.REPLIED, 50 * MS) is w


def arrivals(*at_ms: int) -> ChannelWatch:
    w = ChannelWatch()
    for at in at_ms:
        w = channel.watch(ADAPTIVE, w, Answer.REPLIED, at * MS)
    return w


def test_the_adaptive_detector_expects_the_next_reply_from_the_mean_of_the_last() -> None:
    # Arrivals less their periods: 1003-50, 1055-100, 1101-150, 1153-200 = 953, 955, 951, 953; mean 953.
    assert arrivals(1_003, 1_055, 1_101, 1_153).due == (953 + 5 * 50 + 100) * MS


def test_the_adaptive_detector_keeps_its_window_only() -> None:
    w = arrivals(1_000, 1_050, 1_100, 1_150, 1_200, 1_250)
    assert len(w.shifted) == 4


def test_the_adaptive_detector_gives_up_at_its_time_and_not_before() -> None:
    w = arrivals(1_000, 1_050)
    assert w.due == 1_200 * MS
    assert channel.expire(w, 1_200 * MS - 1) is w
    lost = channel.expire(w, 1_200 * MS)
    assert (lost.pulse, lost.due) == (Pulse.LOST, None)
    assert channel.expire(lost, 9_999 * MS) is lost


def test_the_adaptive_detector_takes_a_miss_before_its_time_as_late() -> None:
    w = channel.watch(ADAPTIVE, arrivals(1_000, 1_050), Answer.MISSED, 1_140 * MS)
    assert (w.pulse, w.due) == (Pulse.LATE, 1_200 * MS)
    assert channel.watch(ADAPTIVE, w, Answer.MISSED, 1_200 * MS).pulse is Pulse.LOST


def test_the_adaptive_detector_keeps_its_rhythm_through_an_outage() -> None:
    w = arrivals(1_000, 1_050)
    for at in (1_140, 1_190, 1_240, 1_290):
        w = channel.watch(ADAPTIVE, w, Answer.MISSED, at * MS)
    assert w.pulse is Pulse.LOST
    w = channel.watch(ADAPTIVE, w, Answer.REPLIED, 1_300 * MS)
    assert (w.pulse, w.due) == (Pulse.ON_TIME, (950 + 8 * 50 + 100) * MS)


def test_a_late_reply_belongs_to_the_heartbeat_already_counted() -> None:
    w = channel.watch(ADAPTIVE, arrivals(1_000, 1_050), Answer.MISSED, 1_140 * MS)
    w = channel.watch(ADAPTIVE, w, Answer.LATE, 1_145 * MS)
    # The third heartbeat arrived at 1145: 950, 950, 995; mean 965.
    assert (w.pulse, w.ended, w.due) == (Pulse.LATE, 3, (965 + 4 * 50 + 100) * MS)


def test_the_adaptive_detector_gives_a_channel_never_heard_its_margin_too() -> None:
    w, pulses = ChannelWatch(), []
    for number in range(3):
        w = channel.watch(ADAPTIVE, w, Answer.MISSED, number * 50 * MS)
        pulses.append(w.pulse)
    assert pulses == [Pulse.UNKNOWN, Pulse.UNKNOWN, Pulse.LOST]
