"""OPC UA in site files and profiles: how nodes are named, what their values say, and what is refused."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from otha.core.inputs import SelectorReading
from otha.core.words import Role
from otha.site.check import as_data
from otha.site.cost import devices
from otha.site.decode import GarbledReadingError
from otha.site.load import load_site
from otha.site.model import Site
from otha.site.opcua import (
    INT64_MAX,
    NodeName,
    OpcuaDecoder,
    Want,
    compile_opcua,
    decode_node_values,
    decode_switches,
    parse_node,
)
from otha.site.problem import SiteErrors
from otha.site.profile_file import SwitchTable, Word
from otha.site.written import OpcuaSecurity
from tests.runtime.opcua.rig import ITEMS, site_text

URL = "opc.tcp://127.0.0.1:4840/otha"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("i=2267", NodeName(namespace=None, identifier=2267)),
        ("nsu=urn:a;s=Press.Speed", NodeName(namespace="urn:a", identifier="Press.Speed")),
        ("nsu=urn:a;s=with;signs=in it", NodeName(namespace="urn:a", identifier="with;signs=in it")),
        ("nsu=http://a%3Bb/%25;i=7", NodeName(namespace="http://a;b/%", identifier=7)),
        (
            "nsu=urn:a;g=09087e75-8e5e-499b-954f-f2a9603db28a",
            NodeName(namespace="urn:a", identifier=uuid.UUID("09087e75-8e5e-499b-954f-f2a9603db28a")),
        ),
        ("nsu=urn:a;b=AQI=", NodeName(namespace="urn:a", identifier=b"\1\2")),
    ],
)
def test_nodes_are_named_by_their_namespace(text: str, name: NodeName) -> None:
    assert parse_node(text) == name


@pytest.mark.parametrize(
    "text",
    ["ns=2;s=A", "s", "", "x=1", "i=-1", "i=4294967296", "i=one", "nsu=;s=A", "g=no", "nsu=urn:a;b=*", "nsu=urn:a"],
)
def test_what_names_no_node(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_node(text)


def _decoder(**items: Word) -> OpcuaDecoder:
    return compile_opcua("device", items, {}, [("i=2254", "urn:server"), ("i=7", 3)], (), {})


def test_a_node_that_is_wanted_twice_is_read_once() -> None:
    decoder = compile_opcua(
        "device",
        {"heartbeat": Word(node="i=1"), "cycle": Word(node="i=1"), "data_age_ms": Word(node="i=1", source_age=True)},
        {"speed": Word(node="i=2", counts_per_unit=100)},
        [],
        ("speed",),
        {},
    )
    assert [(read.node, read.want, read.counts_per_unit) for read in decoder.reads] == [
        ("i=1", Want.NUMBER, 1),
        ("i=1", Want.AGE, 1),
        ("i=2", Want.NUMBER, 100),
    ]
    reading = decode_node_values(decoder, (5, 70, 1234))
    assert (reading.heartbeat, reading.cycle, reading.data_age_ms, reading.tracked) == (5, 5, 70, (1234,))
    assert decode_node_values(decoder, (5, 70, None)).tracked == (None,)


def test_commands_under_way_are_an_item_like_others() -> None:
    items = {"heartbeat": Word(node="i=1"), "pending": Word(node="i=2")}
    decoder = compile_opcua("device", items, {}, [], (), {})
    assert decode_node_values(decoder, (5, 3)).pending == 3
    assert decode_node_values(decoder, (5, None)).pending is None


def test_values_become_items() -> None:
    decoder = _decoder(
        heartbeat=Word(node="i=1"),
        role=Word(node="i=2", codes={"7": Role.STANDBY}),
        level=Word(node="i=3", replace={"9": 150}, replace_when_standby={"1": 200}),
        lag_ms=Word(node="i=4", ms_per_count=10),
        cycle=Word(node="i=5", bit=1),
    )
    names = [read.node for read in decoder.reads]

    def read(**values: int | None) -> object:
        said = {"i1": 5, "i2": 7, "i3": 1, "i4": 3, "i5": 2, **values}
        row = [
            "urn:server" if name == "i=2254" else 3 if name == "i=7" else said[name.replace("=", "")] for name in names
        ]
        reading = decode_node_values(decoder, row)
        return reading.role, reading.level, reading.lag_ms, reading.cycle

    standby = Role.STANDBY.value
    assert read() == (standby, 200, 30, 1)
    assert read(i2=8) == (Role.UNKNOWN.value, 1, 30, 1)
    assert read(i2=None) == (None, 1, 30, 1)
    assert read(i3=9, i4=None) == (standby, 150, None, 1)
    assert read(i4=INT64_MAX) == (standby, 200, None, 1)  # what no recording can hold is unsaid
    for broken in ({"i1": None}, {"i3": 256}, {"i3": -1}):
        with pytest.raises(GarbledReadingError):
            read(**broken)


@pytest.mark.parametrize("wrong", [("urn:other", 3), ("urn:server", 4), (None, 3), ("urn:server", None)])
def test_a_failed_check_is_no_reading(wrong: tuple[str | None, int | None]) -> None:
    decoder = _decoder()
    assert decode_node_values(decoder, ("urn:server", 3)).heartbeat is None
    for values in (wrong, ("urn:server",)):
        with pytest.raises(GarbledReadingError):
            decode_node_values(decoder, values)


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Site]:
    """load(old, new, ...) loads the OPC UA site with texts replaced."""

    def loaded(*pairs: tuple[str, str], **more: str) -> Site:
        text = site_text({"sc_a.net_a": URL}, **more)
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / "site.toml"
        path.write_text(text, encoding="utf-8")
        return load_site(path)

    return loaded


def test_a_good_site(load: Callable[..., Site]) -> None:
    site = load()
    node = site.node("sc_a")
    assert isinstance(node.decoder, OpcuaDecoder)
    assert node.opcua is not None
    assert node.opcua.security is OpcuaSecurity.NONE
    assert str(node.channels[0].endpoint) == URL
    # Level and session are the profile's, the rest is the site file's.
    assert {name for name, _, _ in node.decoder.items} == {
        *("level", "session", "heartbeat", "cycle", "role", "position", "data_age_ms")
    }
    (cost,) = [device for device in devices(site) if device.name == "sc_a"]
    assert cost.endpoints[0].registers_per_100s == cost.endpoints[0].reads_per_100s * len(node.decoder.reads)
    assert as_data(site)["devices"]


REFERENCE = (
    'profile = "sim_reference"\nendpoint = "127.0.0.1:15014"',
    f'profile = "opcua_reference"\nendpoint = "{URL}r"',
)


def test_a_reference_point_may_be_a_server(load: Callable[..., Site]) -> None:
    endpoint = (REFERENCE[0], REFERENCE[1].replace(":4840", ":4841"))
    site = load(endpoint)
    reference, other = site.references
    assert isinstance(reference.decoder, OpcuaDecoder)
    assert reference.opcua is not None
    assert (reference.opcua.security, other.opcua) == (OpcuaSecurity.NONE, None)
    (cost,) = [device.endpoints[0] for device in devices(site) if device.name == "ref_a"]
    assert (cost.connections, cost.registers_per_100s) == (1, cost.reads_per_100s)  # one node, ServerStatus' clock
    secured = 'opcua = { security = "aes256_sha256_rsa_pss", server_certificate = "ref.der" }\n'
    other_site = load((endpoint[0], endpoint[1] + "\n" + secured))
    assert other_site.digest != site.digest
    assert any("ref.der" in str(warning) for warning in other_site.warnings)


def test_what_a_reference_point_can_not_be(load: Callable[..., Site]) -> None:
    for pair, wrong in (
        (REFERENCE, "is already used"),  # by a node: with that one dead it would be lost as well
        (('profile = "sim_reference"\n', 'profile = "opcua_reference"\n'), "no OPC UA URL"),
        (('endpoint = "127.0.0.1:15014"', 'endpoint = "127.0.0.1:15014"\nopcua = { }'), "this device speaks Modbus"),
    ):
        with pytest.raises(SiteErrors, match=wrong):
            load(pair)


TAGS = """[tag]
flame = { node = "sc_a", nodeid = "nsu=urn:plant;s=Flame", type = "bool", fresh_ms = 600 }
draught = { node = "sc_a", nodeid = "nsu=urn:plant;s=Draught", counts_per_unit = 100, valid = [-500, 500] }
"""


def test_the_tags_of_a_server_are_one_read(load: Callable[..., Site]) -> None:
    site = load(("[tag]\n", TAGS))
    (read,) = site.opcua_tag_reads
    assert (read.source, read.channels) == ("sc_a", ("sc_a.net_a", "sc_a.net_b"))
    assert list(zip(read.tags, read.nodeids, read.counts_per_unit, strict=True)) == [
        ("flame", "nsu=urn:plant;s=Flame", 1),
        ("draught", "nsu=urn:plant;s=Draught", 100),
    ]
    # The freshest needs it: a value must come twice within 500 ms, so that one lost reply makes nothing stale.
    assert (read.period_ns, read.deadline_ns) == (500_000_000 // 3, 500_000_000 // 3)
    tags = {tag.name: tag for tag in site.core.tags}
    assert (tags["flame"].valid_low, tags["flame"].valid_high) == (0, 1)
    assert (tags["draught"].valid_low, tags["draught"].valid_high) == (-500, 500)
    assert {tag.name for read in site.tag_reads for tag in read.tags}.isdisjoint(read.tags)


def test_a_great_many_tags_are_read_in_parts(load: Callable[..., Site]) -> None:
    tags = "".join(f'many_{n} = {{ node = "sc_a", nodeid = "nsu=urn:plant;s=N{n}" }}\n' for n in range(401))
    reads = load(("[tag]\n", "[tag]\n" + tags)).opcua_tag_reads
    assert [len(read.tags) for read in reads] == [200, 200, 1]
    assert len({tag for read in reads for tag in read.tags}) == 401


def test_another_nodeid_is_another_site(load: Callable[..., Site]) -> None:
    assert load(("[tag]\n", TAGS)).digest != load(("[tag]\n", TAGS.replace("Flame", "Spark"))).digest


SECURED = '\n[node.NODE.opcua]\nsecurity = "aes256_sha256_rsa_pss"\nserver_certificate = "server.der"\n'


def test_files_of_a_secured_server_are_beside_the_site_file(load: Callable[..., Site], tmp_path: Path) -> None:
    site = load(more=SECURED)
    access = site.node("sc_a").opcua
    assert access is not None
    assert access.server_certificate == tmp_path / "server.der"
    assert any("there is no file" in str(warning) for warning in site.warnings)
    (tmp_path / "server.der").write_bytes(b"")
    assert not any("there is no file" in str(warning) for warning in load(more=SECURED).warnings)


def test_an_open_door_is_a_warning_at_a_real_plant(load: Callable[..., Site]) -> None:
    said = [str(warning) for warning in load(("simulation = true\n", "simulation = false\n")).warnings]
    assert any("anybody on this network can answer in its place" in warning for warning in said)


@pytest.mark.parametrize(
    ("pairs", "more", "said"),
    [
        ([(URL, "127.0.0.1:4840")], {}, "is no OPC UA URL, and the profile speaks OPC UA"),
        ([("127.0.0.1:15013", "opc.tcp://127.0.0.1:15013")], {}, "is an OPC UA URL, and the profile speaks Modbus"),
        ([("127.0.0.1:15014", "opc.tcp://127.0.0.1:15014")], {}, "is an OPC UA URL, and the profile speaks Modbus"),
        ([(URL, "opc.tcp://127.0.0.1")], {}, 'must be "opc.tcp://host:port/path"'),
        ([(f'"{URL}", network', f'"{URL}", unit = 3, network')], {}, "OPC UA has no units"),
        ([], {"items": ITEMS.replace("nsu=urn:otha:test;", "ns=2;")}, "namespace indexes differ"),
        ([], {"items": ITEMS + "acked = { at = 7 }\n"}, "this device speaks OPC UA"),
        ([], {"items": 'role = { node = "i=1", codes = { "1" = "active" } }\n'.join(["\n", ""])}, "leaves the nodes"),
        ([], {"items": ITEMS + 'lag_ms = { node = "i=1", source_age = true }\n'}, "only `data_age_ms` is an age"),
        ([], {"items": ITEMS + 'acked = { node = "i=1", type = "u32" }\n'}, "carries its own type"),
        ([(".items]", ".registers]")], {}, "an OPC UA server has no registers"),
        ([('maintenance_key = { section = "plc"', 'maintenance_key = { node = "sc_a"')], {}, "it has no registers"),
        ([("[tag]\n", '[tag]\nflame = { node = "sc_a" }\n')], {}, "Give the NodeId of the value at that server"),
        ([("[tag]\n", '[tag]\nflame = { node = "sc_a", nodeid = "flame" }\n')], {}, "is no NodeId"),
        ([("[tag]\n", '[tag]\nflame = { section = "plc", nodeid = "i=1" }\n')], {}, "it has registers and no NodeIds"),
        ([("[tag]\n", '[tag]\nflame = { section = "plc" }\n')], {}, "Give the address of its holding register"),
        (
            [],
            {"more": '\n[node.NODE.opcua]\nsecurity = "basic256sha256"\n'},
            "anybody could answer in the server's place",
        ),
        ([], {"more": '\n[node.NODE.opcua]\nserver_certificate = "a.der"\n'}, 'not used with security = "none"'),
        ([], {"more": '\n[node.NODE.opcua]\nuser = "u"\npassword_file = "p"\n'}, "would travel readable"),
        ([], {"more": SECURED + 'user = "u"\n'}, "a user needs a password_file"),
        ([], {"more": '\n[node.NODE.opcua]\nsecurity = "basic128rsa15"\n'}, "is not known here"),
    ],
)
def test_what_is_refused(
    load: Callable[..., Site], pairs: list[tuple[str, str]], more: dict[str, str], said: str
) -> None:
    with pytest.raises(SiteErrors) as refused:
        load(*pairs, **more)
    assert said in " ".join(str(refused.value).split())


PROFILE = """
format = 1
name = "mine"
kind = "node"
protocol = "opcua"
description = "d"
source = "s"
tried_on_hardware = false
cycle_ms = 10
frozen_after_ms = 100
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[items]\nheartbeat = { node = "i=1" }\n[read]\nat = 3\n', "has no registers"),
        ('writable = [{ at = 1, count = 1, doc = "d" }]\n[items]\nheartbeat = { node = "i=1" }\n', "has no registers"),
        ("[items]\nheartbeat = { at = 1 }\n", "this device speaks OPC UA"),
        ('[[check]]\nat = 1\nvalue = 2\n[items]\nheartbeat = { node = "i=1" }\n', "needs `node`"),
        ('[[method]]\nobject = "i=1"\nmethod = "ns=3;s=a"\ndoc = "d"\n[items]\nheartbeat = { node = "i=1" }\n', "ns=3"),
        ("", "says nothing"),
    ],
)
def test_a_wrong_profile(tmp_path: Path, more: str, said: str) -> None:
    text = site_text({}, items="", profile="mine.toml")
    (tmp_path / "mine.toml").write_text(PROFILE + more, encoding="utf-8")
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SiteErrors) as refused:
        load_site(path)
    assert said in " ".join(str(refused.value).split())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[items]\nheartbeat = { node = "i=1" }\n', "this device speaks Modbus"),
        ("[items]\nheartbeat = { at = 1, counts_per_unit = 10 }\n", "only for OPC UA"),
        ('[[check]]\nat = 1\nvalue = "text"\n[items]\nheartbeat = { at = 1 }\n', "a register has no text"),
        ('[[method]]\nobject = "i=1"\nmethod = "i=2"\ndoc = "d"\n[items]\nheartbeat = { at = 1 }\n', "has methods"),
    ],
)
def test_a_modbus_profile_can_not_have_them(tmp_path: Path, more: str, said: str) -> None:
    text = site_text({}, items="", profile="mine.toml")
    (tmp_path / "mine.toml").write_text(PROFILE.replace('protocol = "opcua"\n', "") + more, encoding="utf-8")
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SiteErrors) as refused:
        load_site(path)
    assert said in " ".join(str(refused.value).split())


def test_switches_are_read_beside_the_items_and_told_by_name() -> None:
    way = SwitchTable(epoch="i=20", node="i=21", object="i=22", method="i=23")
    decoder = compile_opcua("device", {"heartbeat": Word(node="i=1")}, {}, [], (), {"way": way})
    assert [read.node for read in decoder.reads] == ["i=1", "i=20", "i=21"]
    assert decode_switches(decoder, [5, 7, 2]) == (("way", SelectorReading(epoch=7, node=2)),)
    assert decode_node_values(decoder, [5, None, None]).heartbeat == 5, "a switch out of order is no dead node"


@pytest.mark.parametrize("said", [[1, None, 2], [1, 7, None], [1, "7", 2], [1, -1, 2], [1, 7, -2], [1, 1 << 33, 2]])
def test_a_switch_without_numbers_says_nothing(said: list[int | str | None]) -> None:
    way = SwitchTable(epoch="i=20", node="i=21", object="i=22", method="i=23")
    decoder = compile_opcua("device", {"heartbeat": Word(node="i=1")}, {}, [], (), {"way": way})
    assert decode_switches(decoder, said) == (("way", None),)
