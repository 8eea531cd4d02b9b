"""Every reason that is published stands in the documents."""

from pathlib import Path

import pytest

from otha.names import NodeReason, SiteReason

TOLD = (Path(__file__).parents[2] / "docs" / "interface.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("reason", [*NodeReason, *SiteReason])
def test_a_reason_is_explained(reason: NodeReason | SiteReason) -> None:
    (row,) = [line for line in TOLD.splitlines() if line.startswith("|") and f"`{reason.value}`" in line.split("|")[2]]
    assert row.split("|")[1].strip().startswith("node" if isinstance(reason, NodeReason) else "site")
