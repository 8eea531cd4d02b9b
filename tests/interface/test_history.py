"""The journal's events at a client: as history of OPC UA events, and page by page; and the model as a NodeSet2 file."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from otha import interface_cli, names
from otha.certificates import OwnIdentity
from otha.interface.events import event_id
from otha.journal.entry import Entry
from otha.journal.writer import Journal
from tests.interface.clients import Guest, guest, ua
from tests.interface.house import House
from tests.site.examples import TWO_TANKS

ROWS = 12


@pytest.fixture(scope="module")
def journal(house: House) -> Iterator[None]:
    with Journal(house.folder / "journal") as made:
        for number in range(ROWS):
            group = "tanks" if number % 2 else ""
            entry = Entry(kind="decision" if group else "supervisor.start", body={"n": number}, group=group, mono_ns=5)
            made.append(entry, True).result(30)
        yield


def numbers(bodies: list[dict[str, Any]]) -> list[int]:
    """The numbers in bodies; the journal's own first row has none."""
    return [body["n"] for body in bodies if "n" in body]


NOTHING = {
    "FromMs": 0,
    "ToMs": 0,
    "Group": "",
    "Kind": "",
    "Text": "",
    "AfterSeq": 0,
    "Limit": 0,
    "User": "",
    "NewestFirst": False,
}


async def query(at: Guest, **asked: Any) -> tuple[list[dict[str, Any]], int]:
    said = NOTHING | asked
    kinds = {
        names.Kind.BOOLEAN: ua.VariantType.Boolean,
        names.Kind.TEXT: ua.VariantType.String,
        names.Kind.INT64: ua.VariantType.Int64,
        names.Kind.INT32: ua.VariantType.Int32,
    }
    given = [ua.Variant(said[each.name], kinds[each.kind]) for each in names.QUERY_INPUTS]
    method = ua.NodeId(names.variable_id("SiteType", names.QUERY), at.index)
    events, after, _ = await at.node(names.SITE).call_method(method, *given)
    return [json.loads(each) for each in events], after


