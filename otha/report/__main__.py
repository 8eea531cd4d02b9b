"""One question about a journal: `python -m otha.report STATE REQUEST PARENT`, asked by the interface's process.

REQUEST is a JSON object, `ask` says what for: kpi, transfers, report or verify. The answer is one JSON object; where
there is none, it holds `error` and `mend`. Times are milliseconds since 1970, 0: open.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from otha.core.errors import OthaError
from otha.journal.reader import Query, Reader
from otha.journal.verify import verify
from otha.report import evidence, kpi, sheet
from otha.report.evidence import Dossier

Json = dict[str, Any]  # Any: JSON
_PR_SET_PDEATHSIG = 1
_NICE = 5
_MEMORY_MAX = 640 << 20  # a few of these run at once
_NS_PER_MS = 1_000_000
_LISTED_BYTES_MAX = 1 << 20


def answer(state: Path, request: Json) -> Json:
    """The answer to a request. Raises OthaError."""
    match request["ask"]:
        case "kpi":
            with Reader(state) as reader:
                return kpi.of_journal(reader, _ns(request["from_ms"]), _ns(request["to_ms"]))
        case "transfers":
            return _transfers(_dossiers(state), request)
        case "report":
            return _report(state, request["id"])
        case "verify":
            found = verify(state)
            return {**found.as_json(), "verified_seq": found.verified_seq}
        case other:
            raise ValueError(other)


def _dossiers(state: Path) -> list[Dossier]:
    with Reader(state) as reader:
        return evidence.dossiers(reader.query(Query()))


def _transfers(found: list[Dossier], request: Json) -> Json:
    """The newest first, as many as wanted and as fit."""
    first, last = _ns(request["from_ms"]) or 0, _ns(request["to_ms"]) or sys.maxsize
    told: list[str] = []
    size = 0
    for each in reversed(list(evidence.chosen(found, group=request["group"], drills=request["drills"]))):
        if not first <= each.requested_wall_ns < last:
            continue
        text = json.dumps({key: said for key, said in evidence.as_json(each).items() if key != "lines"})
        size += len(text)
        if told and (len(told) == request["limit"] or size > _LISTED_BYTES_MAX):
            return {"transfers": told, "more": True}
        told.append(text)
    return {"transfers": told, "more": False}


def _report(state: Path, id_: int) -> Json:
    found = next((each for each in _dossiers(state) if each.id == id_), None)
    if found is None:
        return {"error": f"no transfer was requested in row {id_}", "mend": "Transfers lists them"}
    whole = replace(found, chain=evidence.chain_over(verify(state), found))
    return {"report": evidence.as_json(whole), "html": sheet.html(whole)}


def _ns(ms: int) -> int | None:
    return ms * _NS_PER_MS or None


def _end_with(parent_pid: int) -> None:
    """Nobody waits for the answer once who asked has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        raise SystemExit(0)


def main() -> None:
    """Run as a process of its own."""
    state, request, parent_pid = sys.argv[1:4]
    _end_with(int(parent_pid))
    os.nice(_NICE)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _MEMORY_MAX if hard == resource.RLIM_INFINITY else min(_MEMORY_MAX, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        said = answer(Path(state), json.loads(request))
    except OthaError as error:
        said = {"error": error.what, "mend": error.mend}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
