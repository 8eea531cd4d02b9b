"""A plant and its supervisor under attack: what disturbs and mends them, what an operator does, and the story."""

import json
import random
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from otha.core.errors import OthaError
from otha.core.inputs import Order
from otha.core.words import Arming, OrderKind
from otha.demo.play import site_text
from otha.demo.stage import Stage, wait_for
from otha.journal.reader import Query, Reader
from otha.journal.recording import recordings_in
from otha.journal.verify import verify
from otha.verify.replay import Replay
from otha.wire.client import WireClient
from otha.wire.errors import NoSupervisorError
from otha.wire.message import OrderReply
from sim import checker

GROUP = "tanks"
NODES = ("sc_a", "sc_b")
UP_S = 60.0  # a busy machine starts slowly
RECOVERY_S = 45.0  # hold limit, hold-off and a person's steps included; only waited in full when something is wrong
_STEP_S = 1.5  # a person looks again before taking the next step


class Broken(AssertionError):
    """Something that must never be, with the story that led to it."""


class Field(Stage):
    """A stage whose supervisor is killed. Everything done is told in `story`, so that a failure can be understood."""

    def __init__(self, directory: Path, seed: int) -> None:
        template = directory / "site-template.toml"
        directory.mkdir(parents=True, exist_ok=True)
        template.write_text(site_text(None), encoding="utf-8")
        super().__init__(directory, template=template)
        self.dice = random.Random(seed)
        self.seed = seed
        self.story: list[str] = []
        self.durable_orders: list[str] = []
        self.counts: Counter[str] = Counter()
        self._began = time.monotonic()
        self._stopped: set[str] = set()
        self._replayed: set[Path] = set()

    # The story

    def tell(self, what: str) -> None:
        """Add a line to the story."""
        self.story.append(f"{time.monotonic() - self._began:8.3f} s  {what}")

    def broken(self, what: str) -> Broken:
        """The failure, with seed and story."""
        newest = "\n".join(self.story[-60:])
        return Broken(f"{what}\nseed {self.seed}, folder {self.directory}, story so far:\n{newest}")

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Let no failure go without its story."""
        try:
            yield
        except Broken:
            raise
        except Exception as error:
            raise self.broken(f"{type(error).__name__}: {error}") from error

    # The supervisor

    def launch_otha(self) -> "subprocess.Popen[bytes]":
        """Start the supervisor and do not wait for it."""
        process = super().launch_otha()
        self.tell(f"otha started, process {process.pid}")
        return process

    def start_otha(self) -> None:
        """Start the supervisor and wait until it answers."""
        self.launch_otha()
        wait_for(self._answers, within_s=UP_S, what="the supervisor answers")
        self.tell("otha answers")

    def kill_in(self, delay_s: float) -> tuple["subprocess.Popen[bytes]", threading.Timer]:
        """kill -9 the supervisor that runs now after `delay_s`, whatever it does then: the process, and the killer."""
        process = self._otha
        assert process is not None

        def kill() -> None:
            self.tell("otha killed")
            process.kill()

        timer = threading.Timer(delay_s, kill)
        timer.start()
        return process, timer

    def bury(self) -> None:
        """Wait for the end of a supervisor that was killed."""
        assert self._otha is not None
        self._otha.wait()
        self._hang_up()

    @property
    def otha_runs(self) -> bool:
        return self._otha is not None

    def signal_otha(self, number: int) -> None:
        """Send the supervisor a signal."""
        assert self._otha is not None
        self._otha.send_signal(number)

    # Hands

    def disturb(self, name: str, **arguments: object) -> None:
        """Do something to the plant, and remember what `mend` must undo."""
        self.tell(f"fault {name} {arguments or ''}")
        self.counts[name] += 1
        self.fault(name, **arguments)
        node = str(arguments.get("node", ""))
        if name == "stop":
            self._stopped.add(node)
        elif name in ("cont", "kill", "restart"):
            self._stopped.discard(node)
        if name == "kill":
            wait_for(lambda: self.processes()[node] is None or None, within_s=UP_S, what=f"the end of {node}")

    def is_up(self, process: str) -> bool:
        """Runs and is not stopped: it takes faults through its door."""
        return process not in self._stopped and self.processes()[process] is not None

    def processes(self) -> dict[str, int | None]:
        """The plant's processes; None for one that is dead."""
        from sim import console

        return console.processes(self.plant_dir)

    def stopped(self) -> tuple[str, ...]:
        """Processes that were stopped by a signal."""
        return tuple(sorted(self._stopped))

    def give(
        self, kind: OrderKind, *, node: str | None = None, arming: Arming | None = None, comment: str = ""
    ) -> OrderReply | None:
        """Give an order; None when nobody answered or it was refused at the door."""
        id_ = uuid.UUID(int=self.dice.getrandbits(128)).hex
        order = Order(id=id_, kind=kind, group=GROUP, user="", client="", node=node, arming=arming, comment=comment)
        try:
            with WireClient(self.state_dir / "otha.sock", timeout_s=10.0) as client:
                if kind in (OrderKind.CONFIRM, OrderKind.REJECT):
                    order = replace(order, request=_shown(client.status()))
                reply = client.order(order)
        except NoSupervisorError:
            return None
        except OthaError as error:
            self.tell(f"order {kind.value} {node or ''}: {error}")
            return None
        if reply.durable:
            self.durable_orders.append(id_)
        against = ", ".join(f"{each.block} {each.detail}".strip() for each in reply.obstacles)
        self.tell(f"order {kind.value} {node or ''}: {'taken' if reply.accepted else 'refused: ' + against}")
        self.counts[f"order {kind.value} {'taken' if reply.accepted else 'refused'}"] += 1
        return reply

    def mend(self) -> None:
        """End every fault there is; LOCAL and SAFE are left to the operator."""
        self.tell("mending")
        for process in self.stopped():
            self.disturb("cont", node=process)
        for process, pid in self.processes().items():
            if pid is None:
                self.disturb("restart", node=process)
        for node in NODES:
            self.disturb("thaw", node=node)
        self.disturb("heal")
        for tag, value in {"maintenance_key": 0, "high_level_trip": 0, "permit_switch": 1}.items():
            self.disturb("set_tag", tag=tag, value=value)
        self.disturb("set_tag", tag="return_permit_switch", value=1)
        if not self.otha_runs:
            self.start_otha()

    # Eyes

    def group(self) -> dict[str, Any] | None:
        """The group as the supervisor sees it; None when it does not answer."""
        try:
            status = self.status()
        except NoSupervisorError:
            return None
        (group,) = status["groups"]
        self._look_for_defects(status, group)
        return {**group, "tilted": status["tilted"], "isolated": status["isolated"]}

    def _look_for_defects(self, status: dict[str, Any], group: dict[str, Any]) -> None:
        if status["loop"]["defects"]:
            raise self.broken(f"the loop met defects: {status['loop']['defects']}")
        if group["halted"] is not None:
            raise self.broken(f"halted: {group['halted']}")

    @staticmethod
    def driven(group: dict[str, Any]) -> bool:
        """Record and gate agree on an owner whose frames are let through, and nothing moves."""
        gate = group["gate"]
        agreed = group["standing"] == "following" and gate["seen"] and gate["owner"] == group["active"] is not None
        calm = group["plan"] is None and not group["tilted"] and not group["isolated"]
        return bool(agreed and calm and gate["state"] == "OWNED" and gate["driven"])

    def ready(self, group: dict[str, Any]) -> bool:
        """Driven, and a switchover could be ordered."""
        return self.driven(group) and not self.why(GROUP)["obstacles"]

    def recover(self) -> float:
        """After mending, help as an operator would and wait until the group is driven and ready; seconds it took."""
        began = time.monotonic()
        step_at = began + _STEP_S
        group: dict[str, Any] | None = None
        while time.monotonic() < began + RECOVERY_S:
            group = self.group()
            with suppress(NoSupervisorError):
                if group is not None and self.ready(group):
                    took = time.monotonic() - began
                    self.tell(f"recovered in {took:.1f} s: {group['active']} drives, epoch {group['gate']['epoch']}")
                    return took
            if group is not None and time.monotonic() >= step_at:
                self.help(group)
                step_at = time.monotonic() + _STEP_S
            time.sleep(0.05)
        with suppress(OthaError):
            self.tell(f"why: {json.dumps(self.why(GROUP))}")
        raise self.broken(f"not driven and ready within {RECOVERY_S} s: {json.dumps(group)}")

    def help(self, group: dict[str, Any]) -> None:
        """One step of an operator who reads what `otha status` says."""
        if group["arming"] != "armed":
            self.give(OrderKind.ARM, arming=Arming.ARMED)
        for node in group["nodes"]:
            if node["maintenance"]:
                self.give(OrderKind.MAINTENANCE_OUT, node=node["name"])
        concern = group["concern"]
        if concern is None or group["plan"] is not None:
            # The hold-off after automatic transfers is the operator's to end.
            self.give(OrderKind.ACKNOWLEDGE, comment="seen")
            return
        self.counts[f"operator: {concern['block']}"] += 1
        match concern["block"]:
            case "gate_not_in_othas_hands":
                self.disturb("reset")
            case "nobody_drives":
                self.give(OrderKind.SWITCHOVER, node=self.dice.choice(NODES), comment="drive again")
            case "owner_disagrees" | "first_start_disagrees":
                self.give(OrderKind.SWITCHOVER, node=group["gate"]["owner"] or self.dice.choice(NODES))
            case "gate_unseen" | "not_armed":
                pass
            case block:
                raise self.broken(f"an operator does not know what to do about {block}")

    # Evidence

    def check_journal(self) -> None:
        """The journal opens, verifies, and holds every order whose reply said so."""
        verification = verify(self.state_dir)
        if not verification.ok:
            raise self.broken(f"the journal does not verify: {[str(fault) for fault in verification.faults]}")
        with Reader(self.state_dir) as reader:
            bodies = [json.loads(row.body) for row in reader.query(Query(kind="decision"))]
        kept = {body["order"]["id"] for body in bodies if "order" in body}
        lost = [id_ for id_ in self.durable_orders if id_ not in kept]
        if lost:
            raise self.broken(f"{len(lost)} acknowledged orders are not in the journal: {lost}")
        halted = [reason for body in bodies for reason in body["reasons"] if reason["why"] == "HALTED"]
        if halted:
            raise self.broken(f"a rule would have been broken: {halted}")

    def check_recordings(self) -> None:
        """Every segment that has not been replayed yet replays to the byte."""
        for segment in recordings_in(self.state_dir / "recordings"):
            if segment in self._replayed:
                continue
            replay = Replay(path=segment)
            for _ in replay.moments():
                pass
            if replay.difference is not None:
                raise self.broken(f"{segment.name} does not replay: {replay.difference}")
            self._replayed.add(segment)

    def check_logs(self) -> None:
        """No process let an exception out."""
        for log in (self.directory / "otha.log", *sorted(self.plant_dir.glob("*.log"))):
            text = log.read_text(errors="replace")
            if "Traceback" in text or "supervisor.defect" in text:
                at = text.find("Traceback")
                raise self.broken(f"{log.name}: {text[max(at - 300, 0) : at + 3000]}")

    def check_plant(self) -> None:
        """The gate was never driven by two, and let through nothing that it had to refuse. After the plant's end."""
        findings = checker.check(self.plant_dir)
        if not findings.ok:
            raise self.broken(checker.report(findings))
        self.tell(checker.report(findings))


def _shown(status: dict[str, Any]) -> int | None:
    """The number of what waits for a person in the group, if anything does."""
    (group,) = (each for each in status["groups"] if each["name"] == GROUP)
    asked = [group["persons"]["request"] and group["persons"]["request"]["number"]]
    asked.append(group["plan"] and group["plan"]["request"])
    return next((number for number in asked if number is not None), None)
