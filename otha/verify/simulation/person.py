"""The persons of a simulated site: who orders at random moments, and who afterwards puts right what the site needs."""

from otha.core.config import GroupConfig
from otha.core.group import question
from otha.core.group.state import GroupState
from otha.core.inputs import Order, OrderGiven
from otha.core.words import ConditionClass, GroupKind, OrderKind, TransferKind
from otha.verify.simulation.fault import SECOND, Asked, AskedKind
from otha.verify.simulation.shell import Shell
from otha.verify.simulation.tally import Tally

_BYPASS_NS = 30 * SECOND
_BOTH = (OrderKind.BYPASS, OrderKind.SAFE)
_KINDS = {
    AskedKind.SWITCHOVER: OrderKind.SWITCHOVER,
    AskedKind.FAILBACK: OrderKind.FAILBACK,
    AskedKind.DRILL: OrderKind.DRILL,
    AskedKind.DRILL_ABORT: OrderKind.DRILL_ABORT,
    AskedKind.ACKNOWLEDGE: OrderKind.ACKNOWLEDGE,
    AskedKind.CONFIRM: OrderKind.CONFIRM,
    AskedKind.REJECT: OrderKind.REJECT,
    AskedKind.SELECT: OrderKind.SELECT,
    AskedKind.OPERATE: OrderKind.OPERATE,
    AskedKind.CANCEL: OrderKind.CANCEL,
    AskedKind.BYPASS: OrderKind.BYPASS,
    AskedKind.SAFE: OrderKind.SAFE,
    AskedKind.RELEASE: OrderKind.RELEASE,
}
_ANSWERS = (OrderKind.CONFIRM, OrderKind.REJECT)
_NAMES_A_NODE = (OrderKind.SWITCHOVER, OrderKind.SELECT)


class Persons:
    """Gives orders to the supervisor, each with an id of its own."""

    def __init__(self, shell: Shell, tally: Tally) -> None:
        self._shell = shell
        self._tally = tally
        self._given = 0

    def ask(self, asked: Asked, cfg: GroupConfig, now: int) -> None:
        """One order at a random moment; whom it is about is chosen by what is there."""
        core = self._shell.core
        if core is None or not self._shell.awake:
            return
        g, choice = core.group(cfg.name), asked.choice
        nodes = [node.name for node in cfg.nodes]
        if asked.kind is AskedKind.MAINTENANCE:
            kind = OrderKind.MAINTENANCE_OUT if any(g.maintenance) else OrderKind.MAINTENANCE_IN
            self._order(cfg, kind, now, node=nodes[choice % len(nodes)])
            return
        kind = _KINDS[asked.kind]
        node = nodes[choice % len(nodes)] if kind in _NAMES_A_NODE and choice % 4 else None
        transfer = (*TransferKind,)[choice % len(TransferKind)] if kind is OrderKind.DRILL else None
        self._order(cfg, kind, now, node=node, transfer=transfer, request=self._seen(cfg, g, choice, kind))

    @staticmethod
    def _seen(cfg: GroupConfig, g: GroupState, choice: int, kind: OrderKind) -> int | None:
        """The number of what waits for an answer, or an old one."""
        if kind not in _ANSWERS:
            return None
        waiting = [each.number for each in question.waiting(cfg, g)]
        return waiting[choice % len(waiting)] if waiting else -1

    def _order(
        self,
        cfg: GroupConfig,
        kind: OrderKind,
        now: int,
        *,
        node: str | None = None,
        transfer: TransferKind | None = None,
        request: int | None = None,
    ) -> None:
        self._given += 1
        bypassed = [each for each in cfg.conditions if each.interlock and each.klass is ConditionClass.PROCESS]
        item = (bypassed or cfg.conditions)[0].name if cfg.conditions else None
        order = Order(
            id=f"p{self._given}",
            kind=kind,
            group=cfg.name,
            user="second" if kind in _ANSWERS else "operator",
            client="simulation",
            node=node,
            arming=None,
            comment="because",
            item=item,
            for_ns=min(_BYPASS_NS, cfg.persons.bypass_max_ns),
            transfer=transfer,
            request=request,
            seconds=_BOTH,
        )
        self._tally.orders[kind.value] += 1
        self._shell.feed(OrderGiven(order=order), now)

    def tidy(self, cfg: GroupConfig, now: int) -> None:
        """Answer what waits, take nodes back, acknowledge."""
        core = self._shell.core
        if core is None or cfg.kind is GroupKind.PAIR:
            return
        g = core.group(cfg.name)
        if g.selection is not None or g.safe_for is not None:
            self._order(cfg, OrderKind.CANCEL, now)
        for each in question.waiting(cfg, g):
            self._order(cfg, OrderKind.REJECT, now, request=each.number)
        for node, out in zip(cfg.nodes, g.maintenance, strict=True):
            if out:
                self._order(cfg, OrderKind.MAINTENANCE_OUT, now, node=node.name)
        self._order(cfg, OrderKind.ACKNOWLEDGE, now)

    def put_right(self, cfg: GroupConfig, now: int, attempt: int) -> None:
        """Order the node that shall drive: each of them in turn."""
        core = self._shell.core
        if core is None or core.group(cfg.name).plan is not None:
            return
        if core.group(cfg.name).gate.used_up:
            self._order(cfg, OrderKind.RELEASE, now)
        node = cfg.nodes[attempt % len(cfg.nodes)].name
        self._order(cfg, OrderKind.SWITCHOVER, now, node=node)
