"""Nodes that are made when somebody asks for them are the ones that asyncua would have made at once."""

import asyncio
import os
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asyncua.server.internal_server import InternalServer
from asyncua.ua.ua_binary import struct_to_binary

from otha import names
from otha.interface import model, standard
from otha.interface.mirror import Doubt, Mirror
from otha.interface.nodes import Nodes
from otha.interface.own_nodes import Link
from otha.interface.space import Space
from tests.interface.clients import ua
from tests.interface.house import first_status

INDEX = 2
NOW, LATER, LATEST = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3))


@pytest.fixture(scope="module")
def eager() -> Iterator[InternalServer]:
    """asyncua's server, which makes every node at once."""
    server = InternalServer()
    asyncio.run(server.init())
    yield server
    asyncio.run(server.stop())


@pytest.fixture(scope="module")
def kept(eager: InternalServer) -> bytes:
    """Its nodes as they are kept in a file."""
    held: Any = eager.aspace
    return standard.packed(held._nodes)


@pytest.fixture
def server(kept: bytes) -> Iterator[InternalServer]:
    """A server whose nodes all come from there."""
    made = InternalServer()
    Nodes.of(made.aspace).add(standard.KeptNodes(kept))
    yield made
    asyncio.run(made.stop())


async def nothing(*_given: Any) -> list[Any]:
    """Nobody calls it."""
    return []


def filled(server: InternalServer) -> Space:
    space = Space(server, INDEX)
    model.build(space, first_status(), lambda _method: nothing, lambda _service: nothing)
    return space


def shown(data: Any) -> tuple[dict[int, Any], list[bytes]]:
    """What a client sees of a node: attributes but for the times of values, and references on the wire in any order."""
    attributes = {
        int(number): (each.value.Value, each.value.StatusCode, type(each.value.Value.Value))
        for number, each in data.attributes.items()
    }
    return attributes, sorted(struct_to_binary(each) for each in data.references)


def test_every_node_of_ours_is_as_asyncua_makes_it(eager: InternalServer, server: InternalServer) -> None:
    space = filled(server)
    held, service = Nodes.of(server.aspace), eager.node_mgt_service
    own: Any = space._own
    for name, said in own._declared.items():
        item = ua.AddNodesItem()
        item.RequestedNewNodeId, item.BrowseName = space.id(name), ua.QualifiedName(said.shown, said.names)
        item.ParentNodeId, item.ReferenceTypeId = said.parent, ua.NodeId(said.reference)
        item.NodeClass, item.NodeAttributes = said.node_class, said.attributes()
        if said.kind is not None:
            item.TypeDefinition = said.kind
        (result,) = service.add_nodes([item])
        assert result.StatusCode.is_good(), name
    for name, said in own._declared.items():
        for link in said.links or ():
            if isinstance(link, Link):
                refer = ua.AddReferencesItem(IsForward=True)
                refer.SourceNodeId, refer.ReferenceTypeId = space.id(name), ua.NodeId(link.reference)
                refer.TargetNodeId, refer.TargetNodeClass = link.target, link.node_class
                (code,) = service.add_references([refer])
                assert code.is_good(), name
    before = held.made
    for name in own._declared:
        assert shown(held[space.id(name)]) == shown(eager.aspace[space.id(name)]), name
    assert held.made >= before + len(own._declared)
    for number in (ua.ObjectIds.ObjectsFolder, ua.ObjectIds.BaseObjectType, ua.ObjectIds.AlarmConditionType):
        assert shown(held[ua.NodeId(number)]) == shown(eager.aspace[ua.NodeId(number)])


def test_what_nobody_asks_for_is_not_made(server: InternalServer) -> None:
    space, held = filled(server), Nodes.of(server.aspace)
    assert held.made < 100
    wanted = space.id(names.variable_id(names.SITE, "Name"))
    assert wanted in server.aspace
    assert not space.is_made(wanted.Identifier)
    assert server.aspace[wanted] is server.aspace[wanted]
    assert space.is_made(wanted.Identifier)
    assert space.id("Site.Nothing") not in server.aspace
    assert server.aspace.get(space.id("Site.Nothing")) is None
    assert {*held} >= {wanted, ua.NodeId(ua.ObjectIds.Server)}


