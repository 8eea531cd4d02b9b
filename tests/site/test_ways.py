"""Links in the site file: who goes by them, what they grant, and what that makes of the sums."""

from pathlib import Path

import pytest

from otha.core.config import AdaptiveDetector, Allowance, FixedDetector
from otha.site.check import as_data
from otha.site.load import load_site
from otha.site.model import Site
from otha.site.problem import SiteErrors
from tests.site.links_site import VIA, links_text, write

MS = 1_000_000


def loaded(folder: Path, *pairs: tuple[str, str]) -> Site:
    text = links_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return load_site(write(folder, text))


def test_a_channel_knows_what_each_link_grants_it(tmp_path: Path) -> None:
    site = loaded(tmp_path)
    channels = {channel.name: channel for channel in site.core.channels}
    assert channels["sc_a.net_a"].via == "links"
    assert channels["sc_a.net_a"].allowances == (
        Allowance(link="link_x", deadline_ns=150 * MS, detector=FixedDetector(misses=3)),
        Allowance(link="link_y", deadline_ns=390 * MS, detector=FixedDetector(misses=5)),
    )
    assert (channels["link_x.probe"].via, channels["link_x.probe"].allowances) == (None, ())
    (shell,) = [channel for channel in site.channels if channel.name == "sc_a.net_a"]
    assert (shell.deadline_ns, shell.widest_deadline_ns) == (150 * MS, 390 * MS)


def test_an_expecting_detector_gets_as_much_margin_as_deadline(tmp_path: Path) -> None:
    site = loaded(
        tmp_path,
        ("misses = 3, deadline_ms = 150", 'detector = "adaptive", margin_ms = 500, deadline_ms = 150'),
        ("deadline_ms = 390, misses = 5", "deadline_ms = 390"),
    )
    (channel,) = [channel for channel in site.core.channels if channel.name == "sc_a.net_a"]
    assert [each.detector for each in channel.allowances] == [
        AdaptiveDetector(window=100, margin_ns=500 * MS),
        AdaptiveDetector(window=100, margin_ns=740 * MS),
    ]


def test_both_cases_are_shown(tmp_path: Path) -> None:
    site = loaded(tmp_path)
    tanks = next(each for each in as_data(site)["groups"] if each["name"] == "tanks")["worst_case"]
    (over,) = tanks["over"].values()
    assert tanks["heartbeats"]["total_ns"] == (1500 + 150) * MS
    assert over["heartbeats"]["total_ns"] == (2500 + 390) * MS
    assert over["failover"]["total_ns"] - tanks["failover"]["total_ns"] == 1240 * MS
    # A start is looked at for twice the slower detection; a healthy counter may stand still for as long as it is heard.
    assert site.group("tanks").timing.settle_ns == 2 * 2890 * MS
    assert min(node.frozen_after_ns for node in site.group("tanks").nodes) == (20 + 500 + 390) * MS
    links = next(each for each in as_data(site)["groups"] if each["name"] == "links")["worst_case"]
    assert links["over"] == {}


def test_a_dead_link_is_known_before_what_is_behind_it_is_left(tmp_path: Path) -> None:
    """S18: known after 2 x 400 + 300; the controllers may be given up after 2 x 400."""
    assert loaded(tmp_path).group("tanks").timing.confirm_ns == 300 * MS


HOST_A = 'number = 1\ndomains = ["host_a"]'
DETECTION = "misses = 3, deadline_ms = 150"
ROUTER = '15103/otha", network = "net_b" }'
MEMBER = '{ node = "sc_a", priority = 1 }'

REFUSED = {
    "hold": ("hold_max_ms", ("hold_max_ms = 10_000", "hold_max_ms = 3_300"), "with link_y in use"),
    "period": ("deadline_ms", ("deadline_ms = 390", "deadline_ms = 401"), "longer than the period of 400 ms"),
    "frozen": ("frozen_after_ms", (HOST_A, f"frozen_after_ms = 700\n{HOST_A}"), "with link_y in use"),
    "rpo": (
        "rpo_ms",
        ("holdoff_s = 30\nwindow_s = 600\nmax_in_window = 3\ntracked", "rpo_ms = 700\ntracked"),
        "link_y",
    ),
    "confirm": ("confirm_ms", (DETECTION, f"{DETECTION}, confirm_ms = 299"), "left for a dead link"),
    "no such group": ("via", (VIA, ', via = "linkz" }'), "linkz"),
    "a driver": ("via", (VIA, ', via = "tanks" }'), "tanks"),
    "itself": ("via", ('network = "net_x" }', f'network = "net_x"{VIA}'), "its own channels"),
    "a client": ("via", (ROUTER, ROUTER.replace(" }", VIA)), "nobody judges its silence"),
    "granted to nobody": ("deadline_ms", (MEMBER, MEMBER.replace(" }", ", deadline_ms = 300 }")), "nothing is granted"),
    "of no use": ("target", (VIA, " }"), "the section that the group leads to"),
    "local": ("local", (ROUTER, ROUTER.replace(" }", ', local = "127.0.0.2" }')), "Modbus TCP"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(tmp_path: Path, name: str) -> None:
    key, pair, said = REFUSED[name]
    with pytest.raises(SiteErrors) as refused:
        loaded(tmp_path, pair)
    assert [p.key for p in refused.value.problems if said in str(p)][:1] == [key], refused.value.problems


def test_one_endpoint_from_two_addresses_is_two_ways(tmp_path: Path) -> None:
    probe = 'channels.probe = { endpoint = "127.0.0.1:15102", network = "net_y" }'
    same = probe.replace("15102", "15101")
    with pytest.raises(SiteErrors, match="already used"):
        loaded(tmp_path, (probe, same))
    site = loaded(tmp_path, (probe, same.replace(" }", ', local = "127.0.0.2" }')))
    assert [channel.local for channel in site.node("link_y").channels] == ["127.0.0.2"]
