"""Each security policy, users, and certificates that are wrong: the reason names the file and the mend."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from otha.certificates import OwnIdentity, own_identity
from otha.core.words import Answer
from otha.runtime.scheduler import Scheduler
from tests.runtime.opcua.certificates import URI, server_pair
from tests.runtime.opcua.rig import ServerProcess, opcua_site, rigged

Serve = Callable[..., ServerProcess]
A = "sc_a.net_a"
POLICIES = {
    "basic256sha256": "Basic256Sha256_SignAndEncrypt",
    "aes128_sha256_rsa_oaep": "Aes128Sha256RsaOaep_SignAndEncrypt",
    "aes256_sha256_rsa_pss": "Aes256Sha256RsaPss_SignAndEncrypt",
}


class Keys:
    """Certificates of one test module; a key takes a second to make."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server, self.server_key = server_pair(folder, "server")
        self.other, _ = server_pair(folder, "other")
        self.expired, _ = server_pair(folder, "expired", days=-1)
        self.own = own_identity(folder / "own", "tests")
        self.trusted = folder / "trusted"
        self.trusted.mkdir()
        shutil.copy(self.own.certificate, self.trusted)
        self.nobody = folder / "nobody"
        self.nobody.mkdir()
        shutil.copy(self.other, self.nobody)

    def settings(self, policy: str, **more: object) -> dict[str, object]:
        """What a secured server is started with."""
        pair = {"certificate": str(self.server), "key": str(self.server_key)}
        return {"policy": POLICIES[policy], "uri": URI, "trusted": str(self.trusted), **pair, **more}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


def _table(policy: str, certificate: Path, more: str = "") -> str:
    return f'\n[node.NODE.opcua]\nsecurity = "{policy}"\nserver_certificate = "{certificate}"\n{more}'


@pytest.mark.asyncio
@pytest.mark.parametrize("policy", POLICIES)
async def test_each_policy(scheduler: Scheduler, serve: Serve, keys: Keys, tmp_path: Path, policy: str) -> None:
    server = serve(**keys.settings(policy))
    site = opcua_site(tmp_path, {A: server.url}, more=_table(policy, keys.server))
    async with rigged(scheduler, site, A, own=keys.own) as rig:
        ended = await rig.until(A, Answer.REPLIED)
        assert ended.reading is not None
        assert ended.reading.heartbeat
        assert rig.links[A].counters.connects == 1


async def _trouble(scheduler: Scheduler, url: str, tmp_path: Path, own: OwnIdentity, more: str) -> str:
    async with rigged(scheduler, opcua_site(tmp_path, {A: url}, more=more), A, own=own) as rig:
        assert (await rig.until(A, Answer.MISSED)).reading is None
        while not rig.links[A].counters.refused:
            await rig.beat(A)
        return rig.links[A].counters.trouble


@pytest.mark.asyncio
async def test_what_is_wrong_is_said_with_its_file(
    scheduler: Scheduler, serve: Serve, keys: Keys, tmp_path: Path
) -> None:
    policy = "aes256_sha256_rsa_pss"
    server = serve(**keys.settings(policy))

    async def trouble(certificate: Path, more: str = "", which: str = policy) -> str:
        return await _trouble(scheduler, server.url, tmp_path, keys.own, _table(which, certificate, more))

    missing = keys.folder / "missing.der"
    assert await trouble(missing) == (
        f"the server's certificate {missing} can't be read: No such file or directory (put it there)"
    )
    assert str(keys.expired) in (said := await trouble(keys.expired))
    assert "has expired on" in said
    # Somebody who shows another certificate than the pinned one.
    assert str(keys.other) in (said := await trouble(keys.other))
    assert "is its certificate" in said or "certificate not trusted" in said
    assert "aes128_sha256_rsa_oaep" in await trouble(keys.server, which="aes128_sha256_rsa_oaep")


@pytest.mark.asyncio
async def test_a_server_that_does_not_trust_otha(
    scheduler: Scheduler, serve: Serve, keys: Keys, tmp_path: Path
) -> None:
    policy = "basic256sha256"
    server = serve(**keys.settings(policy) | {"trusted": str(keys.nobody)})
    said = await _trouble(scheduler, server.url, tmp_path, keys.own, _table(policy, keys.server))
    assert "certificate not trusted (BadCertificateUntrusted)" in said
    assert str(keys.own.certificate) in said


@pytest.mark.asyncio
async def test_a_user_with_a_password(scheduler: Scheduler, serve: Serve, keys: Keys, tmp_path: Path) -> None:
    policy = "aes128_sha256_rsa_oaep"
    server = serve(**keys.settings(policy, user=["otha", "secret"]))
    password = tmp_path / "password"
    password.write_text("secret\n", encoding="utf-8")
    more = _table(policy, keys.server, f'user = "otha"\npassword_file = "{password}"\n')
    async with rigged(scheduler, opcua_site(tmp_path, {A: server.url}, more=more), A, own=keys.own) as rig:
        await rig.until(A, Answer.REPLIED)
    password.write_text("wrong\n", encoding="utf-8")
    said = await _trouble(scheduler, server.url, tmp_path, keys.own, more)
    assert said == "user otha is refused: check user and password at the server"
