"""Clients, ways and stores around one group of kind `path` or `store`, as small models.

Behind a path stands a section that a server drives whatever happens here: its frames come while the way that the first
client has chosen works. A store takes a client's rows only under the very epoch that it was promoted under, and feeds
its peer; a peer that obeyed a newer epoch makes it stand by.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from otha.core.altered import altered
from otha.core.config import GroupConfig
from otha.core.effects import Action, Backfill, Demote, Promote, Select
from otha.core.errors import DefectError, InvariantBreachError
from otha.core.group import guard
from otha.core.group import step as group_step
from otha.core.group.event import GateJudged, NodeJudged, SelectorJudged
from otha.core.group.key import Plain, packed
from otha.core.group.state import GateView, NodeView, SelectorView, Shared, StoreView
from otha.core.inputs import Record
from otha.core.words import GateState, GroupKind, Liveness, Milestone, Outcome, Role, Standing, Verdict
from otha.verify import around
from otha.verify.around import HEALTHY, STATES_OF_A_BODY, Around, Body, Move, body_of, common_faults, tell, with_body
from otha.verify.client_models import Archive, Client, Passage

SERVER = "server"
_REMEMBERED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectWorld(Around):
    """`chosen`: which node clients took under the last epochs. `written`: which store took rows under them."""

    clients: tuple[Client, ...]
    archives: tuple[Archive, ...]
    passage: Passage
    chosen: tuple[tuple[int, str], ...] = ()
    written: tuple[tuple[int, str], ...] = ()

    def soon(self) -> Iterator[Move["RedirectWorld"]]:
        yield from around.results(self)
        yield from _plant(self)
        yield from _views(self)

    def faults(self) -> Iterator[Move["RedirectWorld"]]:
        w = altered(self, faults_left=self.faults_left - 1)
        yield from _node_faults(w)
        yield from _client_faults(w)
        if w.cfg.kind is GroupKind.STORE:
            yield from _archive_faults(w)
        elif w.cfg.gate is not None:
            yield from _passage_faults(w)
        yield from common_faults(w)

    def carry_out(self, action: Action) -> tuple["RedirectWorld", Outcome]:
        match action:
            case Select():
                return _select(self, action)
            case Promote() | Demote() | Backfill():
                return _order_store(self, action)
            case _:
                raise DefectError(f"{self.cfg.name} drives no section: {action}")

    def obeyed(self, action: Action) -> bool:
        match action:
            case Select():
                return any(client.told(action) not in (None, client) for client in self.clients)
            case Promote(node=node, epoch=epoch) | Demote(node=node, epoch=epoch):
                return epoch > self.archives[_index(self, node)].epoch
            case _:
                return True

    def looked(self) -> "RedirectWorld":
        """Switches and stores are read at their own pace."""
        return self

    def key(self) -> bytes:
        base = self.store.epoch if self.store is not None else 0
        passage = self.passage
        return packed(
            (
                around.group_key(self),
                around.messages_key(self),
                tuple([(each.epoch - base, each.node, each.seen, each.reached) for each in self.clients]),
                tuple([_archive_key(each, base) for each in self.archives]),
                (passage.seen, passage.driven, passage.fresh, None if passage.shut is None else passage.shut.value),
                tuple([(epoch - base, node) for epoch, node in self.chosen]),
                tuple([(epoch - base, node) for epoch, node in self.written]),
            )
        )

    def at_rest(self) -> str:
        g = self.g
        if g.unverified:
            if _nothing_hinders(self):
                raise InvariantBreachError("L1", "nothing hinders the transfer, and still it does not end")
            return "unverified"
        if g.standing is not Standing.FOLLOWING:
            return around.stated_concern(g)
        if served(self):
            return "served"
        if g.store is not StoreView.KNOWN or self.shared.tilted or self.shared.isolated or g.settle_until is not None:
            return "blind"
        if g.suspicion is not None and g.told:
            return f"suspect, blocked: {g.told[0].block.code}"
        if g.told:
            return f"vetoed: {g.told[0].block.code}"
        if unseen := guard.selectors(self.cfg, g) + guard.gate_in_sight(self.cfg, g):
            return f"blind: {unseen[0].block.code}"
        if any(not client.seen or not client.reached for client in self.clients):
            return "a client is away"
        if self.passage.shut is not None:
            return "shut"
        if any(archive.lies and not archive.active for archive in self.archives):
            # It claims a duty that it has not, and takes no rows: only its clients could tell.
            return "a store lies"
        raise InvariantBreachError("L4", "clients are not served and nothing says so")


def _archive_key(archive: Archive, base: int) -> Plain:
    in_rpo = archive.in_rpo._value_
    return (archive.epoch - base, archive.active, archive.taking, archive.whole, in_rpo, archive.lies)


def _nothing_hinders(w: RedirectWorld) -> bool:
    """Whether the node that the open claim moves to is well, and so is everything else that it needs."""
    claim = w.store.claim if w.store is not None else None
    body = body_of(w, claim.to_node if claim is not None else None)
    well = body is not None and body.works and body.seen and w.interlock is Verdict.TRUE and not w.shared.tilted
    # A store that forgot a promotion takes none again under its epoch: a person's order claims another one.
    claimed = w.store.epoch - 1 if w.store is not None else 0
    forgot = any(archive.epoch >= claimed and not archive.active for archive in w.archives)
    archives = not forgot and all(archive.in_rpo is Verdict.TRUE for archive in w.archives)
    clients = all(client.seen and client.reached for client in w.clients)
    return well and archives and clients and w.passage.seen and w.passage.shut is None


def served(w: RedirectWorld) -> bool:
    """Whether every client uses the recorded node, and it works for all of them."""
    active = w.g.record.active if w.g.record is not None else None
    body = body_of(w, active)
    if body is None or not body.works or any(client.node != active for client in w.clients):
        return False
    if w.cfg.kind is GroupKind.PATH:
        return w.cfg.gate is None or w.passage.driven
    archive = w.archives[_index(w, active)]
    return archive.active and archive.taking and all(client.epoch == archive.epoch for client in w.clients)


def _index(w: RedirectWorld, name: str | None) -> int:
    index = guard.node_index(w.cfg, name)
    assert index is not None, name
    return index


# What commands do


def _select(w: RedirectWorld, do: Select) -> tuple[RedirectWorld, Outcome]:
    if w.store is None or do.epoch > w.store.epoch:
        raise InvariantBreachError("S9", "a client is told an epoch that nobody claimed")
    outcome = Outcome.DONE
    clients = []
    for client in w.clients:
        after = client.told(do) if client.reached else None
        if after is not None and after.epoch < client.epoch:
            raise InvariantBreachError("S2", "a client's epoch shrank")
        if after is None:
            outcome = Outcome.REFUSED if client.reached else Outcome.UNKNOWN
        elif do.node is not None and after != client:
            known = dict(w.chosen).get(do.epoch)
            if known not in (None, do.node):
                raise InvariantBreachError("S2", f"clients use {known} and {do.node} under epoch {do.epoch}")
            if known is None:
                w = altered(w, chosen=(*w.chosen[1 - _REMEMBERED :], (do.epoch, do.node)))
        clients.append(after or client)
    return altered(w, clients=tuple(clients)), outcome


def _order_store(w: RedirectWorld, do: Promote | Demote | Backfill) -> tuple[RedirectWorld, Outcome]:
    index = _index(w, do.node)
    body, archive = w.bodies[index], w.archives[index]
    if not body.works or not body.seen:
        return w, Outcome.UNKNOWN
    if w.store is None or do.epoch > w.store.epoch:
        raise InvariantBreachError("S9", "a store is told an epoch that nobody claimed")
    match do:
        case Promote():
            return _promote(w, index, archive, do)
        case Demote():
            if do.epoch == archive.epoch and not archive.active:
                return w, Outcome.DONE
            if do.epoch <= archive.epoch:
                return w, Outcome.REFUSED
            return _with_archive(w, index, altered(archive, epoch=do.epoch, active=False, taking=False)), Outcome.DONE
        case Backfill():
            return _with_archive(w, index, altered(archive, whole=True)), Outcome.DONE


def _promote(w: RedirectWorld, index: int, archive: Archive, do: Promote) -> tuple[RedirectWorld, Outcome]:
    if do.epoch == archive.epoch and archive.active:
        return w, Outcome.DONE
    if do.epoch <= archive.epoch:
        return w, Outcome.REFUSED
    for config, client in zip(w.cfg.selectors, w.clients, strict=True):
        if config.critical and client.epoch <= do.epoch and client.node not in (None, do.node):
            raise InvariantBreachError("S3", f"{do.node} is promoted while {config.name} uses {client.node}")
    # Whoever takes over has not seen what came since its peer was last heard.
    after = altered(archive, epoch=do.epoch, active=True, taking=False, whole=False)
    return _with_archive(w, index, after), Outcome.DONE


def _with_archive(w: RedirectWorld, index: int, archive: Archive) -> RedirectWorld:
    if archive.epoch < w.archives[index].epoch:
        raise InvariantBreachError("S2", "a store's epoch shrank")
    return altered(w, archives=(*w.archives[:index], archive, *w.archives[index + 1 :]))


# What happens by itself


def _plant(w: RedirectWorld) -> Iterator[Move[RedirectWorld]]:
    if w.cfg.kind is GroupKind.PATH:
        if w.cfg.gate is not None:
            yield from _frames(w)
        return
    for index, archive in enumerate(w.archives):
        if not archive.active or not w.bodies[index].works:
            continue
        name = w.cfg.nodes[index].name
        writing = any((client.node, client.epoch) == (name, archive.epoch) for client in w.clients)
        if writing and not archive.taking:
            yield f"{name} takes rows", lambda index=index: _write(w, index)  # type: ignore[misc]  # bound as default
        for at, peer in enumerate(w.archives):
            if at != index and w.bodies[at].works and peer.epoch != archive.epoch:
                yield f"{name} feeds its peer", lambda index=index, at=at: _feed(w, index, at)  # type: ignore[misc]  # bound as defaults


def _write(w: RedirectWorld, index: int) -> RedirectWorld:
    archive, name = w.archives[index], w.cfg.nodes[index].name
    known = dict(w.written).get(archive.epoch)
    if known not in (None, name):
        raise InvariantBreachError("S1", f"{known} and {name} took rows under epoch {archive.epoch}")
    if known is None:
        w = altered(w, written=(*w.written[1 - _REMEMBERED :], (archive.epoch, name)))
    return _with_archive(w, index, altered(archive, taking=True))


def _feed(w: RedirectWorld, index: int, at: int) -> RedirectWorld:
    archive, peer = w.archives[index], w.archives[at]
    if peer.epoch > archive.epoch:
        return _with_archive(w, index, altered(archive, active=False, taking=False))
    return _with_archive(w, at, altered(peer, epoch=archive.epoch, active=False, taking=False))


def _frames(w: RedirectWorld) -> Iterator[Move[RedirectWorld]]:
    passage = w.passage
    way = body_of(w, w.clients[0].node)
    carried = way is not None and way.works
    if carried and not (passage.fresh and passage.driven):
        yield "frames come", lambda: _with_passage(w, altered(passage, fresh=True, driven=True))
    if not carried and passage.driven:
        yield "owner watchdog", lambda: _with_passage(w, altered(passage, driven=False))
    if not carried and not passage.driven and passage.fresh:
        yield "the last frame grows old", lambda: _with_passage(w, altered(passage, fresh=False))


def _with_passage(w: RedirectWorld, passage: Passage) -> RedirectWorld:
    return altered(w, passage=passage)


def _views(w: RedirectWorld) -> Iterator[Move[RedirectWorld]]:
    for index, config in enumerate(w.cfg.nodes):
        view = _node_view(w, index)
        if view != w.g.nodes[index]:
            node = NodeJudged(index=index, view=view)
            yield f"{config.name} judged {view.liveness.value}, {view.role.value}", lambda node=node: tell(w, node)  # type: ignore[misc]  # bound as default
    for index, (selector, client) in enumerate(zip(w.cfg.selectors, w.clients, strict=True)):
        known = w.g.selectors[index]
        shown = SelectorView(seen=True, epoch=client.epoch, node=client.node)
        shown = shown if client.seen else altered(known, seen=False)
        if shown != known:
            read = SelectorJudged(index=index, view=shown)
            yield f"{selector.name} read", lambda read=read: tell(w, read)  # type: ignore[misc]  # bound as default
    gate = _gate_view(w)
    if gate != w.g.gate:
        yield "gate read", lambda: tell(w, GateJudged(view=gate))
    yield from around.conditions_read(w)
    yield from around.machine_read(w)


def _node_view(w: RedirectWorld, index: int) -> NodeView:
    body, known = w.bodies[index], w.g.nodes[index]
    archive = w.archives[index] if w.archives else Archive(epoch=0, active=False, taking=False)
    if not body.seen:
        return altered(known, liveness=Liveness.DEAD, role=Role.UNKNOWN, level=0, in_rpo=archive.in_rpo)
    liveness = Liveness.ALIVE if body.works else Liveness.FROZEN
    role = Role.ACTIVE if archive.active or archive.lies else Role.STANDBY
    ready = Verdict.TRUE
    if not w.archives:
        return NodeView(liveness=liveness, role=role, level=HEALTHY, in_rpo=Verdict.TRUE, ready=ready)
    return NodeView(
        liveness=liveness,
        role=role,
        level=HEALTHY,
        in_rpo=archive.in_rpo,
        ready=ready,
        epoch=archive.epoch,
        taking=Verdict.TRUE if archive.taking else Verdict.FALSE,
        whole=Verdict.TRUE if archive.whole else Verdict.FALSE,
    )


def _gate_view(w: RedirectWorld) -> GateView:
    passage = w.passage
    if w.cfg.gate is None:
        return GateView()
    if not passage.seen:
        return altered(w.g.gate, seen=False, owner_fresh=False, driven=False)
    return GateView(
        seen=True,
        boot=1,
        state=passage.state,
        owner=SERVER,
        last_driver=SERVER,
        owner_epoch=1,
        epoch=1,
        granted=1,
        permit=True,
        return_permit=True,
        owner_fresh=passage.fresh,
        driven=passage.driven and passage.shut is None,
    )


# What goes wrong


def _node_faults(w: RedirectWorld) -> Iterator[Move[RedirectWorld]]:
    for index, body in enumerate(w.bodies):
        name = w.cfg.nodes[index].name
        for what, changed in STATES_OF_A_BODY.items():
            if changed != body:
                yield f"FAULT {name} {what}", lambda index=index, changed=changed: with_body(w, index, changed)  # type: ignore[misc]  # bound as defaults


def _client_faults(w: RedirectWorld) -> Iterator[Move[RedirectWorld]]:
    states = {"away": (False, False), "unseen": (False, True), "deaf": (True, False), "well again": (True, True)}
    for index, client in enumerate(w.clients):
        name = w.cfg.selectors[index].name
        for what, (seen, reached) in states.items():
            after = altered(client, seen=seen, reached=reached)
            if after != client:
                clients = (*w.clients[:index], after, *w.clients[index + 1 :])
                yield f"FAULT {name} {what}", lambda clients=clients: altered(w, clients=clients)  # type: ignore[misc]  # bound as default


def _archive_faults(w: RedirectWorld) -> Iterator[Move[RedirectWorld]]:
    for index, archive in enumerate(w.archives):
        name = w.cfg.nodes[index].name
        lag = Verdict.FALSE if archive.in_rpo is Verdict.TRUE else Verdict.TRUE
        wrong = {
            "lies about its role": altered(archive, lies=not archive.lies),
            f"in RPO {lag.value}": altered(archive, in_rpo=lag),
            "misses rows": altered(archive, whole=False),
            "forgets that it is active": altered(archive, active=False, taking=False),
        }
        for what, after in wrong.items():
            if after != archive:
                yield f"FAULT {name} {what}", lambda index=index, after=after: _with_archive(w, index, after)  # type: ignore[misc]  # bound as defaults


def _passage_faults(w: RedirectWorld) -> Iterator[Move[RedirectWorld]]:
    passage = w.passage
    changed = {
        "gate out of sight" if passage.seen else "gate in sight": altered(passage, seen=not passage.seen),
        "a person takes LOCAL": altered(passage, shut=GateState.LOCAL),
        "the section goes SAFE": altered(passage, shut=GateState.SAFE),
        "a person gives the section back": altered(passage, shut=None),
    }
    for what, after in changed.items():
        if after != passage:
            yield f"FAULT {what}", lambda after=after: _with_passage(w, after)  # type: ignore[misc]  # bound as default


def commissioned(cfg: GroupConfig) -> RedirectWorld:
    """A running group: all clients use the first node under epoch 1, and the record agrees. Without any budget yet."""
    first = cfg.nodes[0].name
    stores = cfg.nodes if cfg.kind is GroupKind.STORE else ()
    return RedirectWorld(
        cfg=cfg,
        g=group_step.start(cfg, 0),
        shared=Shared(),
        now=0,
        store=Record(epoch=1, active=first, claim=None, milestone=Milestone.DONE, revision="1"),
        store_serial=1,
        bodies=tuple(Body() for _ in cfg.nodes),
        interlock=Verdict.TRUE,
        flying=(),
        late=(),
        faults_left=0,
        orders_left=0,
        clients=tuple(Client(epoch=1, node=first) for _ in cfg.selectors),
        archives=tuple(Archive(epoch=1, active=node.name == first, taking=node.name == first) for node in stores),
        passage=Passage(),
        chosen=((1, first),),
        written=((1, first),) if stores else (),
    )
