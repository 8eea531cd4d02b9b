"""Certificates near their end are alarms of the supervisor's own, at each limit anew; renewed ones are none."""

import asyncio
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from otha.runtime.expiry import CertificateWatch, Expiry
from otha.runtime.state_dir import StateDir
from otha.runtime.supervisor import run
from otha.site.load import load_site
from otha.wire.client import WireClient
from tests.site.examples import TWO_TANKS

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 12, 31, tzinfo=UTC)
WAIT_S = 60.0


def certificate(file: Path, name: str, end: datetime = END) -> None:
    """A self-signed certificate that ends then."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=min(BEGIN, end - timedelta(days=1)),
        not_valid_after=end,
    ).sign(key, hashes.SHA256())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(made.public_bytes(serialization.Encoding.DER))


def watched(*files: Path) -> CertificateWatch:
    return CertificateWatch(lambda: [("trusted", file) for file in files], lambda _found: None)


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (timedelta(days=31), None),
        (timedelta(days=30), "within 30 days"),
        (timedelta(days=7, seconds=1), "within 30 days"),
        (timedelta(days=7), "within 7 days"),
        (timedelta(hours=20), "within 1 day"),
    ],
)
def test_each_limit_has_its_words(tmp_path: Path, left: timedelta, told: str | None) -> None:
    certificate(tmp_path / "a.der", "hmi")
    found = watched(tmp_path / "a.der").judged(END - left)
    assert found.over == ()
    assert [each.partition(") ")[2] for each in found.soon] == ([] if told is None else [told])


def test_one_that_is_over_is_told_as_that_and_a_renewed_one_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "a.der"
    certificate(file, "line\nfeed")
    watch, late = watched(file), END + timedelta(seconds=1)
    assert watch.judged(late - timedelta(seconds=2)).over == ()
    (name,) = watch.judged(late).over
    assert name.startswith("trusted: CN=line?feed (")
    certificate(file, "line", END + timedelta(days=100))
    assert watch.judged(late) == Expiry()


def test_what_is_no_certificate_or_is_gone_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "a.der").write_bytes(b"rubbish")
    assert watched(tmp_path / "a.der", tmp_path / "b.der").judged(END) == Expiry()


def test_many_are_told_in_bounds(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.der" for number in range(25)]
    for file in files:
        certificate(file, file.stem)
    over = watched(*files).judged(END + timedelta(days=1)).over
    assert (len(over), over[-1]) == (21, "and 5 more")


@pytest.mark.asyncio
async def test_it_is_told_when_something_is_otherwise_and_only_then(tmp_path: Path) -> None:
    told: list[Expiry] = []
    file, end = tmp_path / "a.der", datetime.now(UTC) + timedelta(days=3)
    watch = CertificateWatch(lambda: [("trusted", file)], told.append)
    await watch.look()
    assert told == []
    certificate(file, "hmi", end)
    await watch.look()
    await watch.look()
    assert [len(each.soon) for each in told] == [1]
    file.unlink()
    await watch.look()
    assert told[1:] == [Expiry()]
    watch.close()


async def until(found: Callable[[], Any]) -> Any:  # Any: what is asked for, once it is there
    async with asyncio.timeout(WAIT_S):
        while not (said := await asyncio.to_thread(found)):  # noqa: ASYNC110 - what is asked has no event
            await asyncio.sleep(0.05)
    return said


@pytest.mark.asyncio
async def test_the_supervisor_makes_alarms_of_its_own_of_them(tmp_path: Path) -> None:
    state, stop = tmp_path / "state", asyncio.Event()
    StateDir(state).close()
    now = datetime.now(UTC)
    certificate(state / "interface" / "trusted" / "a.der", "hmi", now + timedelta(days=5))
    certificate(state / "interface" / "own" / "otha.der", "old", now - timedelta(days=1))
    certificate(state / "interface" / "rejected" / "b.der", "nobody", now - timedelta(days=1))
    site = load_site(TWO_TANKS)

    def alarms() -> dict[str, Any]:
        with WireClient(state / "otha.sock", timeout_s=10) as client:
            return {each["code"]: each for each in client.status()["alarms"] if each["code"].startswith("certificate")}

    running = asyncio.create_task(run(site, state, live=False, stop=stop, log_to=io.StringIO(), punctual=False))
    try:
        await until((state / "otha.sock").exists)
        found = await until(alarms)
    finally:
        stop.set()
        assert await running == 0
    assert found.keys() == {"certificate_expiring", "certificate_expired"}
    assert found["certificate_expiring"]["detail"].startswith("trusted: CN=hmi (")
    assert found["certificate_expired"]["detail"].startswith("the interface's own: CN=old (")
    assert all(each["unacked"] and each["response"] for each in found.values())
