"""How two site files differ: in their own words, and in what that does."""

from pathlib import Path

import pytest

from otha.core.reasons import Block
from otha.core.words import Arming
from otha.site.asked import Asked, asked, otherwise, swapped
from otha.site.difference import Difference, NumberChange, WordChange, difference, restart_needed, word_changes
from otha.site.load import load_site
from otha.site.model import Site
from tests.site.examples import TWO_TANKS

ARMED = {"tanks": Arming.ARMED}


def _loaded(folder: Path, *changes: tuple[str, str], name: str = "two_tanks") -> Site:
    text = TWO_TANKS.with_name(f"{name}.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return load_site(path)


def _between(tmp_path: Path, *changes: tuple[str, str]) -> Difference:
    return difference(_loaded(tmp_path / "old"), _loaded(tmp_path / "new", *changes), ARMED)


@pytest.mark.parametrize("name", ["two_tanks", "whole_plant", "boiler"])
def test_a_file_read_twice_is_no_different(tmp_path: Path, name: str) -> None:
    old, new = _loaded(tmp_path / "old", name=name), _loaded(tmp_path / "new", name=name)
    found = difference(old, new, {group.name: Arming.ARMED for group in old.core.groups})
    assert found.is_empty
    assert (found.begin, found.anew, found.end, found.bounds, found.costs) == ((), (), (), (), ())
    assert asked(old) == asked(new)


def test_changes_are_told_in_the_words_of_the_file() -> None:
    old = 'a = 1\n[group.g]\nmembers = [{node = "x", priority = 1}, {node = "y"}]\ntags = [1, 2]\non = true\n'
    new = 'a = 1\n[group.g]\nmembers = [{node = "y"}, {node = "x", priority = 2}]\ntags = [1]\n[node.z]\nname = "Ä"\n'
    assert list(word_changes(old, new)) == [
        WordChange(at="group.g.members[x].priority", before="1", after="2"),
        WordChange(at="group.g.tags", before="[1, 2]", after="[1]"),
        WordChange(at="node.z.name", before=None, after='"Ä"'),
        WordChange(at="group.g.on", before="true", after=None),
    ]


def test_a_bound_of_a_group_begins_it_anew_and_is_told_with_what_it_does(tmp_path: Path) -> None:
    found = _between(tmp_path, ("misses = 3", "misses = 4"))
    assert (found.begin, found.anew, found.end) == ((), ("tanks",), ())
    assert (found.added, found.removed, found.otherwise) == ((), (), ())
    assert [(each.name, each.what) for each in found.bounds] == [("tanks", "detection"), ("tanks", "failover")]
    assert all(each.before is not None and each.after is not None and each.after > each.before for each in found.bounds)


def test_a_device_at_another_place_is_asked_otherwise(tmp_path: Path) -> None:
    old = _loaded(tmp_path / "old")
    new = _loaded(tmp_path / "new", ("127.0.0.1:15012", "127.0.0.1:15099"))
    assert difference(old, new, ARMED).otherwise == ("node sc_b",)
    given = swapped(old, new)
    assert (given.nodes, given.sections, given.gates) == (("sc_b",), (), ())


def test_a_gate_at_another_place_is_another_gate_and_a_slower_poll_is_not(tmp_path: Path) -> None:
    old = _loaded(tmp_path / "old")
    moved = swapped(old, _loaded(tmp_path / "moved", ("127.0.0.1:15023", "127.0.0.1:15099")))
    assert (moved.sections, moved.gates) == (("plc",), ("plc",))
    slower = swapped(old, _loaded(tmp_path / "slower", ("round_trip_ms = 2", "round_trip_ms = 3")))
    assert slower.gates == ()
    assert moved.tags == ("maintenance_key", "permit_switch", "level_1", "level_2")  # read through the gate's paths


def test_a_further_tag_leaves_the_others_and_the_group_alone(tmp_path: Path) -> None:
    further = "[group.tanks]\n", '[tag.spare]\nsection = "plc"\naddress = 2010\n\n[group.tanks]\n'
    old, new = _loaded(tmp_path / "old"), _loaded(tmp_path / "new", further)
    found = difference(old, new, ARMED)
    assert (found.added, found.anew, found.otherwise) == (("tag spare",), (), ())
    assert otherwise(old, new)[Asked.TAG] == ()


def test_what_it_costs_the_devices_is_told(tmp_path: Path) -> None:
    found = _between(tmp_path, ("period_ms = 50", "period_ms = 100"))
    assert NumberChange(name="node sc_a", what="requests in 100 s", before=4000, after=2000) in found.costs


def test_arming_is_told_when_it_changes_and_from_what_it_is_now(tmp_path: Path) -> None:
    old = _loaded(tmp_path / "old")
    armed = _loaded(tmp_path / "new", ("holdoff_s = 30", "holdoff_s = 40"))
    assert difference(old, armed, ARMED).arming == ()
    # Ordered to observe: the file says armed as before, so it stays at observe.
    assert difference(old, armed, {"tanks": Arming.OBSERVE}).arming == ()
    less = _loaded(tmp_path / "less", ('arming = "armed"', 'arming = "observe"'))
    (told,) = difference(old, less, ARMED).arming
    assert (told.before, told.after) == (Arming.ARMED, Arming.OBSERVE)
    (more,) = difference(less, old, {"tanks": Arming.OBSERVE}).arming
    assert (more.before, more.after) == (Arming.OBSERVE, Arming.ARMED)


def test_a_comment_changes_nothing(tmp_path: Path) -> None:
    assert _between(tmp_path, ("[group.tanks]", "# words\n[group.tanks]")).is_empty


def test_another_state_directory_or_a_real_plant_needs_a_restart(tmp_path: Path) -> None:
    old = _loaded(tmp_path / "old")
    new = _loaded(tmp_path / "new", ("simulation = true", f'simulation = true\nstate_dir = "{tmp_path}/other"'))
    assert [each.block for each in restart_needed(old, new)] == [Block.RESTART_NEEDED]
    assert restart_needed(old, old) == ()
