"""Groups, orders and answers as tables for a terminal."""

from typing import Any

from rich.table import Table

from otha.core.reasons import Block
from otha.core.words import GroupKind, OrderKind
from otha.report import sentence
from otha.terminal_alarms import alarm_line
from otha.terminal_table import folded, plain_console

Json = dict[str, Any]  # Any: JSON as `otha.runtime.snapshot` makes it


def _obstacle(obstacle: Json) -> str:
    detail = f": {obstacle['detail']}" if obstacle["detail"] else ""
    return f"{sentence.of_block(obstacle['block'])}{detail} ({obstacle['rule']})"


def _gate_line(gate: Json) -> str:
    if not gate["seen"]:
        return "out of sight"
    hold = f", hold ends in {gate['hold_left_ms']} ms" if gate["hold_left_ms"] is not None else ""
    return f"{gate['state']}, owner {gate['owner'] or '-'}, epoch {gate['epoch']}{hold}"


def _client_line(client: Json) -> str:
    if not client["seen"]:
        return "out of sight"
    return f"uses {client['node'] or 'nobody'}, epoch {client['epoch']}"


def _conduct(rule: Json) -> str:
    limit = f" at most {rule['limit_ms']} ms, then {rule['then']}" if rule["does"] == "wait" else ""
    return f"{rule['does']}{limit}"


def _machine_line(machine: Json) -> str:
    kinds = ", ".join(f"{kind}: {_conduct(machine[kind])}" for kind in ("switchover", "failover"))
    unlisted = f" ({machine['unlisted']} is none of the site file's states)" if machine["unlisted"] else ""
    return f"machine: {machine['state']}{unlisted}; {kinds}; after a fence: {machine['after_fence']}"


def _leaves(tree: Json) -> list[Json]:
    if "tag" in tree:
        return [tree]
    parts: list[Json] = next(tree[key] for key in ("all", "any", "of") if key in tree)
    return [leaf for part in parts for leaf in _leaves(part)]


def _comparisons(answer: Json) -> list[str]:
    """What does not hold now, or holds by a delay alone, down to the comparison: interlocks, permissives, states."""
    lines = []
    for each in (*answer["conditions"], *answer["states"]):
        values = {tag["name"]: tag for tag in each["tags"]}
        for leaf in _leaves(each["when"]):
            delay = leaf["delay_left_ms"]
            if leaf["verdict"] == "true" and delay is None:
                continue
            tag = values[leaf["tag"]]
            waits = "" if delay is None else f", {delay} ms of its delay left"
            value = "no value" if tag["value"] is None else tag["value"]
            age = "never read" if tag["age_ms"] is None else f"{tag['age_ms']} ms old"
            wants = f"{leaf['tag']} {leaf['op']} {leaf['value']}"
            lines.append(f"  {each['name']}: {wants} is {leaf['verdict']}: {value}, {age}{waits}")
    return lines


def _user(answer: Json) -> str | None:
    """Whom the group's target has now, for the operator's next step."""
    if answer["kind"] == GroupKind.DRIVER.value:
        owner: str | None = answer["gate"]["owner"]
        return owner
    used = {client["node"] for client in answer["clients"] if client["seen"]}
    return next(iter(used)) if len(used) == 1 else None


def _needs_operator(group: str, answer: Json) -> list[str]:
    """What is wrong with a group that can't help itself, and the operator's next step."""
    if answer["halted"] is not None:
        lines, code = [f"automatic action is stopped after a broken rule: {answer['halted']}"], Block.HALTED.code
    elif answer["concern"] is not None:
        lines, code = [f"needs an operator: {_obstacle(answer['concern'])}"], answer["concern"]["block"]
    else:
        return []
    step = sentence.next_step(code, group=group, owner=_user(answer))
    return [*lines, f"  next: {step}"] if step else lines


def _answer_to(group: str, number: int) -> str:
    return f"otha order confirm {group} --request {number}, or reject with --comment"


def person_lines(group: str, persons: Json) -> list[str]:
    """What persons hold of a group, for how long yet, and the next step where one waits."""
    lines = []
    if held := persons["selection"]:
        ways = f"{held['from_node'] or 'nobody'} to {held['to_node']}"
        lines.append(f"selected by {held['by']} ({held['client']}): {ways}, {_seconds(held['left_ms'])} left")
    if request := persons["request"]:
        what = f"request {request['number']}: {request['order']} {request['item']}".rstrip()
        lines.append(f"{what}, asked by {request['by']}: {request['comment']}; {_seconds(request['left_ms'])} left")
        lines.append(f"  next: a second person: {_answer_to(group, request['number'])}")
    for each in persons["bypasses"]:
        who = f"{each['by']} and {each['second']}: {each['comment']}"
        lines.append(f"BYPASSED {each['item']}, {_seconds(each['left_ms'])} left, by {who}")
    if persons["safe_ordered"]:
        lines.append("the safe state was ordered; it is asked for until the gate says that the hold is over")
        lines.append(f'  next: look at the controller; to take it back: otha order cancel {group} --comment "..."')
    if persons["declined"]:
        lines.append(f"a failover ({persons['declined']}) was rejected; otha order ack {group} lets it be asked again")
    return lines


