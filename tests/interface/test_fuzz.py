"""Messages with bytes changed, at every layer: the interface answers or hangs up, and goes on serving others.

The long run is `make bench ONLY=interface`, with heartbeats beside it.
"""

import pytest

from bench import fuzz
from bench.stations import Station
from otha import names
from otha.certificates import OwnIdentity
from tests.interface.clients import guest
from tests.interface.house import USERS, House

SEED = 5
INPUTS = 30  # of each layer; every service is asked at least once


@pytest.mark.asyncio
async def test_no_changed_bytes_end_the_interface_or_keep_it_from_others(house: House, own: OwnIdentity) -> None:
    station = Station(
        url=house.url,
        user=USERS["viewer"],
        server_certificate=str(house.certificate),
        certificate=str(own.certificate),
        key=str(own.key),
        application_uri=own.application_uri,
    )
    found = await fuzz.run(station, own.certificate.read_bytes(), "tanks", SEED, INPUTS)
    assert house.process.poll() is None
    assert {name: len(layer.took_s) for name, layer in found.items()} == dict.fromkeys(found, INPUTS)
    assert not any("silent" in layer.ends for layer in found.values())
    # What ends the channel before it comes to its service tries no service.
    assert found["services"].ends.get("closed", 0) < INPUTS / 2
    async with guest(house, own, "viewer") as at:
        assert await at.node(names.SITE, "Name").read_value() == "two_tanks"
