"""Machine states: from what the engineer wrote to the core's rules; what can't be carried out is refused."""

from otha.core.conditions import Compare, Comparison, MachineConfig, MachineRule, MachineStateConfig, TagConfig
from otha.core.config import GroupConfig
from otha.core.words import Conduct, GroupKind
from otha.site.conditions import MS, condition_tree
from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.refer import some
from otha.site.written import SiteFile
from otha.site.written_group import ConductTable, GroupTable, UnknownStateTable

UNKNOWN = "UNKNOWN"
_MOST_STATES = 64  # a tag with more values than that counts something else
_AFTER_A_WAIT = (Conduct.STAY, Conduct.ASK, Conduct.SAFE)


def build_machine(doc: Document, file: SiteFile, group: str, table: GroupTable) -> MachineConfig | None:
    """The group's machine states in the order of the file; None when it declares none."""
    path: KeyPath = ("group", group)
    if not table.state:
        if table.unknown_state != UnknownStateTable():
            doc.error(path, "unknown_state", "the group has no states", mend="Declare its states, or take it out")
        return None
    if UNKNOWN in table.state:
        doc.error(
            (*path, "state", UNKNOWN),
            "",
            "is what OTHA calls a machine whose state is not recognised",
            mend="Write [group.NAME.unknown_state] for what holds then, or give the state another name",
        )
    states = tuple(
        MachineStateConfig(
            name=name,
            when=condition_tree(doc, file, (*path, "state", name, "when"), state.when),
            switchover=_rule(doc, (*path, "state", name), "switchover", state.switchover, table.kind),
            failover=_rule(doc, (*path, "state", name), "failover", state.failover, table.kind),
            after_fence=state.after_fence,
        )
        for name, state in table.state.items()
    )
    unknown = MachineStateConfig(
        name=UNKNOWN,
        when=None,
        switchover=MachineRule(does=Conduct.STAY),
        failover=_rule(doc, (*path, "unknown_state"), "failover", table.unknown_state.failover, table.kind),
        after_fence=table.unknown_state.after_fence,
    )
    return MachineConfig(states=states, unknown=unknown)


def _rule(doc: Document, path: KeyPath, kind: str, table: ConductTable, group: GroupKind) -> MachineRule:
    place: KeyPath = (*path, kind)
    waits = table.does is Conduct.WAIT
    if waits and table.limit_ms is None:
        doc.error(place, "limit_ms", "missing: it waits", mend="Say for how long the end of the phase is waited for")
    if not waits and table.limit_ms is not None:
        doc.error(
            place, "limit_ms", f"given, but it does {table.does.value}", mend='Take it out, or write does = "wait"'
        )
    if table.then not in _AFTER_A_WAIT:
        doc.error(place, "then", f"{table.then.value} can't follow a wait", mend="Write stay, ask or safe")
    if Conduct.SAFE in (table.does, table.then) and (kind == "switchover" or group is not GroupKind.DRIVER):
        doc.error(
            place,
            "does" if table.does is Conduct.SAFE else "then",
            "safe is for a failover of a section that nobody drives any more",
            mend="Write stay or ask",
        )
    return MachineRule(does=table.does, limit_ns=(table.limit_ms or 0) * MS, then=table.then)


def judge_states(doc: Document, group: GroupConfig, tags: tuple[TagConfig, ...]) -> None:
    """States that are told by the number in one tag: each number that the tag can have is a state, and of one alone.

    What the PLC program calls them no device tells; that the numbers agree is watched while it runs
    (`machine_unlisted`).
    """
    states = group.machine.states if group.machine is not None else ()
    told = {state.name: state.when for state in states if isinstance(state.when, Compare)}
    numbers = {name: when for name, when in told.items() if when.op is Comparison.EQ}
    names = {when.tag for when in numbers.values()}
    if len(numbers) < len(states) or len(names) != 1:
        return
    (tag,) = (each for each in tags if each.name in names)
    first: dict[int, str] = {}
    for name, when in numbers.items():
        path: KeyPath = ("group", group.name, "state", name)
        if when.value in first:
            what = f"{tag.name} == {when.value} is {first[when.value]} already: this state is never recognised"
            doc.error(path, "when", what, mend="Give each state a number of its own")
        elif not tag.valid_low <= when.value <= tag.valid_high:
            what = f"{tag.name} can't be {when.value}: its valid values are {tag.valid_low} to {tag.valid_high}"
            doc.warn(path, "when", what, mend="Mend the number, or `valid` of the tag")
        first.setdefault(when.value, name)
    if tag.valid_high - tag.valid_low >= _MOST_STATES:
        return
    unnamed = [number for number in range(tag.valid_low, tag.valid_high + 1) if number not in first]
    if unnamed:
        doc.warn(
            ("group", group.name, "state"),
            "",
            f"{tag.name} can be {some([str(number) for number in unnamed])}, and no state is recognised by it: the "
            "machine's state counts as unknown then",
            mend="Name the state, or take the number out of `valid` of the tag",
        )


def judge_waits(doc: Document, group: GroupConfig) -> None:
    """A failover that waits must end within the gate's hold: after it the controller has acted by itself."""
    if group.machine is None or group.gate is None or group.kind is not GroupKind.DRIVER:
        return
    longest_ns = group.own_gate.hold_max_ns - group.timing.transfer_bound_ns
    for state in group.machine.states:
        if state.failover.does is Conduct.WAIT and state.failover.limit_ns > longest_ns:
            doc.error(
                ("group", group.name, "state", state.name, "failover"),
                "limit_ms",
                f"{state.failover.limit_ns // MS} ms is longer than the hold of {group.section} "
                f"({group.own_gate.hold_max_ns // MS} ms) less the transfer's bound "
                f"({group.timing.transfer_bound_ns // MS} ms): the controller would have gone to its safe state",
                mend=f"Give at most {max(0, longest_ns // MS)}, or a longer hold_max_ms",
            )
