"""Lists of alarms, their order, and the sound."""

from dataclasses import replace

from hmi.alarm_rows import AlarmRow, Horn, Shelf, chosen, first_out, horn, silenced

ROW = AlarmRow(
    group="tanks",
    owner="tanks",
    code="redundancy_lost",
    state="unacked",
    active=True,
    unacked=True,
    flags=(),
    occurrence=1,
    priority="high",
    first_out=False,
    detail="no standby",
)


def test_unacknowledged_comes_first_then_priority_then_the_newest() -> None:
    acked = replace(ROW, code="a", state="acked", unacked=False, priority="critical")
    old = replace(ROW, code="b", since_ms=1)
    new = replace(ROW, code="c", since_ms=2)
    critical = replace(ROW, code="d", priority="critical")
    assert [row.code for row in chosen([acked, old, new, critical], Shelf.ACTIVE)] == ["d", "c", "b", "a"]


def test_each_alarm_stands_on_one_list() -> None:
    normal = replace(ROW, state="normal", active=False, unacked=False)
    rows = [
        ROW,
        normal,
        replace(normal, code="s", flags=("shelved", "suppressed")),
        replace(ROW, code="p", flags=("suppressed",), unacked=False),
        replace(ROW, code="o", flags=("shelved", "out_of_service"), unacked=False),
    ]
    found = {shelf: [row.code for row in chosen(rows, shelf)] for shelf in Shelf}
    assert found == {
        Shelf.ACTIVE: ["redundancy_lost"],
        Shelf.SHELVED: ["s"],
        Shelf.SUPPRESSED: ["p"],
        Shelf.OUT_OF_SERVICE: ["o"],
    }


def test_every_word_of_the_filter_must_stand_in_a_row() -> None:
    assert chosen([ROW], Shelf.ACTIVE, "TANKS lost")
    assert not chosen([ROW], Shelf.ACTIVE, "tanks boiler")
    assert not chosen([ROW], Shelf.ACTIVE, "", group="other")


def test_the_first_out_is_looked_at_first() -> None:
    marked = replace(ROW, code="x", priority="low", first_out=True)
    assert first_out([ROW, marked]) == marked
    assert first_out([ROW]) == ROW
    assert first_out([replace(ROW, state="normal")]) is None


def test_the_horn_sounds_for_what_is_new_until_it_is_silenced() -> None:
    on = horn(Horn(), [ROW])
    assert (on.on, on.priority) == (True, "high")
    quiet = horn(silenced(on), [ROW])
    assert not quiet.on
    assert horn(quiet, [ROW, replace(ROW, code="x")]).on
    assert horn(quiet, [replace(ROW, occurrence=2)]).on, "it came again"


def test_silence_acknowledges_nothing_and_acknowledging_one_silences_not_the_other() -> None:
    other = replace(ROW, code="x")
    on = horn(Horn(), [ROW, other])
    assert horn(on, [replace(ROW, unacked=False, state="acked"), other]).on
    assert not horn(on, [replace(ROW, unacked=False, state="acked")]).on


def test_what_is_kept_quiet_makes_no_sound() -> None:
    assert not horn(Horn(), [replace(ROW, flags=("shelved",))]).on