@pytest.mark.asyncio
@pytest.mark.usefixtures("journal")
async def test_events_are_queried_by_what_they_are_page_by_page(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        found, after = await query(at)
        assert (numbers([row["body"] for row in found]), after) == (list(range(ROWS)), 0)
        found, after = await query(at, Group="tanks", Kind="decision", Limit=4)
        assert [row["body"]["n"] for row in found] == [1, 3, 5, 7]
        found, after = await query(at, Group="tanks", Kind="decision", Limit=4, AfterSeq=after)
        assert ([row["body"]["n"] for row in found], after) == ([9, 11], 0)
        assert [row["body"]["n"] for row in (await query(at, Text='"n":11'))[0]] == [11]
        later = int((datetime.now(UTC) + timedelta(hours=1)).timestamp() * 1000)
        assert await query(at, FromMs=later) == ([], 0)


@pytest.mark.asyncio
@pytest.mark.usefixtures("journal")
async def test_events_come_newest_first_page_by_page(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        asked = {"Kind": "decision", "NewestFirst": True, "Limit": 4}
        found, after = await query(at, **asked)
        assert [row["body"]["n"] for row in found] == [11, 9, 7, 5]
        found, after = await query(at, **asked, AfterSeq=after)
        assert ([row["body"]["n"] for row in found], after) == ([3, 1], 0)
        assert await query(at, User="nobody") == ([], 0)


@pytest.mark.asyncio
@pytest.mark.usefixtures("journal")
async def test_history_of_events_is_the_journals(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        kind = at.node(names.EVENT_TYPE)
        every: list[Any] = await at.client.nodes.server.read_event_history(None, None, 0, kind)
        assert numbers([json.loads(event.Body) for event in every]) == list(range(ROWS))
        of_the_group: list[Any] = await at.node(names.group_id("tanks")).read_event_history(None, None, 0, kind)
        assert [json.loads(event.Body)["n"] for event in of_the_group] == list(range(1, ROWS, 2))
        assert of_the_group[0].EventId == event_id("decision", "tanks", 5, '{"n":1}')
        assert of_the_group[0].SourceNode == at.node(names.group_id("tanks")).nodeid
        assert await at.client.nodes.server.read_event_history(datetime.now(UTC), None, 0, kind) == []


def history(start: datetime | None, end: datetime | None, number: int) -> Any:
    """A HistoryRead of the Server object's times and events; None: left open."""
    clauses = []
    for path in ("Time", "EventId"):
        clause = ua.SimpleAttributeOperand(TypeDefinitionId=ua.NodeId(ua.ObjectIds.BaseEventType))
        clause.BrowsePath, clause.AttributeId = [ua.QualifiedName(path)], ua.AttributeIds.Value
        clauses.append(clause)
    asked = ua.HistoryReadParameters(ReleaseContinuationPoints=False)
    asked.HistoryReadDetails = ua.ReadEventDetails(
        NumValuesPerNode=number,
        StartTime=start or ua.get_win_epoch(),
        EndTime=end or ua.get_win_epoch(),
        Filter=ua.EventFilter(SelectClauses=clauses),
    )
    asked.NodesToRead = [ua.HistoryReadValueId(NodeId=ua.NodeId(ua.ObjectIds.Server))]
    return asked


async def pages(at: Guest, asked: Any) -> list[list[datetime]]:
    """The times on all pages."""
    found = []
    while True:
        (result,) = await at.client.uaclient.history_read(asked)
        result.StatusCode.check()
        found.append([event.EventFields[0].Value for event in result.HistoryData.Events])
        if not result.ContinuationPoint:
            return found
        asked.NodesToRead[0].ContinuationPoint = result.ContinuationPoint


@pytest.mark.asyncio
@pytest.mark.usefixtures("journal")
async def test_a_long_history_comes_in_pages(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        asked = history(None, None, 5)
        assert [len(each) for each in await pages(at, asked)] == [5, 5, ROWS + 1 - 10]
        asked.NodesToRead = [ua.HistoryReadValueId(NodeId=at.node(names.SITE, "Name").nodeid)]
        (result,) = await at.client.uaclient.history_read(asked)
        assert result.StatusCode.name == "BadHistoryOperationUnsupported"
        asked.NodesToRead *= 11
        with pytest.raises(ua.uaerrors.BadTooManyOperations):
            await at.client.uaclient.history_read(asked)


@pytest.mark.asyncio
@pytest.mark.usefixtures("journal")
async def test_a_start_after_the_end_asks_for_the_newest_first(house: House, own: OwnIdentity) -> None:
    """OPC UA Part 11, 6.4.2: against time, the start within and the end not; so too with an end and a number alone."""
    async with guest(house, own, "viewer") as at:
        (every,) = await pages(at, history(None, None, 0))
        assert every == sorted(every)
        back = await pages(at, history(every[-2], every[1], 4))
        assert [len(each) for each in back] == [4, 4, ROWS + 1 - 11]
        assert [time for each in back for time in each] == every[2:-1][::-1]
        assert [time for each in await pages(at, history(None, every[4], 2)) for time in each] == every[4::-1]
        assert await pages(at, history(every[3], every[3], 0)) == [[every[3]]]
        assert await pages(at, history(datetime(9999, 1, 1, tzinfo=UTC), every[-1], 0)) == [[]]


def test_the_model_is_written_as_a_nodeset(tmp_path: Path) -> None:
    file = tmp_path / "model.xml"
    done = CliRunner().invoke(interface_cli.app, ["export", str(TWO_TANKS), "--out", str(file)])
    assert done.exit_code == 0, done.output
    root = ET.parse(file).getroot()
    ids = {each.get("NodeId", "").partition(";s=")[2] for each in root}
    assert root.tag.endswith("UANodeSet")
    assert ids >= {names.SITE, names.group_id("tanks"), "GroupType.Switchover", "Group/tanks.Active", names.EVENT_TYPE}
