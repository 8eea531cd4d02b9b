"""Reasons and blockers as sentences. The core decides and gives codes; what a person reads is written here."""

from typing import assert_never

from otha.core.group.state import InFlight, InFlightKind
from otha.core.reasons import Block, Blocker, Reason, Why

_BLOCKS: dict[Block, str] = {
    Block.NOT_ARMED: "the group is not armed",
    Block.NATIVE_AUTHORITY: "the pair switches itself; OTHA only watches it",
    Block.TRANSFER_RUNNING: "a transfer is under way",
    Block.NO_SUCH_NODE: "the group has no such node",
    Block.ALREADY_ACTIVE: "that node is the active one",
    Block.GATE_UNSEEN: "the gate is out of sight",
    Block.NEWER_EPOCH: "the gate knows a newer epoch",
    Block.SELECTOR_UNSEEN: "a client that must be redirected is out of sight",
    Block.SELECTOR_DISAGREES: "a client uses another node than the recorded one",
    Block.GATE_MISMATCH: "the gate's program has other constants than the site file",
    Block.GATE_NOT_IN_OTHAS_HANDS: "the section is in a state that only a person leaves",
    Block.NOBODY_DRIVES: "nobody drives the section; order the node that shall",
    Block.FIRST_START_DISAGREES: "first start: roles, gate owner and epoch do not agree",
    Block.NOTHING_TO_CONFIRM: "nothing of that waits for a confirmation",
    Block.WHICH_ONE: "say which request is meant, by its number: --request",
    Block.ID_TAKEN: "another order had this id: give each order one of its own",
    Block.NO_SUCH_ALARM: "there is no such alarm",
    Block.OLD_OCCURRENCE: "that is not the alarm's newest occurrence",
    Block.NOTHING_TO_ACK: "the alarm has nothing to acknowledge",
    Block.NOTHING_TO_RESET: "the alarm is not latched and acknowledged",
    Block.NOT_FLAGGED: "the alarm is not so marked",
    Block.SHELVED_TOO_LONG: "an alarm can't be shelved for so long",
    Block.AWAITS_CONFIRMATION: "a transfer waits for its confirmation: confirm it, or reject it",
    Block.REQUEST_PENDING: "a forced action waits for a second person: confirm it, or reject it",
    Block.SELECTED: "a person has selected the group: operate or cancel first",
    Block.SELECTED_BY_OTHER: "somebody else has selected the group",
    Block.NOT_SELECTED: "nothing is selected: otha order select, then operate",
    Block.PREMISES_CHANGED: "what was selected is not so any more: select anew",
    Block.COMMENT_MISSING: "it needs a comment: --comment",
    Block.SECOND_PERSON: "a second, other person must confirm it",
    Block.NO_AUTHORITY: "who confirms it must have the authority to order it",
    Block.NO_SUCH_INTERLOCK: "the group has no such interlock",
    Block.NEVER_BYPASSED: "an interlock of class safety is never bypassed",
    Block.BYPASS_TOO_LONG: "a bypass has an end",
    Block.NOT_BYPASSED: "that interlock is not bypassed",
    Block.NOT_HELD: "the gate takes SAFE in a hold only: use the plant's own stop, or LOCAL at the controller",
    Block.NOTHING_TO_RELEASE: "no owner waits at the gate for a release",
    Block.SAFE_ORDERED: "the safe state was ordered, and is asked for until the hold is over; otha order cancel takes "
    "it back",
    Block.DECLINED: "a person rejected this failover; acknowledge to be asked again",
    Block.HALTED: "automatic action is stopped after a broken rule",
    Block.OWNER_DISAGREES: "the gate's owner is not the recorded one",
    Block.STORE_SILENT: "the group record can't be read",
    Block.NO_FENCE: "no fence: manual transfers only",
    Block.SELF_FENCE_TOO_SLOW: "the self-fence is slower than the wait",
    Block.SYNC_BEHIND: "the standby's state is outside the RPO",
    Block.INTERLOCK: "an interlock is not true",
    Block.PERMISSIVE: "a permissive is not true",
    Block.MACHINE_STATE: "the machine is in a state that does not allow it",
    Block.GATE_PERMIT: "the controller gives no permit",
    Block.HOLD_OFF: "the hold-off after the last automatic transfer runs; acknowledge to end it",
    Block.TOO_MANY: "too many automatic transfers in the window; acknowledge to go on",
    Block.NOT_STEADY: "the preferred node has not been stable for its hold time",
    Block.NOT_RESYNCHRONISED: "it is not verified that the preferred node agrees with the active one",
    Block.WINDOW_CLOSED: "the window of a scheduled failback is not open",
    Block.NOT_PREFERRED: "a failback goes to the preferred node alone",
    Block.NOT_MARKED_FOR_DRILLS: "the site file does not mark the group for drills",
    Block.ACTIVE_IN_TROUBLE: "something stands against the active node; that is no time for a drill or failback",
    Block.UNACKNOWLEDGED: "an automatic transfer is not acknowledged yet",
    Block.UNSETTLED: "the group does not follow its target undisturbed",
    Block.NO_SUCH_DRILL: "what shall be rehearsed is not named: failover, switchover or failback",
    Block.NOTHING_TO_ABORT: "no drill is under way",
    Block.TOO_LATE_TO_ABORT: "the drill can't be led back any more",
    Block.NOT_ENOUGH_OBSERVERS: "too few independent observers",
    Block.OBSERVER_ISOLATED: "OTHA itself is cut off from its reference points",
    Block.OWNER_FRESH_AT_GATE: "the gate still sees fresh frames of the owner",
    Block.TILT: "watching only, after a clock step or a stalled loop",
    Block.NOT_READY: "a tracked tag of the standby does not agree with the active's",
    Block.ONE_SHOT_PENDING: "a command that acts once is still to be carried out there, and would be replayed",
    Block.OUTPUT_WOULD_MOVE: "an output would move at the release",
    Block.UPSTREAM: "an upstream group is failed or moving",
    Block.NODE_NOT_ABLE: "the node is not able",
    Block.IN_MAINTENANCE: "the node is in maintenance",
    Block.NO_CAPACITY: "the node is active in as many groups as it can be",
    Block.HOLD_TOO_SHORT: "the gate's hold would end before the transfer could",
    Block.CAUSE_GONE: "the reason for it is gone",
    Block.UNCONTROLLED: "nobody has driven the section for its limit: it is being brought to its safe state",
    Block.NOT_READ_BACK: "what was commanded is not read back within its time",
    Block.COMMAND_UNDER_WAY: "a command is under way: try again in a moment",
    Block.NOBODY_ACTIVE: "no node of the pair that answers says that it is active",
    Block.OTHER_IDENTITY: "who is who at the gate of a group that may act can't change: arm it to observe, apply, "
    "look, arm it again",
    Block.RESTART_NEEDED: "that can't change while it runs: stop otha run, and start it with this file",
}


