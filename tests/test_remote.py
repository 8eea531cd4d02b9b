"""`otha --remote URL ...`: a plant, its supervisor and its interface as processes, and the command line as a client."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from otha import alarm_cli, asking, cli, names, remote
from otha.certificates import OwnIdentity, read_certificate
from otha.core.errors import HostError
from otha.core.inputs import Order
from otha.core.words import OrderKind
from otha.interface import place
from otha.interface.trust import Trust, TrustList
from otha.journal import cli as journal_cli
from otha.wire.errors import UNANSWERED, NoSupervisorError, RefusedError
from tests.interface.clients import Guest, guest, identity, ua
from tests.interface.house import PASSWORD, USERS, WAIT_S
from tests.interface.supervised import Supervised, supervised_plant

cli.app.add_typer(journal_cli.app, name="log")
cli.app.add_typer(alarm_cli.app, name="alarms")
RUN = CliRunner()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnIdentity:
    return identity(tmp_path_factory.mktemp("client"), "hmi")


@pytest.fixture(scope="module")
def supervised(tmp_path_factory: pytest.TempPathFactory, own: OwnIdentity) -> Iterator[Supervised]:
    with supervised_plant(tmp_path_factory.mktemp("site"), own.certificate.read_bytes(), in_plant=True) as made:
        made.wait_for("listens=")
        yield made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, supervised: Supervised) -> Path:
    """The folder of a command line that has been here before and is trusted."""
    folder = tmp_path_factory.mktemp("home")
    code, said = asked(supervised, folder, "status", trust=fingerprint(supervised))
    assert (code, "otha cert trust" in said) == (1, True)
    made = read_certificate((folder / "otha" / "remote" / "own" / "otha.der").read_bytes())
    assert made.fingerprint in said
    trusted(supervised).trust_rejected(made.thumbprint)
    return folder


def trusted(at: Supervised) -> TrustList:
    return TrustList(place.folder(at.state))


def fingerprint(at: Supervised) -> str:
    return read_certificate(at.certificate.read_bytes()).fingerprint


def run(at: Supervised, home: Path, *command: str, role: str = "operator", trust: str = "", typed: str = "") -> Result:
    words = ["--remote", at.url, "--user", USERS.get(role, role), "--password-file", "-"]
    words += ["--trust", trust] if trust else []
    env = {"XDG_CONFIG_HOME": str(home), "OTHA_STATE": ""}
    return RUN.invoke(cli.app, [*words, *command], input=f"{typed or PASSWORD}\n", env=env)


def asked(at: Supervised, home: Path, *command: str, **said: str) -> tuple[int, str]:
    done = run(at, home, *command, **said)
    return done.exit_code, done.output


def local(at: Supervised, *command: str) -> str:
    done = RUN.invoke(cli.app, [*command, "--state", str(at.state)])
    assert done.exit_code == 0, done.output
    return done.stdout


def until(found: Callable[[], Any]) -> Any:
    end = time.monotonic() + WAIT_S
    while not (result := found()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return result


def follows(at: Supervised) -> str | None:
    (group,) = at.status()["groups"]
    return group["active"] if group["standing"] == "following" and group["plan"] is None else None


def test_a_server_that_is_not_known_is_shown_and_nothing_is_sent_there(supervised: Supervised, tmp_path: Path) -> None:
    done = run(supervised, tmp_path, "status")
    assert done.exit_code == 2
    assert fingerprint(supervised) in done.output
    assert "--trust" in done.output
    assert not (tmp_path / "otha" / "remote" / "servers").exists()
    code, said = asked(supervised, tmp_path, "status", trust="AB" * 32)
    assert (code, "another certificate than --trust says" in said) == (2, True)


def test_a_server_that_has_become_another_one_is_refused(supervised: Supervised, home: Path, tmp_path: Path) -> None:
    (file,) = (home / "otha" / "remote" / "servers").iterdir()
    pinned = file.read_bytes()
    file.write_bytes(identity(tmp_path, "other").certificate.read_bytes())
    try:
        code, said = asked(supervised, home, "status")
        assert (code, "another certificate than before" in said) == (2, True)
        assert asked(supervised, home, "status", trust=fingerprint(supervised))[0] == 0
        assert file.read_bytes() == pinned
    finally:
        file.write_bytes(pinned)


def test_what_is_said_is_what_is_said_at_home(supervised: Supervised, home: Path) -> None:
    until(lambda: follows(supervised))
    for command in (("status",), ("why", "tanks"), ("alarms",)):
        there = run(supervised, home, *command, "--json", role="viewer")
        assert there.exit_code == 0, there.output
        here = json.loads(local(supervised, *command, "--json"))
        assert shape(json.loads(there.stdout)) == shape(here)
        table = run(supervised, home, *command, role="viewer")
        assert table.exit_code == 0
        assert table.stdout.splitlines()[0] == local(supervised, *command).splitlines()[0]
    rows = ("log", "query", "--limit", "7")
    assert run(supervised, home, *rows, "--json", role="viewer").stdout == local(supervised, *rows, "--json")
    assert run(supervised, home, *rows, role="viewer").stdout == local(supervised, *rows)
    paged = run(supervised, home, "log", "query", "--limit", "3", "--kind", "interface.login", role="viewer")
    assert all("interface.login" in line for line in paged.stdout.splitlines())


def shape(said: Any) -> Any:
    """The names in a JSON object, and what never moves."""
    if isinstance(said, dict):
        moving = ("replies", "counts", "lateness_counts", "defects")
        return {name: shape(each) for name, each in said.items() if name not in moving}
    return [shape(each) for each in said] if isinstance(said, list) else type(said).__name__ if said is None else ""


def test_orders_are_given_refused_and_repeated(supervised: Supervised, home: Path) -> None:
    first = until(lambda: follows(supervised))
    other = {"sc_a": "sc_b", "sc_b": "sc_a"}[first]
    code, said = asked(supervised, home, "order", "switchover", "tanks", "--to", first)
    assert (code, "(order)" in said) == (1, True)
    here = ["order", "switchover", "tanks", "--to", first, "--state", str(supervised.state)]
    assert said == RUN.invoke(cli.app, here).output
    assert asked(supervised, home, "order", "switchover", "tanks", role="viewer")[0] == 1
    assert asked(supervised, home, "order", "arm", "tanks", "--level", "observe")[0] == 1
    assert asked(supervised, home, "order", "switchover", "nowhere")[0] == 1
    assert asked(supervised, home, "log", "tail")[0] == 2
    assert asked(supervised, home, "log", "query", "--node", "sc_a")[0] == 2
    found = json.loads(run(supervised, home, "alarms", "kpi", "--json").stdout)
    assert found["annunciations"] >= 0

    def taken(*words: str) -> dict[str, Any]:
        done = run(supervised, home, "order", *words, "--json")
        found: dict[str, Any] = json.loads(done.stdout)
        return found if done.exit_code == 0 else {}

    selected = until(lambda: taken("select", "tanks", "--to", other, "--id", f"s{time.monotonic_ns()}"))
    assert selected["preview"]["to_node"] == other
    operated = until(lambda: taken("operate", "tanks", "--id", "operate-1"))
    assert operated == taken("operate", "tanks", "--id", "operate-1")
    until(lambda: follows(supervised) == other)


def test_wrong_words_are_told(supervised: Supervised, home: Path) -> None:
    code, said = asked(supervised, home, "status", typed="not the password")
    assert (code, "does not let user" in said) == (2, True)
    assert asked(supervised, home, "check", "x.toml")[0] == 2
    for words in (["--remote", supervised.url, "status"], ["--remote", "http://x", "--user", "u", "status"]):
        assert RUN.invoke(cli.app, words).exit_code == 2
    nobody = RUN.invoke(
        cli.app,
        ["--remote", "opc.tcp://127.0.0.1:9", "--user", "u", "--password-file", "-", "status"],
        input="p\n",
        env={"XDG_CONFIG_HOME": str(home)},
    )
    assert (nobody.exit_code, "nobody answers" in nobody.output) == (1, True)


def test_options_of_the_remote_may_stand_behind_the_command() -> None:
    words = ["log", "query", "--user", "eve", "--remote", "opc.tcp://h:1", "--trust=AB", "--password-file", "f"]
    first = ["--remote", "opc.tcp://h:1", "--trust=AB", "--password-file", "f"]
    assert asking.remote_first(words) == [*first, "log", "query", "--user", "eve"]
    assert asking.remote_first(["status", "--user", "kim", "--remote=x"]) == ["--user", "kim", "--remote=x", "status"]
    assert asking.remote_first(["log", "query", "--user", "eve"]) == ["log", "query", "--user", "eve"]


def test_the_shell_can_complete() -> None:
    told = RUN.invoke(cli.app, ["--help"])
    assert "--install-completion" in told.output


async def service(at: Guest, name: str, *given: Any, group: str = "") -> list[Any]:
    owner, kind = (names.group_id(group), "GroupType") if group else (names.SITE, "SiteType")
    found = await at.node(owner).call_method(ua.NodeId(names.variable_id(kind, name), at.index), *given)
    (said,) = (each for each in names.SERVICES if each.name == name)
    return found if isinstance(found, list) and len(said.outputs) > 1 else [found]


async def traced(at: Guest, ended: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The outputs through the last transfer, once they are told to its end: samples come after it."""
    async with asyncio.timeout(WAIT_S):
        while True:
            found: dict[str, Any] = json.loads((await service(at, "OutputsOfTransfer", group="tanks"))[0])
            if found["samples"] and ended(found["samples"][-1]):
                return found
            await asyncio.sleep(0.1)


