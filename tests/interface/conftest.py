"""One interface and one trusted client certificate for all tests of a module that share them."""

from collections.abc import Iterator

import pytest

from otha.certificates import OwnIdentity
from tests.interface.clients import identity
from tests.interface.house import House


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnIdentity:
    """The certificate of a client that is trusted."""
    return identity(tmp_path_factory.mktemp("client"), "hmi")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, own: OwnIdentity) -> Iterator[House]:
    """A running interface that trusts `own`."""
    made = House(tmp_path_factory.mktemp("state"))
    made.trust.trust(own.certificate.read_bytes())
    try:
        yield made
    finally:
        made.end()