def asked_lines(group: str, plan: Json) -> list[str]:
    """What a transfer that waits for a person asks, by whom, and how it is answered."""
    if plan["request"] is None:
        return []
    asked = f" ordered by {plan['by']}," if plan["by"] else ""
    about = f"; it is about: {', '.join(plan['about'])}" if plan["about"] else ""
    left = _seconds(plan["due_in_ms"])
    return [
        f"request {plan['request']}:{asked} waits for a person's confirmation, {left} left{about}",
        f"  next: {_answer_to(group, plan['request'])}",
    ]


def order_lines(order: str, group: str, reply: Json) -> list[str]:
    """`otha order`: what became of it, and the next step where it waits for one. `reply`: an OrderReply as JSON."""
    if not reply["accepted"]:
        return [f"{order} {group}: refused", *(f"  {_obstacle(each)}" for each in reply["obstacles"])]
    lines = [f"{order} {group}: taken (order {reply['id']})"]
    if order in (OrderKind.BYPASS.value, OrderKind.SAFE.value):
        lines.append("  a second person must confirm it: `otha status` shows its number")
    if shown := reply["preview"]:
        lines.append(f"  {shown['transfer']} from {shown['from_node'] or 'nobody'} to {shown['to_node']}")
        lines += [f"  passed over: {_obstacle(each)}" for each in shown["passed"]]
        if shown["needs_confirmation"]:
            lines.append("  it will wait for its confirmation")
        lines.append(f"  next, within {_seconds(shown['for_ms'])}: otha order operate {group}, or cancel")
    return lines


def _seconds(left_ms: int) -> str:
    return f"{-(-left_ms // 1000)} s"


def _process(status: Json) -> list[str]:
    """What is the matter with the supervisor itself."""
    journal, records = status["journal"], status["records"]
    lines = [f"notice: {notice}" for notice in status["notices"]]
    if journal["damage"]:
        lines.append(f"the journal was found damaged and goes on in a new segment: {journal['damage']}")
    if journal["trouble"]:
        waiting, refused = journal["waiting_rows"], journal["refused_rows"]
        lines.append(f"the journal is not written: {journal['trouble']}; {waiting} rows wait, {refused} were refused")
    if records["trouble"]:
        lines.append(f"the group records can't be used: {records['trouble']}")
    lines += [f"DEFECT, {count} times: {kind}" for kind, count in status["loop"]["defects"].items()]
    return lines


def _failback_line(way: Json) -> str:
    back = f"failback to {way['to_node']} ({way['mode']})"
    if way["windows"]:
        turned = "open" if way["window_open"] else "closed"
        by_itself = _obstacle(way["schedule_obstacles"][0]) if way["schedule_obstacles"] else "begins by itself"
        back += f", window {', '.join(way['windows'])} ({turned}; {by_itself})"
    if not way["obstacles"]:
        return f"{back}: may be ordered"
    return f"{back}: {_obstacle(way['obstacles'][0])}"


def show_status(status: Json) -> None:
    """`otha status`."""
    console = plain_console()
    flags = [word for word in ("isolated", "tilted") if status[word]]
    console.print(f"site {status['site']}, supervisor {status['supervisor']}{', ' if flags else ''}{' '.join(flags)}")
    for line in _process(status):
        console.print(f"  {line}")
    for alarm in status["alarms"]:
        console.print(f"  {alarm_line(alarm)}")
    for group in status["groups"]:
        title = f"group {group['name']} ({group['arming']}): {group['standing']}"
        table = Table("node", "role", "alive", "ServiceLevel", "in RPO", "ready", "maintenance", title=title)
        for node in group["nodes"]:
            mark = " *" if node["name"] == group["active"] else ""
            maintenance = "yes" if node["maintenance"] else ""
            row = (node["role"], node["liveness"], str(node["level"]), node["in_rpo"], node["ready"], maintenance)
            table.add_row(node["name"] + mark, *row)
        console.print(table)
        for node in group["nodes"]:
            for row in node["off"]:
                console.print(f"  {_off_line(node['name'], row)}")
        for flying in group["in_flight"]:
            console.print(f"  UNKNOWN whether carried out: {flying} (otha order ack {group['name']} when looked at)")
        if group["gate"] is not None:
            console.print(f"  section {group['section']}: {_gate_line(group['gate'])}")
        for client in group["clients"]:
            console.print(f"  client {client['name']}: {_client_line(client)}")
        if group["machine"] is not None:
            console.print(f"  {_machine_line(group['machine'])}")
        if group["plan"] is not None:
            plan = group["plan"]
            what = f"drill of a {plan['kind']}" if plan["drill"] else plan["kind"]
            console.print(f"  {what} to {plan['to_node']}: {plan['course']}, phase {plan['phase']}")
            for line in asked_lines(group["name"], plan):
                console.print(f"    {line}")
        elif group["failback"] is not None:
            console.print(f"  {_failback_line(group['failback'])}")
        for line in person_lines(group["name"], group["persons"]):
            console.print(f"  {line}")
        for line in _needs_operator(group["name"], group):
            console.print(f"  {line}")
        for alarm in group["alarms"]:
            console.print(f"  {alarm_line(alarm)}")
    channels = Table("channel", "node", "verdict", "last trouble", title="channels")
    for channel in status["channels"]:
        trouble = "" if channel["pulse"] == "on_time" else status["links"][channel["name"]]["trouble"]
        channels.add_row(channel["name"], channel["node"], channel["pulse"], trouble)
    console.print(channels)