@pytest.mark.asyncio
async def test_the_last_transfer_the_channels_and_faults_of_the_plant(supervised: Supervised, own: OwnIdentity) -> None:
    async with guest(supervised, own, "commissioning") as at:
        timing = json.loads((await service(at, "Timing"))[0])
        assert {each["name"] for each in timing["channels"]} == {f"sc_{x}.net_{y}" for x in "ab" for y in "ab"}
        for each in timing["channels"]:
            assert (each["quality"], each["replies"]["count"] > 0) == ("replied", True)
            assert each["values"]["heartbeat"] > 0
            assert 0 <= each["age_ms"] < 60_000
            assert sum(each["replies"]["counts"]) == each["replies"]["count"]
        faults = {each["name"]: each for each in map(json.loads, (await service(at, "ListFaults"))[0])}
        assert faults["kill"]["parameters"][0]["name"] == "node"
        accepted, _, what, _ = await service(at, "InjectFault", "f1", "kill", '{"node": "nobody"}', "")
        assert (accepted, "nobody" in what) == (False, True)
        first = follows(supervised)
        accepted, durable, what, code = await service(at, "InjectFault", "f2", "kill", json.dumps({"node": first}), "x")
        assert (accepted, durable, code) == (True, True, ""), what
        assert (await service(at, "InjectFault", "f2", "kill", json.dumps({"node": first}), "x"))[2] == what
        until(lambda: (follows(supervised) or first) != first)
        trace = await traced(at, lambda last: last["state"] == "OWNED" and last["owner"] != first)
        assert (trace["kind"], trace["from_node"], trace["outputs"]) == (
            "failover",
            first,
            ["pump_1", "pump_2", "valve"],
        )
        kept = [key for key, _ in groupby((each["state"], each["owner"]) for each in trace["samples"])]
        # Before that: how the plant itself came up, and what the module's other tests ordered.
        since = max(index for index, key in enumerate(kept) if key == ("OWNED", first))
        assert {state for state, _ in kept[since + 1 : -1]} == {"HELD"}
        assert kept[-1] == ("OWNED", "sc_b" if first == "sc_a" else "sc_a")
        assert trace["samples"][0]["at_us"] < 0 <= trace["samples"][-1]["at_us"]
        listed, _ = await service(at, "Transfers", *span(), "tanks", False, ua.Variant(1, ua.VariantType.Int32))
        newest = json.loads(listed[0])
        assert (newest["kind"], "lines" in newest) == ("failover", False)
        report, html = await service(at, "Report", ua.Variant(newest["id"], ua.VariantType.Int64))
        assert json.loads(report)["chain"].startswith("as written")
        assert "<html" in html
    intent, outcome = supervised.journaled("interface.act"), supervised.journaled("interface.acted")
    assert [body["id"] for _, body in intent] == [body["id"] for _, body in outcome] == ["f1", "f2"]
    assert {user for user, _ in intent} == {USERS["commissioning"]}