_NAME_IT = "look at the plant, then name who shall drive: otha order switchover {group} --to {owner}"
# What an operator does about a group that needs one. {group}, and {owner} at the gate ("NODE" if there is none).
_STEPS: dict[Block, str] = {
    Block.GATE_NOT_IN_OTHAS_HANDS: "look at the plant, reset the section at the controller, then order who shall drive",
    Block.NOBODY_DRIVES: "look at the plant, then: otha order switchover {group} --to NODE",
    Block.OWNER_DISAGREES: _NAME_IT,
    Block.FIRST_START_DISAGREES: _NAME_IT,
    Block.SELECTOR_DISAGREES: _NAME_IT,
    Block.SELECTOR_UNSEEN: "mend the path to the client, or the client",
    Block.NOBODY_ACTIVE: "look at the plant and at both nodes: OTHA only watches this pair, and can't move it",
    Block.GATE_UNSEEN: "mend the paths to the section, or its controller",
    Block.GATE_MISMATCH: "compare hold limit, owner watchdog, scan time and outputs of the program and the site file",
    Block.STORE_SILENT: "mend the disk; if records.sqlite itself is damaged, stop OTHA, move the file away and start "
    "again: what drives is adopted",
    Block.NOT_ARMED: "otha order arm {group} --level advise, or armed",
    Block.HALTED: "look at the plant, keep the state directory as evidence, restart OTHA",
}


def next_step(code: str, *, group: str, owner: str | None) -> str:
    """What an operator does about a group whose concern has this code; "" where only looking helps."""
    step = next((text for block, text in _STEPS.items() if block.code == code), "")
    return step.format(group=group, owner=owner or "NODE")


def of_block(code: str) -> str:
    """The sentence of a block's code, or the code itself if it is none."""
    return next((text for block, text in _BLOCKS.items() if block.code == code), code)


def of_blocker(blocker: Blocker) -> str:
    """One obstacle, with its detail and its rule."""
    detail = f": {blocker.detail}" if blocker.detail else ""
    return f"{_BLOCKS[blocker.block]}{detail} ({blocker.block.rule})"


