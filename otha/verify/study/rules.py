"""What is studied: the usual ways of judging side by side at heartbeats of one second, or those of a site's groups."""

from otha.core.config import AdaptiveDetector, ChannelConfig, FixedDetector, GroupConfig
from otha.core.words import Authority
from otha.site.model import Site
from otha.verify.study.judged import Detector
from otha.verify.study.network import SECOND_NS
from otha.verify.study.run import Rule, Setting

_WINDOW = 100  # as a site file that says nothing
# As a site file that says nothing: a deadline of 4/5 of the period, three misses.
_DEADLINE_NS = SECOND_NS * 4 // 5
_MISSES = 3


def usual() -> tuple[Setting, ...]:
    """Counted misses, expected arrivals, and several channels or observers, at a period of one second."""
    counted = FixedDetector(misses=_MISSES)
    rules = [Rule(name=f"{misses} misses", detector=FixedDetector(misses=misses)) for misses in (2, 3, 4, 5)]
    rules += [Rule(name=f"adaptive, margin {margin} s", detector=_adaptive(margin * SECOND_NS)) for margin in (2, 3, 4)]
    rules += [
        Rule(name=f"{needed} of {many} channels, {_MISSES} misses", detector=counted, channels=many, needed=needed)
        for needed, many in ((2, 2), (2, 3), (3, 3))
    ]
    return (Setting(period_ns=SECOND_NS, deadline_ns=_DEADLINE_NS, networks=(0, 1, 2), rules=tuple(rules)),)


def _adaptive(margin_ns: int) -> AdaptiveDetector:
    return AdaptiveDetector(window=_WINDOW, margin_ns=margin_ns)


def of_site(site: Site) -> tuple[Setting, ...]:
    """Each way in which the site's groups judge their nodes, once, with the groups that do so."""
    found: dict[tuple[int, int, tuple[int, ...]], dict[tuple[Detector, int], list[str]]] = {}
    channels = {channel.name: channel for channel in site.core.channels}
    for group in site.core.groups:
        for node in group.nodes:
            own = [channels[name] for name in node.channels]
            if not own:
                continue
            heard_so = (own[0].period_ns, own[0].deadline_ns, _networks(site, own))
            judged_so = (own[0].detector, _confirm_ns(group))
            names = found.setdefault(heard_so, {}).setdefault(judged_so, [])
            if group.name not in names:
                names.append(group.name)
    return tuple(
        Setting(
            period_ns=period_ns,
            deadline_ns=deadline_ns,
            networks=networks,
            rules=tuple(
                Rule(
                    name=f"{', '.join(names)}: {_said(detector, networks, confirm_ns)}",
                    detector=detector,
                    channels=len(networks),
                    needed=len(networks),
                    confirm_ns=confirm_ns,
                    groups=tuple(names),
                )
                for (detector, confirm_ns), names in rules.items()
            ),
        )
        for (period_ns, deadline_ns, networks), rules in found.items()
    )


def _networks(site: Site, own: list[ChannelConfig]) -> tuple[int, ...]:
    """Which channels share a network: numbers in the order in which they come."""
    by_name = {channel.name: channel.network for node in site.nodes for channel in node.channels}
    names = [by_name[channel.name] for channel in own]
    order = list(dict.fromkeys(names))
    return tuple(order.index(name) for name in names)


def _confirm_ns(group: GroupConfig) -> int:
    """A pair that switches itself confirms nothing of OTHA's."""
    return group.timing.confirm_ns if group.authority is Authority.OTHA else 0


def _said(detector: Detector, networks: tuple[int, ...], confirm_ns: int) -> str:
    match detector:
        case FixedDetector(misses=misses):
            how = f"{misses} misses"
        case AdaptiveDetector(margin_ns=margin_ns):
            how = f"adaptive, margin {margin_ns / 1e6:g} ms"
    many, apart = len(networks), len(set(networks))
    over = f"{many} channel{'' if many == 1 else 's'}"
    if many > 1:
        over += f" over {'one network' if apart == 1 else f'{apart} networks'}"
    return f"{how}, {over}, confirmed for {confirm_ns / 1e6:g} ms"


def beside(period_ns: int) -> tuple[tuple[str, Detector], ...]:
    """What recorded heartbeats are judged by beside the detector in use."""
    counted = [(f"{misses} misses", FixedDetector(misses=misses)) for misses in (2, 3, 4, 5)]
    expected = [
        (f"adaptive, margin {margin * period_ns / 1e6:g} ms", _adaptive(margin * period_ns)) for margin in (2, 3, 4)
    ]
    return (*counted, *expected)