def span() -> tuple[Any, Any]:
    zero = ua.Variant(0, ua.VariantType.Int64)
    return zero, zero


def test_a_client_that_is_trusted_no_more_is_told_how_to_come_in(supervised: Supervised, home: Path) -> None:
    made = read_certificate((home / "otha" / "remote" / "own" / "otha.der").read_bytes())
    listed = trusted(supervised)
    listed.reject(made.thumbprint)
    assert [each.trust for each in listed.all() if each.certificate.thumbprint == made.thumbprint] == [Trust.REJECTED]
    code, said = asked(supervised, home, "status")
    assert (code, "otha cert trust" in said) == (1, True)
    listed.trust_rejected(made.thumbprint)


def test_every_input_of_every_order_can_be_given() -> None:
    given = Order(
        id="1", kind=OrderKind.CONFIRM, group="g", user="", client="", node=None, arming=None, comment="", request=7
    )
    said = remote.order_inputs(given)
    assert {each.name for method in names.METHODS for each in method.inputs} == set(said)
    assert said["Request"] == 7


def test_an_address_is_one() -> None:
    assert remote.checked_url("opc.tcp://plant:4840/otha") == "opc.tcp://plant:4840/otha"


@pytest.mark.parametrize(
    ("error", "open_"),
    [
        (NoSupervisorError("nobody answers (no answer in time)"), True),
        (RefusedError(f"{UNANSWERED}: repeat it with the same id"), True),
        (RefusedError("too many orders wait", mend="try again in a moment"), False),
    ],
)
def test_who_gets_no_answer_to_an_order_is_told_its_id(error: HostError | RefusedError, open_: bool) -> None:
    with pytest.raises(type(error)) as raised, asking.repeatable("my-order"):
        raise error
    assert ("--id my-order" in raised.value.mend) is open_
    assert (raised.value is error) is not open_


def test_a_server_that_nobody_knows_fills_no_memory() -> None:
    with remote.bounded_memory(more=1 << 26), pytest.raises(MemoryError):
        bytearray(1 << 30)
    bytearray(1 << 30)
