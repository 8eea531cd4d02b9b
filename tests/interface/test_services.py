"""What may be asked besides orders: every role and every method; users, certificates, reports, faults."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from otha import names
from otha.certificates import OwnIdentity, read_certificate
from otha.interface.studies import ANSWER_MAX
from otha.interface.trust import Trust
from otha.journal.writer import Journal
from otha.names import Kind, Service
from otha.wire.access import AccessRole, Deed, may_order
from otha.wire.interface import Act, Permitted, View
from tests.interface.clients import Guest, guest, identity, ua
from tests.interface.house import PASSWORD, House, permitted
from tests.site.examples import TWO_TANKS

TYPES = {
    Kind.BOOLEAN: ua.VariantType.Boolean,
    Kind.INT32: ua.VariantType.Int32,
    Kind.INT64: ua.VariantType.Int64,
    Kind.TEXT: ua.VariantType.String,
}
WORDS = {"Role": "viewer", "Password": PASSWORD, "User": "nobody", "Arguments": "{}"}
SITE = {"file": str(TWO_TANKS), "text": "t", "text_hash": "h", "hash": "d", "simulation": False}


@pytest.fixture(scope="module", autouse=True)
def journal(house: House) -> Iterator[None]:
    """A journal, and something to see."""
    house.views = {
        (View.CONFIGURATION, ""): dict(SITE),
        (View.TIMING, ""): {"channels": []},
        (View.OUTPUTS, "tanks"): {"samples": []},
    }
    with Journal(house.folder / "journal"):
        yield


@pytest.fixture(autouse=True)
def answering(house: House) -> None:
    house.permit = permitted
    for each in (house.acts, house.acted, house.notes):
        each.clear()


def service(name: str) -> Service:
    (found,) = (each for each in names.SERVICES if each.name == name)
    return found


async def call(at: Guest, name: str, **said: Any) -> list[Any]:
    """Call a service; what is not said is left open."""
    each = service(name)
    owner, kind = (names.group_id("tanks"), "GroupType") if each.of_group else (names.SITE, "SiteType")
    given = {"OrderId": uuid.uuid4().hex, **{key: said.get(key, _open(key)) for key in _inputs(each)}, **said}
    variants = [ua.Variant(given[wanted.name], TYPES[wanted.kind]) for wanted in each.inputs]
    method = ua.NodeId(names.variable_id(kind, name), at.index)
    found = await at.node(owner).call_method(method, *variants)
    return found if isinstance(found, list) and len(each.outputs) > 1 else [found]


def _inputs(each: Service) -> list[str]:
    return [wanted.name for wanted in each.inputs if wanted.name != "OrderId"]


def _open(name: str) -> Any:
    kinds = {wanted.name: wanted.kind for each in names.SERVICES for wanted in each.inputs}
    return WORDS.get(name, "" if kinds[name] is Kind.TEXT else False if kinds[name] is Kind.BOOLEAN else 0)


def test_there_is_a_method_for_every_deed() -> None:
    assert [each.deed for each in names.SERVICES] == list(dict.fromkeys(each.deed for each in names.SERVICES))
    assert {each.deed for each in names.SERVICES} == {deed.value for deed in Deed}
    every = [each.name for each in names.METHODS] + [each.name for each in names.SERVICES]
    assert len(set(every)) == len(every)


@pytest.mark.asyncio
@pytest.mark.parametrize("role", AccessRole, ids=lambda role: role.name.lower())
async def test_each_role_may_ask_what_the_table_says(house: House, own: OwnIdentity, role: AccessRole) -> None:
    async with guest(house, own, role.name.lower()) as at:
        for each in names.SERVICES:
            deed = Deed(each.deed)
            before = len(house.acts), len(house.notes)
            try:
                await call(at, each.name)
                denied = False
            except ua.uaerrors.BadUserAccessDenied:
                denied = True
            except ua.UaError:  # there is nothing of the kind here; that is said to who may ask
                denied = False
            assert denied != may_order(role, deed), f"{role.name} {each.name}"
            if each.changes:
                # The supervisor hears of it either way: it judges once more, and journals what it refuses.
                (told,) = house.acts[before[0] :]
                assert (told.deed, told.role.value) == (deed, role.name.lower())
                assert told.client.startswith("opcua 127.0.0.1 OTHA hmi")
            elif denied:
                assert house.noted(f"{deed.value} is not for {role.name.lower()}")
        user, said_role, methods, locks = await call(at, "WhoAmI")
        assert (said_role, locks) == (role.name.lower(), -1)
        assert user.startswith(role.name.lower()[:5])
        wanted = {each.name for each in names.SERVICES if may_order(role, Deed(each.deed))}
        assert wanted == set(methods) & {each.name for each in names.SERVICES}


@pytest.mark.asyncio
async def test_users_are_added_changed_locked_and_removed(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "admin") as at:
        assert (await call(at, "AddUser", User="kim", Role="operator", Password="ten or more"))[:2] == [True, True]
        async with guest(house, own, "kim", password="ten or more") as kim:
            assert (await call(kim, "WhoAmI"))[1] == "operator"
            assert (await call(at, "SetUserRole", User="kim", Role="viewer"))[0]
            assert (await call(kim, "WhoAmI"))[1] == "viewer"
            assert (await call(at, "LockUser", User="kim"))[2] == "user kim is locked"
            with pytest.raises(ua.uaerrors.BadUserAccessDenied):
                await call(kim, "WhoAmI")
        with pytest.raises(ua.UaError):
            async with guest(house, own, "kim", password="ten or more"):
                pass
        listed = {user["name"]: user for user in map(json.loads, (await call(at, "ListUsers"))[0])}
        assert (listed["kim"]["role"], listed["kim"]["locked"]) == ("viewer", True)
        assert "hash" not in listed["kim"]
        assert (await call(at, "UnlockUser", User="kim"))[0]
        assert (await call(at, "SetUserPassword", User="kim", Password="another one"))[0]
        async with guest(house, own, "kim", password="another one"):
            pass
        assert (await call(at, "RemoveUser", User="kim"))[0]
        assert not any("ten or more" in act.what or "another one" in act.what for act in house.acts)
    assert [end.accepted for end in house.ended(6)] == [True] * 6


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "said", "names_it"),
    [
        ("AddUser", {"User": "kim", "Role": "king"}, "is no role"),
        ("AddUser", {"User": "kim", "Password": "short"}, "10 to 256"),
        ("RemoveUser", {"User": "nobody"}, "there is no user"),
        ("RemoveUser", {"User": "admin-person"}, "no admin would be left"),
        ("LockUser", {"User": "admin-person"}, "no admin would be left"),
        ("SetUserRole", {"User": "admin-person", "Role": "viewer"}, "no admin would be left"),
        ("TrustCertificate", {"Fingerprint": ""}, "no certificate"),
        ("InjectFault", {"Fault": "kill"}, "no simulated plant"),
    ],
)
async def test_what_cannot_be_done_is_told(
    house: House, own: OwnIdentity, method: str, said: dict[str, str], names_it: str
) -> None:
    before = house.users.all()
    async with guest(house, own, "admin") as at:
        accepted, durable, what, code = await call(at, method, **said)
    assert (accepted, durable, code) == (False, True, "refused")
    assert names_it in what
    assert house.users.all() == before
    ((told, end),) = zip(house.acts, house.ended(1), strict=True)
    assert (told.id, end.accepted, end.code) == (end.id, False, "refused")


@pytest.mark.asyncio
async def test_what_the_supervisor_does_not_permit_is_not_done(house: House, own: OwnIdentity) -> None:
    def known(act: Act) -> Permitted:
        return Permitted(ask=act.ask, go=False, accepted=True, durable=True, what="done before", code="")

    house.permit = known
    async with guest(house, own, "admin") as at:
        assert await call(at, "AddUser", User="kim", Role="operator") == [True, True, "done before", ""]
        assert (await call(at, "AddUser", OrderId="", User="kim"))[3] == "bad_id"
    assert "kim" not in {user.name for user in house.users.all()}
    assert (len(house.acts), house.acted) == (1, [])


@pytest.mark.asyncio
async def test_certificates_are_listed_trusted_rejected_and_removed(
    house: House, own: OwnIdentity, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = identity(tmp_path_factory.mktemp("stranger"), "stranger").certificate.read_bytes()
    found = read_certificate(stranger)
    house.trust.trust(stranger)
    house.trust.reject(found.thumbprint)

    def where() -> list[Trust]:
        return [each.trust for each in house.trust.all() if each.certificate.der == stranger]

    async with guest(house, own, "admin") as at:
        listed = [json.loads(each) for each in (await call(at, "ListCertificates"))[0]]
        assert [each["trust"] for each in listed] == ["own", "trusted", "rejected"]
        assert (listed[0]["fingerprint"], listed[2]["subject"]) == (house.fingerprint.upper(), found.subject)
        assert listed[0]["days_left"] > 3000
        spaced = found.fingerprint.lower()
        assert (await call(at, "TrustCertificate", Fingerprint=spaced))[0]
        assert where() == [Trust.TRUSTED]
        assert (await call(at, "RejectCertificate", Fingerprint=found.fingerprint))[0]
        assert where() == [Trust.REJECTED]
        assert not (await call(at, "RemoveCertificate", Fingerprint=found.fingerprint[:10]))[0]
        assert (await call(at, "RemoveCertificate", Fingerprint=found.fingerprint))[0]
        assert where() == []
        mine = read_certificate(own.certificate.read_bytes()).fingerprint
        for method in ("RejectCertificate", "RemoveCertificate"):
            accepted, _, what, _ = await call(at, method, Fingerprint=mine)
            assert (accepted, "of this session" in what) == (False, True)


@pytest.mark.asyncio
async def test_configuration_and_views_are_the_supervisors(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "engineer") as at:
        file, text, text_hash, digest, on_disk, nodes = await call(at, "Configuration")
        assert (file, text, text_hash, digest) == (str(TWO_TANKS), "t", "h", "d")
        assert len(on_disk) == 64
        assert json.loads(nodes) == {}
        assert json.loads((await call(at, "Timing"))[0]) == {"channels": []}
        assert json.loads((await call(at, "OutputsOfTransfer"))[0]) == {"samples": []}
        del house.views[View.OUTPUTS, "tanks"]
        with pytest.raises(ua.uaerrors.BadNoData):
            await call(at, "OutputsOfTransfer")


@pytest.mark.asyncio
async def test_a_site_text_that_no_message_carries_is_refused_and_the_connection_stays(
    house: House, own: OwnIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = f'[node.a]\nprofile = "{"x" * (ANSWER_MAX // 2)}"'
    monkeypatch.setitem(house.views, (View.CONFIGURATION, ""), {**SITE, "text": long})
    async with guest(house, own, "engineer") as at:
        with pytest.raises(ua.uaerrors.BadResponseTooLarge):
            await call(at, "Configuration")
        assert json.loads((await call(at, "Timing"))[0]) == {"channels": []}


@pytest.mark.asyncio
async def test_the_journal_is_verified_and_measured(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        found = json.loads((await call(at, "VerifyJournal"))[0])
        assert (found["ok"], found["verified_seq"], found["faults"]) == (True, found["last_seq"], [])
        assert (await call(at, "QueryEvents"))[2] == found["verified_seq"] > 0
        assert json.loads((await call(at, "AlarmKpi"))[0])["annunciations"] == 0
        assert await call(at, "Transfers") == [[], False]
        with pytest.raises(ua.uaerrors.BadNoData):
            await call(at, "Report", Id=1)


@pytest.mark.asyncio
async def test_a_real_plant_has_no_faults(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "commissioning") as at:
        with pytest.raises(ua.uaerrors.BadNotSupported):
            await call(at, "ListFaults")