def _off_line(node: str, row: Json) -> str:
    active, standby = ("-" if row[each] is None else str(row[each]) for each in ("active", "standby"))
    ages = " / ".join("-" if row[each] is None else str(row[each]) for each in ("active_age_ms", "standby_age_ms"))
    limit = {"analog": f"tolerance {row['tolerance']}", "discrete": "must be equal"}.get(row["form"], "must be 0")
    return (
        f"{node} is not ready by {row['tag']} ({row['verdict']}): active {active}, standby {standby}, {limit}, "
        f"ages {ages} of {row['max_age_ms']} ms"
    )


def _tracked_table(rows: list[Json]) -> Table:
    table = folded("standby", "tracked tag", "verdict", "active", "standby", "tolerance", "ages ms")
    before = ""
    for row in rows:
        values = ["-" if row[key] is None else str(row[key]) for key in ("active", "standby")]
        ages = " / ".join("-" if row[key] is None else str(row[key]) for key in ("active_age_ms", "standby_age_ms"))
        judged = {"true": "agrees", "false": "DIFFERS"}.get(row["verdict"], row["verdict"])
        node = "" if row["node"] == before else row["node"]
        table.add_row(node, row["tag"], judged, *values, str(row["tolerance"]), ages)
        before = row["node"]
    return table


def show_why(answer: Json) -> None:
    """`otha why`."""
    console = plain_console()
    node = answer["node"] or "any standby"
    obstacles, failover = answer["obstacles"], answer["failover_obstacles"]
    verdict = "could be ordered now" if not obstacles else "would be refused"
    for line in _needs_operator(answer["group"], answer):
        console.print(line)
    console.print(f"group {answer['group']}: a switchover to {node} {verdict}")
    for obstacle in obstacles:
        console.print(f"  {_obstacle(obstacle)}")
    if answer["release"] is not None:
        verdict = "may be ordered" if not answer["release"] else "would be refused"
        console.print(f"the gate takes {answer['gate']['owner']} no more by itself; a release {verdict}")
        for obstacle in answer["release"]:
            console.print(f"  {_obstacle(obstacle)}")
    if answer["failback"] is not None:
        way = answer["failback"]
        console.print(_failback_line(way))
        for obstacle in way["obstacles"][1:]:
            console.print(f"  {_obstacle(obstacle)}")
    if failover:
        console.print("an automatic failover, if the active died now, would not happen:")
        for obstacle in failover:
            console.print(f"  {_obstacle(obstacle)}")
    else:
        console.print("an automatic failover, if the active died now, would happen")
    for line in person_lines(answer["group"], answer["persons"]):
        console.print(line)
    table = folded("condition", "kind", "verdict", "tag", "value", "quality", "age ms", "fresh ms")
    for condition in answer["conditions"]:
        kind = f"{condition['class']} interlock" if condition["interlock"] else "permissive"
        if condition["first_out"]:
            kind += ", first out"
        judged = f"{condition['verdict']}, bypassed" if condition["bypassed"] else condition["verdict"]
        first = (condition["name"], kind, judged)
        for tag in condition["tags"]:
            value = "-" if tag["value"] is None else str(tag["value"])
            age = "-" if tag["age_ms"] is None else str(tag["age_ms"])
            quality = "good" if tag["quality"] == "true" else tag["quality"]
            table.add_row(*first, tag["name"], value, quality, age, str(tag["fresh_ms"]))
            first = ("", "", "")
    console.print(table)
    if answer["tracking"]:
        console.print(_tracked_table(answer["tracking"]))
    if answer["machine"] is not None:
        console.print(_machine_line(answer["machine"]))
    for line in _comparisons(answer):
        console.print(line)
    if answer["holds"]:
        held = "; ".join(f"{each['output']} {each['does']}" for each in answer["holds"])
        console.print(f"held now by its controller: {held}", highlight=False)
    if answer["gate"] is not None:
        console.print(f"gate: {_gate_line(answer['gate'])}, {'permit' if answer['gate']['permit'] else 'no permit'}")
    for client in answer["clients"]:
        console.print(f"client {client['name']}: {_client_line(client)}")
