"""Everything that the supervisor watches and commands, in virtual time: nodes, gates, clients, stores, tags, networks.

What the plant does by itself between two faults follows from the time alone; a change tells the plant to look again.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from otha.core.config import ChannelConfig, GroupConfig, SiteConfig
from otha.core.effects import Backfill, Demote, Promote, Select
from otha.core.group import machine
from otha.core.inputs import NodeReading, SelectorReading
from otha.core.words import Answer, GateState, GroupKind, Outcome, Role
from otha.site.model import Node, Site
from otha.verify.client_models import Archive, Client
from otha.verify.gate_model import GateModel
from otha.verify.simulation.body import Body
from otha.verify.simulation.chance import happens
from otha.verify.simulation.clockwork import NEVER, Clockwork
from otha.verify.simulation.fault import Fault, FaultKind
from otha.verify.simulation.keeping import Keeper
from otha.verify.simulation.network import Network, bursts
from otha.verify.simulation.section import Section
from otha.verify.simulation.targets import RECORDS, holds, machine_state, values_of, words_of

GateChanged = Callable[[Section, GateModel, GateModel, int], None]
_LAGS_ALIKE_NS = 2_000_000_000
_FEED_NS = 50_000_000
_PAIR_SWITCHES_NS = 300_000_000
_COUNTED = {
    FaultKind.CRASH: "down",
    FaultKind.PAUSE: "paused",
    FaultKind.HANG: "hung",
    FaultKind.STALE: "stale",
    FaultKind.DEGRADED: "degraded",
    FaultKind.LAG: "lagging",
    FaultKind.SLOW: "slow",
    FaultKind.BUSY: "busy",
    FaultKind.LIES: "lies",
    FaultKind.CUT_OFF: "cut_off",
}


class Plant:
    """The plant of a site, commissioned: in every group the first node drives, is used, or takes the rows.

    `lasting`: how many faults of each kind last at each target.
    """

    def __init__(self, site: Site, clockwork: Clockwork, on_gate: GateChanged) -> None:
        now = clockwork.now
        self.site = site
        self.core: SiteConfig = site.core
        self.lasting: Counter[tuple[FaultKind, str]] = Counter()
        self.network = Network(site, self)
        self.bodies = {node.name: _body(site, node) for node in site.nodes if node.is_read}
        self.driven_by = {group.section: group for group in site.core.groups if group.kind is GroupKind.DRIVER}
        self.sections = {name: _section(group, on_gate) for name, group in self.driven_by.items()}
        self.clients = {
            each.name: Client(epoch=1, node=group.nodes[0].name)
            for group in site.core.groups
            for each in group.selectors
        }
        self.client_of = {selector.name: selector.client for selector in site.selectors}
        self.keepers: dict[str, Keeper] = {}
        for group in self._of_kind(GroupKind.STORE):
            for at, member in enumerate(group.nodes):
                archive = Archive(epoch=1, active=at == 0, taking=at == 0)
                self.keepers[member.name] = Keeper(archive=archive, newest_ns=now)
        self.pairs = {group.name: group.nodes[0].name for group in self._of_kind(GroupKind.PAIR)}
        self.group_of: dict[str, GroupConfig] = {
            member.name: group for group in site.core.groups for member in group.nodes
        }
        self.values = {tag.name: values_of(site.core, tag) for tag in site.core.tags}
        self.tags = {name: values[0] for name, values in self.values.items()}
        # Who takes over the clients of one section by which ways: a node that is a client of ways there.
        self._way_of = {
            (selector.client, group.section): selector.name
            for group in self._of_kind(GroupKind.PATH)
            for selector in site.selectors
            if selector.group == group.name
        }
        self._clockwork = clockwork
        self._lags_alike_from = now
        self._changes_at = dict.fromkeys(self.sections, NEVER)
        self._numbers = {node.name: node.number for node in site.nodes}
        self.look(now)

    def _of_kind(self, kind: GroupKind) -> Iterator[GroupConfig]:
        return (group for group in self.core.groups if group.kind is kind)

    # Faults

    def begins(self, fault: Fault, now: int) -> None:
        """A fault of the plant begins; one that just happens has happened."""
        first = not self.lasting[fault.kind, fault.target]
        if fault.for_ns:
            self.lasting[fault.kind, fault.target] += 1
            self.network.changed()
        self._count(fault, 1, now)
        match fault.kind:
            case FaultKind.LOCAL:
                self.sections[fault.target].taken(now)
            case FaultKind.COLD_START:
                self.sections[fault.target].cold_start(now)
            case FaultKind.NO_PERMIT if first:
                self.sections[fault.target].permit(now, permit=False)
            case FaultKind.NO_RETURN_PERMIT if first:
                self.sections[fault.target].permit(now, return_permit=False)
            case FaultKind.APART:
                self.sections[fault.target].apart = True
            case FaultKind.TAG_TURNS:
                self._turn(fault.target, self.values[fault.target][fault.size], now)
            case FaultKind.FORGETS:
                keeper = self.keepers[fault.target]
                keeper.archive = replace(keeper.archive, active=False, taking=False)
            case FaultKind.MISSES_ROWS:
                keeper = self.keepers[fault.target]
                keeper.archive = replace(keeper.archive, whole=False)
            case FaultKind.LOSS:
                self.network.loses(fault)
                for at in bursts(fault):
                    # A burst begins or ends: replies are not as usual any more, or again.
                    self._clockwork.at(at, self.look)
            case _:
                pass
        self.look(now)

    def ends(self, fault: Fault, now: int) -> None:
        """A fault that lasted is over."""
        key = (fault.kind, fault.target)
        self.lasting[key] -= 1
        if not self.lasting[key]:
            del self.lasting[key]
            self.network.changed()
        self._count(fault, -1, now)
        last = key not in self.lasting
        match fault.kind:
            case FaultKind.CRASH if last:
                self.bodies[fault.target].session += 1
            case FaultKind.LOCAL if last:
                self.sections[fault.target].given_back(now)
            case FaultKind.NO_PERMIT if last:
                self.sections[fault.target].permit(now, permit=True)
            case FaultKind.NO_RETURN_PERMIT if last:
                self.sections[fault.target].permit(now, return_permit=True)
            case FaultKind.APART if last:
                self.sections[fault.target].apart = False
            case FaultKind.TAG_TURNS if last:
                self._turn(fault.target, self.values[fault.target][0], now)
            case FaultKind.LOSS:
                self.network.loses_no_more(fault)
            case _:
                pass
        self.look(now)

    def _count(self, fault: Fault, by: int, now: int) -> None:
        counted = _COUNTED.get(fault.kind)
        if counted is not None:
            body = self.bodies[fault.target]
            setattr(body, counted, getattr(body, counted) + by)
            body.mark(now)
            if fault.kind is FaultKind.LAG:
                # Until then what it lags by may come to be too much, with nothing else to tell of it.
                rpo_ns = self.group_of[body.name].rpo_ns or 0
                self._lags_alike_from = max(self._lags_alike_from, now + rpo_ns + _LAGS_ALIKE_NS)
            self._clockwork.at(now + _FEED_NS, self.replicate)
            self._clockwork.at(now + _PAIR_SWITCHES_NS, self.switch_pairs)

    def lasts(self, kind: FaultKind, target: str) -> bool:
        """Whether a fault of this kind lasts at this target."""
        return (kind, target) in self.lasting

    @property
    def replies_as_usual(self) -> bool:
        """Whether everything that is asked for is answered, and in the same way until the next change."""
        if any(kind.changes_replies for kind, _ in self.lasting):
            return False
        now = self._clockwork.now
        return now >= self._lags_alike_from and not self.network.in_burst(now)

    def _turn(self, tag: str, value: int, now: int) -> None:
        self.tags[tag] = value
        for section, group in self.driven_by.items():
            if group.machine is None:
                continue
            state = machine_state(group.machine, self.tags)
            # A state that OTHA can't tell is one to the program: it keeps its permit as it was.
            if state is not None:
                self.sections[section].permit(now, phase_permits=machine.lets_any_go(group.machine.states[state]))

    def interlocks_hold(self, group: GroupConfig) -> bool:
        """Whether every interlock of a group is true in the plant itself."""
        return all(holds(each.when, self.tags) for each in group.conditions if each.interlock)

    # What follows from a change

    def look(self, now: int) -> None:
        """Frames and rows begin or end to come, as nodes, ways and clients are now."""
        for name, section in self.sections.items():
            section.flow(self._session_at(section.gate.owner, name), now)
            self._await(name, section, now)
        for name, keeper in self.keepers.items():
            self._keep(name, keeper, now)

    def _await(self, name: str, section: Section, now: int) -> None:
        """The section's next change by itself is worked when its time comes, if it still is to come then."""
        at = section.next_at(now)
        if at == self._changes_at[name]:
            return
        self._changes_at[name] = NEVER if at is None else at
        if at is None:
            return

        def comes(then: int) -> None:
            if self._changes_at[name] == then:
                self._changes_at[name] = NEVER
                section.pass_time(then)
                self.look(then)

        self._clockwork.at(at, comes)

    def _session_at(self, owner: str | None, section: str) -> int | None:
        """The session of the owner's frames that reach the section, None if none do."""
        body = self.bodies.get(owner or "")
        if body is None or not body.works or body.cut_off or not self._way_carries(body.name, section):
            return None
        return body.session

    def _way_carries(self, node: str, section: str) -> bool:
        selector = self._way_of.get((node, section))
        if selector is None:
            return True
        way = self.bodies.get(self.clients[selector].node or "")
        return way is not None and way.works

    def drives(self, group: GroupConfig, node: str | None) -> bool:
        """Whether this node of a group serves its target now, whatever anybody has read of it."""
        body = self.bodies.get(node or "")
        if body is None or not body.works:
            return False
        match group.kind:
            case GroupKind.DRIVER:
                section = self.sections[group.section]
                return section.gate.owner == node and section.gate.state is GateState.OWNED and section.flows
            case GroupKind.PATH:
                return all(self.clients[each.name].node == node for each in group.selectors)
            case GroupKind.STORE:
                keeper = self.keepers[body.name]
                return keeper.archive.active and keeper.grows
            case GroupKind.PAIR:
                return self.pairs[group.name] == node

    # Clients and stores

    def client_reached(self, selector: str) -> bool:
        """Whether a command comes to a client's switch, and its answer back."""
        return self.client_seen(selector) and not self.lasts(FaultKind.CLIENT_DEAF, self.client_of[selector])

    def client_seen(self, selector: str) -> bool:
        """Whether the supervisor can read a client's switch."""
        client = self.client_of[selector]
        return self.bodies[client].answers and self.network.reaches_node(client)

    def switch(self, selector: str) -> SelectorReading:
        """What a client's switch says."""
        client = self.clients[selector]
        return SelectorReading(epoch=client.epoch, node=self._numbers[client.node] if client.node is not None else 0)

    def select(self, selector: str, do: Select, now: int) -> Outcome:
        """A client's switch is told."""
        before = self.clients[selector]
        after = before.told(do)
        if after is None:
            return Outcome.REFUSED
        self.clients[selector] = after
        self.look(now)
        return Outcome.DONE

    def order_store(self, do: Promote | Demote | Backfill, now: int) -> Outcome:
        """A store is told. The caller has seen to it that the command comes there."""
        keeper = self.keepers[do.node]
        archive, already = keeper.archive, False
        match do:
            case Promote():
                already = do.epoch == archive.epoch and archive.active
                # Whoever takes over has not seen what came since its peer was last heard.
                after = Archive(epoch=do.epoch, active=True, taking=False, whole=False)
            case Demote():
                already = do.epoch == archive.epoch and not archive.active
                after = replace(archive, epoch=do.epoch, active=False, taking=False)
            case Backfill():
                keeper.archive = replace(archive, whole=True)
                return Outcome.DONE
        if already:
            return Outcome.DONE
        if do.epoch <= archive.epoch:
            return Outcome.REFUSED
        keeper.archive = after
        self._clockwork.at(now + _FEED_NS, self.replicate)
        self.look(now)
        return Outcome.DONE

    def replicate(self, now: int) -> None:
        """Each active store that works feeds its peers: one under a lower epoch follows, a higher one ends its duty."""
        for group in self._of_kind(GroupKind.STORE):
            members = [each.name for each in group.nodes if self.bodies[each.name].works]
            for name in members:
                for peer in members:
                    self._feed(self.keepers[name], self.keepers[peer])
        self.look(now)

    @staticmethod
    def _feed(keeper: Keeper, peer: Keeper) -> None:
        if not keeper.archive.active or keeper is peer:
            return
        if peer.archive.epoch > keeper.archive.epoch:
            keeper.archive = replace(keeper.archive, active=False, taking=False)
        elif peer.archive.epoch < keeper.archive.epoch:
            peer.archive = replace(peer.archive, epoch=keeper.archive.epoch, active=False, taking=False)

    def _keep(self, name: str, keeper: Keeper, now: int) -> None:
        archive, group = keeper.archive, self.group_of[name]
        writes = archive.active and self.bodies[name].works and self._is_written(group, name, archive.epoch)
        keeper.grow(now, grows=writes)
        if writes and not archive.taking:
            keeper.archive = replace(archive, taking=True)

    def _is_written(self, group: GroupConfig, name: str, epoch: int) -> bool:
        clients = [(self.client_of[each.name], self.clients[each.name]) for each in group.selectors]
        return any(
            self.bodies[client].works and (switch.node, switch.epoch) == (name, epoch) for client, switch in clients
        )

    # Pairs that switch themselves

    def switch_pairs(self, now: int) -> None:
        """A pair whose active node does not work goes over to the one that does."""
        for group in self._of_kind(GroupKind.PAIR):
            if not self.bodies[self.pairs[group.name]].works:
                works = [each.name for each in group.nodes if self.bodies[each.name].works]
                self.pairs[group.name] = works[0] if works else self.pairs[group.name]
        self.look(now)

    # What nodes say

    def answer(self, cfg: ChannelConfig, number: int, now: int) -> Answer | None:
        """How a heartbeat on this channel is answered, None: not at all. `number`: which heartbeat it is."""
        body = self.bodies[cfg.node]
        if not body.answers or not self.network.carries_channel(cfg, number, now):
            return None
        if body.busy and happens(body.number, number, 50):
            return Answer.BUSY
        return Answer.LATE if body.slow else Answer.REPLIED

    def reading(self, name: str, now: int) -> NodeReading:
        """What a node says of itself at `now`."""
        body, group = self.bodies[name], self.group_of[name]
        role = self._role(body, group)
        lags_from = body.lags_from
        known = now if lags_from is None else lags_from
        if group.kind is not GroupKind.STORE:
            worked = now if body.hung_at is None else body.hung_at
            return body.reading(
                now, position_ns=worked, acked_ns=known, role=role, epoch=None, missing=None, stored=None
            )
        keeper = self.keepers[name]
        archive = keeper.archive
        rows = self._rows(group, now)
        own = keeper.newest(now) if archive.active else rows
        return body.reading(
            now,
            position_ns=own,
            acked_ns=rows if lags_from is None else min(rows, lags_from),
            role=role,
            epoch=archive.epoch,
            missing=0 if archive.whole else 7,
            stored=own // body.cycle_ns,
        )

    def _rows(self, group: GroupConfig, now: int) -> int:
        """The newest row of any store of the group, as a time."""
        return max(self.keepers[each.name].newest(now) for each in group.nodes)

    def _role(self, body: Body, group: GroupConfig) -> Role:
        if body.lies:
            return Role.ACTIVE
        match group.kind:
            case GroupKind.DRIVER:
                section = self.sections[group.section]
                # One that does not reach its section goes on saying what it was.
                if not body.cut_off:
                    owns = section.gate.owner == body.name and section.takes(body.session)
                    body.role = Role.ACTIVE if owns else Role.STANDBY
                return body.role
            case GroupKind.PATH:
                return Role.UNKNOWN
            case GroupKind.STORE:
                return Role.ACTIVE if self.keepers[body.name].archive.active else Role.STANDBY
            case GroupKind.PAIR:
                return Role.ACTIVE if self.pairs[group.name] == body.name else Role.STANDBY

    @property
    def records_away(self) -> bool:
        """The store of the records does not answer."""
        return self.lasts(FaultKind.STORE_AWAY, RECORDS)

    @property
    def records_slow(self) -> bool:
        """The store of the records answers late."""
        return self.lasts(FaultKind.STORE_SLOW, RECORDS)


def _body(site: Site, node: Node) -> Body:
    groups = [group for group in site.core.groups if any(each.name == node.name for each in group.nodes)]
    if not groups:
        return Body(node.name, node.number, 1_000_000_000, frozenset(), 0)
    cycle_ns = next(each.cycle_ns for each in groups[0].nodes if each.name == node.name)
    return Body(node.name, node.number, cycle_ns, words_of(node), len(groups[0].tracked))


def _section(group: GroupConfig, on_gate: GateChanged) -> Section:
    numbers = {node.name: node.number for node in group.nodes}
    cycles = {node.name: node.cycle_ns for node in group.nodes}
    return Section(group.own_gate, numbers, cycles, group.nodes[0].name, on_gate)
