"""An OPC UA server of the plant by itself: who may come in, and what a wrong call gets."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.ua.uaerrors import BadInvalidArgument, UaError
from cryptography.x509.oid import ExtendedKeyUsageOID

from sim.opcua import COLLECTOR, FOLDER, INT32, UINT32, node_id
from sim.opcua_server import Argument, PlantServer
from sim.plant import Plant, default_ports
from sim.ports import free_ports
from sim.whole import Scope


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(directory=tmp_path, ports=free_ports(default_ports(Scope.WHOLE)), scope=Scope.WHOLE)


async def opened(plant: Plant) -> PlantServer:
    server = await PlantServer.open(plant, "collector", COLLECTOR)
    await server.add_variables({"Answer": UINT32})
    await server.show({"Answer": 42})

    async def double(number: int) -> list[int]:
        return [2 * number]

    await server.add_method(
        "Double", double, [Argument(name="number", kind=INT32)], [Argument(name="twice", kind=INT32)]
    )
    await server.start()
    return server


def client(plant: Plant) -> Client:
    made = Client(f"opc.tcp://127.0.0.1:{plant.ports['collector']}/", timeout=10)
    made.session_timeout = 60_000
    return made


async def answer(made: Client) -> int:
    async with made:
        index = await made.get_namespace_index(COLLECTOR)
        return int(await made.get_node(node_id("Answer", index)).read_value())


async def secure_client(plant: Plant) -> Client:
    made = client(plant)
    key, certificate = plant.directory / "client.key.pem", plant.directory / "client.der"
    made.application_uri = "urn:otha:sim:test"
    await setup_self_signed_certificate(
        key, certificate, made.application_uri, "localhost", [ExtendedKeyUsageOID.CLIENT_AUTH], {"commonName": "test"}
    )
    await made.set_security(SecurityPolicyBasic256Sha256, certificate, key, mode=ua.MessageSecurityMode.SignAndEncrypt)
    return made


def test_a_secure_server_is_reached_encrypted_and_not_in_the_clear(plant: Plant) -> None:
    secured = replace(plant, secure=True)

    async def carry_out() -> int:
        server = await opened(secured)
        try:
            with pytest.raises((UaError, ConnectionError, TimeoutError)):
                await answer(client(secured))
            return await answer(await secure_client(secured))
        finally:
            await server.raw.stop()

    assert asyncio.run(carry_out()) == 42


def test_a_method_takes_what_it_says_and_nothing_else(plant: Plant) -> None:
    wrong = [[], [ua.Variant(1, UINT32)], [ua.Variant([1], INT32)], [ua.Variant(1, INT32)] * 2]

    async def carry_out() -> int:
        server = await opened(plant)
        try:
            async with client(plant) as made:
                index = await made.get_namespace_index(COLLECTOR)
                folder, method = made.get_node(node_id(FOLDER, index)), node_id("Double", index)
                for arguments in wrong:
                    with pytest.raises(BadInvalidArgument):
                        await folder.call_method(method, *arguments)
                return int(await folder.call_method(method, ua.Variant(21, INT32)))
        finally:
            await server.raw.stop()

    assert asyncio.run(carry_out()) == 42
