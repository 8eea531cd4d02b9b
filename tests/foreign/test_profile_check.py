"""`otha profile check` against servers of other makers: what is in order passes, planted mistakes are named."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from otha.profile_cli import app
from tests.foreign.pair import Peer, why_not

HEAD = """format = 1
name = "peer"
kind = "node"
description = "a server of another maker"
source = "tests/foreign"
tried_on_hardware = false
cycle_ms = 10
frozen_after_ms = 1000
"""
MODBUS = (
    HEAD
    + """
[items]
heartbeat = { at = 100, type = "u32" }
role = { at = 102, codes = { "1" = "active", "2" = "standby" } }
level = { at = 103 }
session = { at = 104 }
"""
)
OPCUA = (
    HEAD
    + """protocol = "opcua"

[items]
heartbeat = { node = "nsu=urn:otha:test;s=Heartbeat" }
role = { node = "nsu=urn:otha:test;s=Role", codes = { "1" = "active", "2" = "standby" } }
level = { node = "i=2267" }
data_age_ms = { node = "nsu=urn:otha:test;s=Data", source_age = true }
"""
)


@pytest.fixture(scope="module")
def modbus_serial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if why := why_not("modbus-serial"):
        pytest.skip(why)
    peer = Peer("modbus_server.cjs", tmp_path_factory.mktemp("peer") / "modbus", 1)
    yield f"127.0.0.1:{peer.port}"
    peer.end()


@pytest.fixture(scope="module")
def node_opcua(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if why := why_not("node-opcua-server"):
        pytest.skip(why)
    peer = Peer("opcua_server.cjs", tmp_path_factory.mktemp("peer") / "opcua", 1)
    yield f"opc.tcp://127.0.0.1:{peer.port}/otha"
    peer.end()


def wrong(folder: Path, text: str, endpoint: str, change: tuple[str, str] = ("", "")) -> dict[str, str]:
    """The items that are wrong, of a profile with this change."""
    assert change[0] in text
    (folder / "peer.toml").write_text(text.replace(*change) if change[0] else text, encoding="utf-8")
    arguments = ["check", str(folder / "peer.toml"), "--against", endpoint, "--for", "2s", "--json"]
    result = CliRunner().invoke(app, arguments)
    told: dict[str, Any] = json.loads(result.output)
    assert result.exit_code == (0 if told["ok"] else 1)
    return {each["item"]: f"{each['wrong']} | {each['mend']}" for each in told["findings"] if each["grade"] == "wrong"}


def test_modbus_serial_is_as_its_profile_says(modbus_serial: str, tmp_path: Path) -> None:
    assert wrong(tmp_path, MODBUS, modbus_serial) == {}


@pytest.mark.parametrize(
    ("change", "item", "says"),
    [
        (("level = { at = 103 }", "level = { at = 110 }"), "level", "exception"),
        (('heartbeat = { at = 100, type = "u32" }', "heartbeat = { at = 100 }"), "heartbeat", 'type = "u32"'),
        (("[items]", '[read]\nword_order = "low_first"\n[items]'), "heartbeat", 'word_order = "high_first"'),
        (("role = { at = 102", "role = { at = 103"), "role", "known role"),
    ],
)
def test_a_mistake_at_modbus_serial_is_named(
    modbus_serial: str, tmp_path: Path, change: tuple[str, str], item: str, says: str
) -> None:
    text = MODBUS
    if item == "role":
        text = text.replace("level = { at = 103 }\n", "")
    assert says in wrong(tmp_path, text, modbus_serial, change).get(item, "")


def test_node_opcua_is_as_its_profile_says(node_opcua: str, tmp_path: Path) -> None:
    assert wrong(tmp_path, OPCUA, node_opcua) == {}


@pytest.mark.parametrize(
    ("change", "item", "says"),
    [
        (("s=Heartbeat", "s=Heartbeet"), "heartbeat", "BadNodeIdUnknown"),
        (("nsu=urn:otha:test;s=Heartbeat", "nsu=urn:otha:toast;s=Heartbeat"), "heartbeat", "urn:otha:toast"),
        (("s=Heartbeat", "s=Box"), "heartbeat", "this one has no value"),
        (("nsu=urn:otha:test;s=Heartbeat", "i=2255"), "heartbeat", "wrong type"),
        (("nsu=urn:otha:test;s=Role", "i=2267"), "role", "known role"),
        (("s=Role", "s=Data"), "role", "no whole number"),
        (("i=2267", "i=2258"), "level", "0 to 255"),
    ],
)
def test_a_mistake_at_node_opcua_is_named(
    node_opcua: str, tmp_path: Path, change: tuple[str, str], item: str, says: str
) -> None:
    assert says in wrong(tmp_path, OPCUA, node_opcua, change).get(item, "")