def _obstacle(args: tuple[str | int, ...]) -> str:
    code, detail = str(args[-2]), str(args[-1])
    return of_block(code) + (f": {detail}" if detail else "")


def of_reason(reason: Reason) -> str:
    """One reason as a sentence, its rule behind it."""
    text = _text(reason)
    return f"{text} ({reason.rule})" if reason.rule else text


def _of_alarm(why: Why, args: tuple[str | int, ...]) -> str:
    """What became of an alarm by an order, a deadline or a rule. The user is "" where nobody ordered it."""
    if why is Why.ALARM_KEPT_QUIET:
        return f"alarm {args[0]}{f': {args[1]}' if args[1] else ''} came and is kept quiet: {args[2]}"
    if why in (Why.ALARM_ACKED, Why.ALARM_RESET):
        done = "acknowledged" if why is Why.ALARM_ACKED else "reset"
        said, user, comment = f"alarm {args[0]}, occurrence {args[1]}, {done}", args[2], args[3]
    else:
        flag = str(args[1]).replace("_", " ")
        lasts = f" for {args[4]} ms" if why is Why.ALARM_FLAGGED and args[4] else ""
        said = f"alarm {args[0]} {flag}{lasts}" if why is Why.ALARM_FLAGGED else f"alarm {args[0]} no longer {flag}"
        user, comment = args[2], args[3]
    return said + (f" by {user}" if user else "") + (f" ({comment})" if comment else "")


def _was(state: str | int) -> str:
    return str(state).replace("_", " ")


def _pct(hundredths: int) -> str:
    return f"{hundredths / 100:.2f} %"


def _of_bump(args: tuple[str | int, ...]) -> str:
    said = f"{args[0]} took over with a bump of {_pct(int(args[2]))} of span at {args[1]}, over {args[3]} scans"
    if not args[6]:
        return said + "; how the outputs moved before is not known"
    return said + f"; before, {args[4]} moved by {_pct(int(args[5]))} in {args[6]} scans"