def test_opc_uas_own_nodes_are_kept_as_they_are(eager: InternalServer, kept: bytes) -> None:
    found, held = standard.KeptNodes(kept), dict[Any, Any](vars(eager.aspace)["_nodes"])
    theirs = [node for node in held if node.NamespaceIndex == 0]
    assert {*found} == {*theirs}
    for node in theirs[::17]:
        assert shown(found.make(node)) == shown(held[node])


def test_nothing_but_data_comes_out_of_the_file(eager: InternalServer) -> None:
    class Run:
        def __reduce__(self) -> Any:
            return os.system, ("true",)

    node = eager.aspace[ua.NodeId(ua.ObjectIds.Server)]
    evil: Any = type(node)(node.nodeid)
    evil.references = [Run()]
    made: Any = standard.KeptNodes(standard.packed({node.nodeid: evil}))
    with pytest.raises(pickle.UnpicklingError):
        made.make(node.nodeid)


@pytest.mark.parametrize("harm", [lambda data: data[:100], lambda data: data[:-1], lambda data: data[:-1] + b"\xff"])
def test_a_file_that_is_not_whole_is_not_taken(kept: bytes, tmp_path: Path, harm: Any) -> None:
    file = tmp_path / "kept"
    file.write_bytes(kept)
    assert standard._read(file) is not None
    file.write_bytes(harm(kept))
    assert standard._read(file) is None


@pytest.mark.asyncio
async def test_a_variable_has_its_value_whenever_it_is_made(server: InternalServer) -> None:
    space = filled(server)
    mirror, status = Mirror(server, space), first_status()
    early, late = (space.id(names.variable_id(names.SITE, each)) for each in ("Name", "Supervisor"))

    def seen(node: Any) -> tuple[Any, Any, int]:
        found: Any = server.aspace.read_attribute_value(node, ua.AttributeIds.Value)
        return found.Value.Value, found.SourceTimestamp, found.StatusCode.value

    server.aspace.get(early)
    await mirror.show(status, NOW)
    assert seen(early) == ("two_tanks", NOW, Doubt.NONE.value)
    await mirror.show({**status, "supervisor": "another"}, LATER)
    assert seen(early)[1] == NOW
    assert seen(late) == ("another", LATER, Doubt.NONE.value)
    await mirror.doubt(Doubt.OLD, LATEST)
    site = space.id(names.variable_id(names.SITE, "Simulation"))
    for node, value in ((early, "two_tanks"), (late, "another"), (site, True)):
        assert seen(node) == (value, LATEST, Doubt.OLD.value)
    await mirror.doubt(Doubt.LOST, LATEST)
    version = space.id(names.variable_id(names.SITE, "Version"))
    assert seen(early) == seen(version) == (None, LATEST, Doubt.LOST.value)
    await mirror.show(status, LATEST)
    assert (seen(early)[0], seen(version)[0]) == ("two_tanks", "0.0")


def test_what_other_versions_have_kept_is_removed_and_nothing_else(
    tmp_path: Path, kept: bytes, server: InternalServer
) -> None:
    file = standard.file_in(tmp_path)
    file.write_bytes(kept)
    old = [tmp_path / f"standard-{each}.nodes" for each in ("1.1.5-cpython-311", "2.0.0rc1-cpython-312")]
    others = [
        tmp_path / each
        for each in (
            "users.json",
            "standard-notes.nodes",
            "standard-1.1.5-cpython-311.nodes.bak",
            "my-standard-1.nodes",
        )
    ]
    for each in (*old, *others):
        each.write_bytes(b"x")
    (tmp_path / "standard-1.0.0-cpython-310.nodes").symlink_to(others[0])
    (tmp_path / "standard-0.9-cpython-39.nodes").mkdir()
    standard.load(server.aspace, server.node_mgt_service, file)
    assert not any(each.exists() for each in old)
    assert all(each.read_bytes() == b"x" for each in others)
    assert file.read_bytes() == kept
    assert len(list(tmp_path.iterdir())) == len(others) + 3
