"""A site changed under a running supervisor of a simulated plant: by the command line, and by those who mean ill."""

import json
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from otha import cli
from otha.core.words import OrderKind
from otha.journal.reader import Query, Reader
from otha.journal.recording import decode_header, read, recordings_in
from otha.journal.verify import verify
from otha.site.load import load_site
from otha.wire.errors import RefusedError
from otha.wire.message import SiteApplied, SiteLooked
from tests.runtime.test_supervisor import (
    WAIT_S,
    Running,
    _replayed,
    plant,
    supervising,
    wait_for,
)

__all__ = ["plant"]  # the fixture


def _edit(site: Path, *changes: tuple[str, str]) -> None:
    text = site.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    site.write_text(text, encoding="utf-8")


def _connects(running: Running) -> dict[str, int]:
    links = running.ask(lambda client: client.status())["links"]
    return {name: met["connects"] for name, met in links.items()}


def _apply(running: Running, site: Path, id_: str, looked: SiteLooked) -> SiteApplied:
    found: SiteApplied = running.ask(lambda client: client.apply(id_, site, looked, ""))
    return found


def _look(running: Running, site: Path) -> SiteLooked:
    found: SiteLooked = running.ask(lambda client: client.look(site))
    return found


def _otha(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, list(words))
    return done.exit_code, done.output


def _heard(running: Running) -> dict[str, Any]:
    return {each["name"]: each["pulse"] for each in running.ask(lambda client: client.status())["channels"]}


def test_a_site_is_changed_under_a_running_supervisor(plant: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = load_site(plant).digest
    with supervising(plant, state) as running:
        active = wait_for("adopted", lambda: running.follows("sc_a", "sc_b"))
        assert active is not None
        connects = wait_for("all connected", lambda: c if all((c := _connects(running)).values()) else None)
        gate = running.group()["gate"]

        _edit(plant, ("[group.tanks]\n", '[tag.spare]\nsection = "plc"\naddress = 2010\n\n[group.tanks]\n'))
        code, said = _otha("apply", str(plant), "--state", str(state), "--dry-run")
        assert code == 0, said
        assert '+ tag.spare.section = "plc"' in said
        assert "every group goes on undisturbed" in said
        code, said = _otha("apply", str(plant), "--state", str(state), "--yes", "--comment", "a spare tag")
        assert code == 0, said
        assert f"applied: {plant.name} is supervised now" in said

        _edit(plant, ("holdoff_s = 30", "holdoff_s = 45"), ("misses = 5", "misses = 4"))
        looked = _look(running, plant)
        assert (looked.difference["anew"], looked.obstacles) == (["tanks"], ())
        assert [each["what"] for each in looked.difference["bounds"]] == ["detection", "failover"]
        assert _apply(running, plant, "second", looked).accepted
        wait_for("adopted again", lambda: running.follows(active))
        assert _apply(running, plant, "second", looked).accepted  # a repeat: nothing is done anew
        # No connection was made anew, no heartbeat was lost, and the gate has met no command.
        assert {name: n for name, n in _connects(running).items() if name in connects} == connects
        wait_for("every channel judged by its new bounds", lambda: {*_heard(running).values()} == {"on_time"})
        keys = ("owner", "epoch", "owner_epoch", "granted", "hold_no")
        assert [running.group()["gate"][key] for key in keys] == [gate[key] for key in keys]
        _attack(running, plant, tmp_path)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(WAIT_S) == 0
    _judge(state, first)


def _attack(running: Running, site: Path, tmp_path: Path) -> None:
    before = _look(running, site)
    _edit(site, ("holdoff_s = 45", "holdoff_s = 50"))
    with pytest.raises(RefusedError, match="not the file any more"):
        _apply(running, site, "another file", before)
    looked = _look(running, site)

    # Two at once: one of them finds another site than it was compared with.
    ends: list[str] = []

    def attempt(id_: str) -> None:
        try:
            ends.append("done" if _apply(running, site, id_, looked).accepted else "refused")
        except RefusedError:
            ends.append("refused")

    rivals = [threading.Thread(target=attempt, args=(f"rival {number}",)) for number in (1, 2)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    assert sorted(ends) == ["done", "refused"]
    wait_for("adopted again", lambda: running.follows("sc_a", "sc_b"))

    # While a person has the group selected, and with a file that goes.
    text = site.read_text(encoding="utf-8")
    other = tmp_path / "other.toml"
    other.write_text(text.replace("holdoff_s = 50", "holdoff_s = 55"), encoding="utf-8")
    looked = _look(running, other)
    wait_for("selected", lambda: running.order(OrderKind.SELECT).accepted)
    assert [each.block for each in _apply(running, other, "selected", looked).obstacles] == ["selected"]
    assert running.order(OrderKind.CANCEL).accepted
    other.unlink()
    with pytest.raises(RefusedError, match="can't be read"):
        _apply(running, other, "gone", looked)
    code, said = _otha("apply", str(other), "--state", str(running.state), "--yes")
    assert code == 2, said
    other.write_text(text.replace('target = "plc"', 'target = "plcc"'), encoding="utf-8")
    code, said = _otha("apply", str(other), "--state", str(running.state), "--yes")
    assert (code, "plcc" in said) == (2, True)


def _judge(state: Path, first: str) -> None:
    """What journal and recordings tell of it."""
    assert verify(state / "journal").ok
    with Reader(state / "journal") as reader:
        changes = [(row.kind, json.loads(row.body)) for row in reader.query(Query(kind="site."))]
        intents = [json.loads(row.body)["do"] for row in reader.query(Query(kind="effect.intent"))]
    kinds = [kind for kind, _ in changes]
    assert kinds[:4] == ["site.apply", "site.applied"] * 2
    assert kinds.count("site.applied") == 3
    assert kinds.count("site.refused") == 4  # another file, a rival, selected, gone
    done = [body for kind, body in changes if kind == "site.applied"]
    assert [body["from"] for body in done] == [first, done[0]["to"], done[1]["to"]]
    assert done[0]["comment"] == "a spare tag"
    assert {*intents} <= {"read record", "swap record"}
    hashes = [
        decode_header(next(iter(read(segment))).payload).site_hash for segment in recordings_in(state / "recordings")
    ]
    assert hashes == [first, *(body["to"] for body in done)]
    assert _replayed(state / "recordings") > 0
