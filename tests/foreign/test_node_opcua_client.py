"""A client of another maker at OTHA's interface: node-opcua sees a failover and orders a switchover, or is refused."""

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from otha import names
from otha.certificates import OwnIdentity, own_identity
from sim import console
from tests.foreign.pair import HERE, MODULES, WAIT_S, why_not
from tests.interface.house import PASSWORD, USERS
from tests.interface.supervised import Supervised, supervised_plant

pytestmark = pytest.mark.skipif(bool(why_not("node-opcua-client")), reason=why_not("node-opcua-client"))

TANKS = f"ns=2;s={names.group_id('tanks')}"
TYPE = "ns=2;s=GroupType"


class Node:
    """The client as a process."""

    def __init__(self, folder: Path, log: Any) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            ["node", str(HERE / "opcua_client.cjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "NODE_PATH": str(MODULES)},
        )

    def do(self, what: str, **asked: Any) -> Any:
        """Let it do something; the answer. Raises RuntimeError with what it says is wrong."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": what, **asked}) + "\n")
        self.process.stdin.flush()
        while not (line := self.process.stdout.readline()).startswith('{"'):  # node-opcua talks
            assert line, "the client has ended"
        said = json.loads(line)
        if "error" in said:
            raise RuntimeError(said["error"])
        return said["ok"]

    def connect(
        self, at: Supervised, own: OwnIdentity, role: str, security: str = "Basic256Sha256", **said: str
    ) -> None:
        """Come in as the user of this role."""
        pem = own.certificate.with_suffix(".pem")
        pem.write_bytes(x509.load_der_x509_certificate(own.certificate.read_bytes()).public_bytes(Encoding.PEM))
        who = {"user": USERS[role], "password": PASSWORD, **said}
        self.do(
            "connect",
            url=at.url,
            security=security,
            certificate=str(pem),
            key=str(own.key),
            uri=own.application_uri,
            pki=str(self.folder / "pki"),
            **who,
        )

    def refused(self, at: Supervised, own: OwnIdentity, role: str, *told: str, **said: str) -> None:
        """See that it does not come in."""
        with pytest.raises(RuntimeError) as error:
            self.connect(at, own, role, *told, **said)
        assert str(error.value)
        with suppress(RuntimeError):
            self.do("end")


@contextmanager
def node(folder: Path) -> Iterator[Node]:
    with (folder / "node.log").open("w") as log:
        made = Node(folder, log)
        try:
            yield made
        finally:
            made.process.kill()
            made.process.communicate()


def test_node_opcua_sees_a_failover_and_orders_a_switchover_and_strangers_are_refused(tmp_path: Path) -> None:
    own, stranger = own_identity(tmp_path / "node", "node"), own_identity(tmp_path / "stranger", "stranger")
    with supervised_plant(tmp_path, own.certificate.read_bytes()) as at, node(tmp_path) as client:
        at.wait_for("listens=")
        client.connect(at, own, "operator")
        assert set(client.do("browse", node=TANKS)) >= {"Active", "Nodes", "Alarms", "Switchover", "Why"}
        client.do("watch", node=f"{TANKS}.Active")
        client.do("wait", value="sc_a")
        switched(client, "sc_b")
        assert client.do("wait", value="sc_b")[-1] == "sc_b"
        with pytest.raises(RuntimeError, match="BadUserAccessDenied"):
            client.do("call", object=TANKS, method=f"{TYPE}.SetArming", arguments=["x", "observe", ""])
        console.fault(tmp_path / "plant", "kill", node="sc_b")
        assert client.do("wait", value="sc_a")[-1] == "sc_a"
        client.do("end")
        client.refused(at, own, "operator", password="not-the-password")
        client.refused(at, own, "operator", "None")  # it finds no such endpoint, and asks no further
        client.refused(at, stranger, "operator")
        at.end()
        refusals = [body["what"] for _, body in at.journaled("interface.refused")]
        assert any("another password" in each for each in refusals)
        assert any("trust list" in each for each in refusals)
        assert [body["order"] for _, body in at.journaled("order.refused")] == ["arm"]


def switched(client: Node, to_node: str) -> None:
    """Order a switchover until it is accepted: on a busy machine gate and permit may not have been seen yet."""
    for _ in range(int(WAIT_S)):
        answer = client.do(
            "call", object=TANKS, method=f"{TYPE}.Switchover", arguments=[uuid.uuid4().hex, to_node, "from node-opcua"]
        )
        if answer[0]:
            return
        with suppress(RuntimeError):
            client.do("wait", value=None, within_ms=500)
    raise AssertionError(answer)
