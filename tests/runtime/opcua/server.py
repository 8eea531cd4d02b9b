"""An OPC UA server as a process of its own, for tests: `python -m tests.runtime.opcua.server '{"...": ...}'`.

Prints its port, then obeys lines of JSON on standard input and prints "ok" after each: {"set": {"Role": 2}},
{"status": ["Role", CODE]}, {"level": 0}, {"back_in_s": 3}, {"stall_ms": 300}, {"source_age_s": 5}, {"reset": true}, and
{"answer": "variant" | "fault:CODE" | "rubbish" | "few" | ""}, how it answers reads from then on, or "refuse:CODE", how
it answers those who want a session.
"""

import asyncio
import json
import logging
import random
import struct
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asyncua import Server, uamethod
from asyncua import ua as asyncua_ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
from asyncua.server import uaprocessor as asyncua_uaprocessor

from tests.opcua_standard import QuickServer

NAMESPACE = "urn:otha:test"
# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua
uaprocessor: Any = asyncua_uaprocessor
VARIABLES: dict[str, tuple[Any, Any]] = {
    "Heartbeat": (0, ua.VariantType.UInt32),
    "Cycle": (0, ua.VariantType.UInt32),
    "Role": (1, ua.VariantType.UInt16),
    "Position": (5, ua.VariantType.UInt64),
    "Data": (1.5, ua.VariantType.Double),
    "Setpoint": (12.34, ua.VariantType.Double),
    "Name": ("press", ua.VariantType.String),
}


class Liar:
    """Answers reads as it is told, in the place of the server."""

    def __init__(self) -> None:
        self.answer = ""
        self._honest = uaprocessor.struct_to_binary
        uaprocessor.struct_to_binary = self.encode

    def encode(self, response: Any) -> bytes:
        """The bytes of a response."""
        honest: bytes = self._honest(response)
        kind, _, code = self.answer.partition(":")
        if kind == "refuse" and isinstance(response, ua.CreateSessionResponse):
            return self._fault(response, int(code))
        if not self.answer or not isinstance(response, ua.ReadResponse):
            return honest
        match kind:
            case "variant":
                # A null array of 1.7e9 elements: facts.md, and 5 bytes of it are enough.
                head: bytes = self._honest(replace(response, Results=[]))[:-8]
                return head + struct.pack("<iBBi", 1, 1, 0x80, 1_700_000_000) + struct.pack("<i", 0)
            case "fault":
                return self._fault(response, int(code))
            case "refuse":
                return honest
            case "rubbish":
                return random.Random(1).randbytes(300)
            case _:
                few: bytes = self._honest(replace(response, Results=response.Results[:1]))
                return few

    def _fault(self, response: Any, code: int) -> bytes:
        fault = ua.ServiceFault()
        fault.ResponseHeader = response.ResponseHeader
        fault.ResponseHeader.ServiceResult = ua.StatusCode(code)
        made: bytes = self._honest(fault)
        return made


class OneUser:
    """Lets one user in, and nobody else."""

    def __init__(self, name: str, password: str) -> None:
        self.name = name
        self.password = password

    def get_user(self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None) -> Any:
        known = (username, password) == (self.name, self.password)
        return User(role=UserRole.User) if known else None


class Plant:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        user = settings.get("user")
        users: Any = OneUser(*user) if user else None  # duck-typed
        self.server = Server(QuickServer(Path(settings["standard"]), users))
        self.nodes: dict[str, Any] = {}
        self.frozen: set[str] = set()
        self.liar = Liar()

    async def start(self) -> int:
        server, settings = self.server, self.settings
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{settings.get('port', 0)}/otha")
        policy = settings.get("policy", "NoSecurity")
        server.set_security_policy([ua.SecurityPolicyType[policy]])
        if policy != "NoSecurity":
            await server.set_application_uri(settings["uri"])
            await server.load_certificate(settings["certificate"])
            await server.load_private_key(settings["key"])
            store = TrustStore([Path(settings["trusted"])], [])
            await store.load()
            options = CertificateValidatorOptions.TRUSTED_VALIDATION | CertificateValidatorOptions.PEER_CLIENT
            server.set_certificate_validator(CertificateValidator(options, store))
        index = await server.register_namespace(settings.get("namespace", NAMESPACE))
        box = await server.nodes.objects.add_object(ua.NodeId("Box", index), "Box")
        for name, (value, kind) in VARIABLES.items():
            self.nodes[name] = await box.add_variable(ua.NodeId(name, index), name, ua.Variant(value, kind))

        @uamethod
        def add(_parent: Any, left: int, right: int) -> Any:
            if left == 666:
                return ua.StatusCode(ua.StatusCodes.BadInvalidState)
            return ua.Variant(left + right, ua.VariantType.UInt32)

        kinds = [ua.VariantType.UInt16, ua.VariantType.UInt16]
        await box.add_method(ua.NodeId("Add", index), "Add", add, kinds, [ua.VariantType.UInt32])
        await self.level(200)
        await server.start()
        port: int = server.bserver._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # it has started
        return port

    async def level(self, value: int) -> None:
        await self.server.get_node("i=2267").write_value(ua.Variant(value, ua.VariantType.Byte))

    async def live(self) -> None:
        count = 0
        while True:
            count += 1
            for name in {"Heartbeat", "Cycle"} - self.frozen:
                await self.nodes[name].write_value(ua.Variant(count, VARIABLES[name][1]))
            await asyncio.sleep(0.05)

    async def obey(self, order: dict[str, Any]) -> None:
        if "reset" in order:
            self.frozen.clear()
            for name, (value, kind) in VARIABLES.items():
                await self.nodes[name].write_value(
                    ua.DataValue(ua.Variant(value, kind), SourceTimestamp=datetime.now(UTC))
                )
            await self.level(200)
        self.liar.answer = order.get("answer", self.liar.answer if "reset" not in order else "")
        for name, value in order.get("set", {}).items():
            await self.nodes[name].write_value(ua.Variant(value, VARIABLES[name][1]))
        if "status" in order:
            name, code = order["status"]
            self.frozen.add(name)
            await self.nodes[name].write_value(ua.DataValue(ua.Variant(1, VARIABLES[name][1]), ua.StatusCode(code)))
        if "level" in order:
            await self.level(order["level"])
        if "back_in_s" in order:
            moment = datetime.now(UTC) + timedelta(seconds=order["back_in_s"])
            node = self.server.get_node("i=12885")
            await node.write_value(ua.DataValue(ua.Variant(moment, ua.VariantType.DateTime)))
        if "source_age_s" in order:
            then = datetime.now(UTC) - timedelta(seconds=order["source_age_s"])
            value = ua.DataValue(ua.Variant(1.5, ua.VariantType.Double), SourceTimestamp=then)
            await self.nodes["Data"].write_value(value)
        if "stall_ms" in order:
            time.sleep(order["stall_ms"] / 1000)  # noqa: ASYNC251 - it is to stand still


async def main() -> None:
    logging.disable(logging.CRITICAL)
    plant = Plant(json.loads(sys.argv[1]))
    port = await plant.start()
    print(port, flush=True)  # noqa: T201 - this is how it tells
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    living = asyncio.create_task(plant.live())
    while line := await reader.readline():
        order = json.loads(line)
        if "stall_ms" in order:
            print("ok", flush=True)  # noqa: T201
        await plant.obey(order)
        if "stall_ms" not in order:
            print("ok", flush=True)  # noqa: T201
    living.cancel()


if __name__ == "__main__":
    asyncio.run(main())