def _text(reason: Reason) -> str:
    args = reason.args
    match reason.why:
        case Why.SETTLED:
            return f"following: {args[1]} is active, epoch {args[2]}"
        case Why.ADOPTED:
            return f"adopted: {args[0]} is the active node"
        case Why.NEEDS_OPERATOR:
            return f"needs an operator: {_obstacle(args)}"
        case Why.SUSPECTED:
            return f"suspects {args[0]}: {args[1]}"
        case Why.SUSPICION_ENDED:
            return f"no longer suspects {args[0]}"
        case Why.REQUESTED:
            return f"{args[0]} requested, {args[1]} to {args[2]}, because: {args[3]}"
        case Why.WOULD_TRANSFER:
            return f"would carry out a {args[0]}, {args[1]} to {args[2]}, because: {args[3]}; not armed"
        case Why.BLOCKED:
            return f"no transfer to {args[0]}: {_obstacle(args)}"
        case Why.WAITS:
            return f"the transfer to {args[0]} waits: {_obstacle(args)}"
        case Why.PHASE:
            return f"phase {args[0]}: {args[1]} under epoch {args[2]}"
        case Why.TROUBLE:
            return f"trouble in phase {args[0]}: {_obstacle(args)}"
        case Why.COURSE:
            return f"heading elsewhere: {args[0]} ({args[1]})"
        case Why.ENDED:
            detail = f": {args[4]}" if args[4] else ""
            return f"{args[1]} {args[2]} to {args[3]} ended {args[0]}{detail}"
        case Why.RESUMED:
            return f"takes up an open claim: course {args[0]}, phase {args[1]}"
        case Why.SAFE_ASKED:
            return f"asks for the safe state of {args[0]}, epoch {args[1]}, hold {args[2]}"
        case Why.SAFE_ENDED:
            return f"the safe state of {args[0]} that was ordered is not asked for any more: {args[1]}"
        case Why.SELECTED:
            return f"{args[0]} selected a switchover, {args[1]} to {args[2]}"
        case Why.SELECTION_ENDED:
            return f"the selection of {args[0]}, to {args[1]}, ended: {args[2]}"
        case Why.SECOND_PERSON_ASKED:
            return f"request {args[0]}: {args[1]}, asked by {args[2]}, waits for a second person"
        case Why.PERSON_ASKED:
            about = f"; {args[3]}" if args[3] else ""
            return f"request {args[0]}: the {args[1]} to {args[2]} waits for a person{about}"
        case Why.REQUEST_ENDED:
            return f"{args[0]}, asked by {args[1]}, ended: {args[2]}"
        case Why.BYPASSED:
            return f"interlock {args[0]} bypassed by {args[1]} and {args[2]} for {args[3]} s"
        case Why.BYPASS_ENDED:
            return f"interlock {args[0]} counts again: {args[1]}"
        case Why.PASSED_OVER:
            return f"passed over: {_obstacle(args)}"
        case Why.NOT_ASKED_ANY_MORE:
            return f"{args[0]} is within the RPO now: nobody need confirm any more"
        case Why.IN_FLIGHT:
            flying = InFlight(node=str(args[0]), kind=InFlightKind(args[1]), count=int(args[2]), tag=str(args[3]))
            return f"UNKNOWN whether carried out: {flying}; look at the plant before ordering it again"
        case Why.BUMP:
            return _of_bump(args)
        case Why.UNVERIFIED:
            return f"UNVERIFIED: {args[0]}; the controller acts by itself"
        case Why.ORDER_TAKEN:
            comment = f" ({args[3]})" if args[3] else ""
            return f"order {args[0]} by {args[1]} taken, node {args[2]}{comment}"
        case Why.ORDER_REFUSED:
            return f"order {args[0]} by {args[1]} refused: {_obstacle(args)}"
        case Why.ORDER_REPEATED:
            return f"order {args[0]} by {args[1]} repeated ({args[2]}): same answer, nothing done"
        case Why.EPOCH_RAISED:
            return f"the gate's epoch {args[1]} is above the record's {args[0]}: raising the record"
        case Why.STORE_UNKNOWN:
            return "the group record did not answer: unknown until read again"
        case Why.STORE_LOST:
            return f"another claim won: the record stands at epoch {args[0]}"
        case Why.HALTED:
            return f"a rule would have been broken, automatic action is stopped: {args[0]}"
        case Why.BEGINS_ANEW:
            return f"the site file was changed: the group begins anew, {args[0]}"
        case Why.CHANNEL:
            return f"channel {args[0]} {args[1]}"
        case Why.NODE:
            return f"node {args[0]} {args[1]}"
        case Why.GATE:
            return f"gate of {args[0]}: {args[1]}, owner {args[2]}, epoch {args[3]}, {args[4]}"
        case Why.SELECTOR:
            return f"selector {args[0]}: {args[1]}, epoch {args[2]}"
        case Why.CONDITION:
            return f"condition {args[0]} {args[1]}"
        case Why.FIRST_OUT:
            return f"first interlock of those that were all true to be so no more: {args[0]} {args[1]}"
        case Why.MACHINE:
            said = f": its controller says {args[1]}, which is none of the site file's states" if args[1] else ""
            return f"the machine is in state {args[0]}{said}"
        case Why.WINDOW:
            return f"the failback's window {args[0]}"
        case Why.ISOLATED:
            return f"this observer is {args[0]}"
        case Why.TILT:
            return f"TILT {args[0]}" + (f": {args[1]} ms" if args[1] else "")
        case Why.ALARM_RAISED:
            first = ", first-out" if args[4:] == ("first-out",) else ""
            return f"ALARM {args[0]}" + (f": {args[1]}" if args[1] else "") + first
        case Why.ALARM_CLEARED:
            return f"alarm ended: {args[0]}" + (f": {args[1]}" if args[1] else "")
        case Why.ALARM_STOOD:
            detail = f": {args[1]}" if args[1] else ""
            state = str(args[3]).replace("_", " ")
            return f"alarm {args[0]}{detail}, occurrence {args[2]}, stands as before this start: {state}"
        case Why.ALARM_REDEFINED:
            shelved = f", {args[4]}" if args[4] else ""
            return f"alarm {args[0]}, occurrence {args[2]}, means something else now; it was {_was(args[3])}{shelved}"
        case Why.PAIR_SWITCHED:
            return f"the pair has switched itself: {args[1]} is active, {args[0]} was"
        case Why.ALARM_GONE:
            detail = f": {args[1]}" if args[1] else ""
            flags = f", {args[4]}" if args[4] else ""
            return f"alarm {args[0]}{detail} is not in the site file any more; its last state: {_was(args[3])}{flags}"
        case Why.ALARM_ACKED | Why.ALARM_RESET | Why.ALARM_FLAGGED | Why.ALARM_UNFLAGGED | Why.ALARM_KEPT_QUIET:
            return _of_alarm(reason.why, args)
        case never:
            assert_never(never)
