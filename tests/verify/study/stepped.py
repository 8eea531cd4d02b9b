"""The same heartbeats given one by one to `otha.core.watch`, as the supervisor does: what the columns must equal."""

from collections.abc import Sequence

from otha.core.config import ChannelConfig
from otha.core.watch import channel, node
from otha.core.watch.channel import ChannelWatch
from otha.core.watch.node import NodeWatch
from otha.core.words import Answer, Liveness, Pulse
from otha.verify.study.heard import NEVER
from otha.verify.study.judged import Detector
from otha.verify.study.network import Replies

Found = list[tuple[int, int]]


def ended(replies: Replies) -> list[tuple[int, int, Answer]]:
    """Every end of a heartbeat in the order of time; what comes late comes after what ends at the same moment."""
    events = []
    for number, delay in enumerate(replies.delay.tolist()):
        sent = replies.first_ns + number * replies.period_ns
        if delay <= replies.deadline_ns:
            events.append((sent + delay, 0, Answer.REPLIED))
            continue
        events.append((sent + replies.deadline_ns, 0, Answer.MISSED))
        if delay < NEVER:
            events.append((sent + delay, 1, Answer.LATE))
    return sorted(events, key=lambda event: event[:2])


def judged(detector: Detector, replies: Sequence[Replies]) -> tuple[list[Found], Found]:
    """When each channel was LOST, and when the node was DEAD, by one step of the core after another."""
    until = min(each.first_ns + len(each.delay) * each.period_ns for each in replies)
    cfgs = [
        ChannelConfig(
            name=f"n.{at}", node="n", period_ns=each.period_ns, deadline_ns=each.deadline_ns, detector=detector
        )
        for at, each in enumerate(replies)
    ]
    watches = [ChannelWatch() for _ in replies]
    lost: list[Found] = [[] for _ in replies]
    dead: Found = []
    n = NodeWatch()
    events = sorted(
        ((at_ns, order, place, answer) for place, each in enumerate(replies) for at_ns, order, answer in ended(each)),
        key=lambda event: event[:3],
    )

    def take(place: int, w: ChannelWatch, at_ns: int, *, answered: bool) -> None:
        nonlocal n
        was, watches[place] = watches[place], w
        before = n.verdict.liveness
        if w.pulse is not was.pulse:
            _mark(lost[place], at_ns, now=w.pulse is Pulse.LOST, before=was.pulse is Pulse.LOST)
            n = node.from_pulses(n, tuple([each.pulse for each in watches]))
        if answered:
            n = node.answered(n)
        after = n.verdict.liveness
        if after is not before:
            _mark(dead, at_ns, now=after is Liveness.DEAD, before=before is Liveness.DEAD)

    def due(at_ns: int) -> None:
        while waiting := [(w.due, place) for place, w in enumerate(watches) if w.due is not None and w.due <= at_ns]:
            wake, place = min(waiting)
            take(place, channel.expire(watches[place], wake), wake, answered=False)

    for at_ns, _, place, answer in events:
        due(at_ns)
        w = channel.watch(cfgs[place], watches[place], answer, at_ns)
        take(place, w, at_ns, answered=answer is not Answer.MISSED)
    due(until)
    return [[spell for spell in each if spell[0] < until] for each in lost], dead


def _mark(found: Found, at_ns: int, *, now: bool, before: bool) -> None:
    if now and not before:
        found.append((at_ns, 0))
    elif before and not now:
        found[-1] = (found[-1][0], at_ns)
