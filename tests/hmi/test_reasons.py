"""The words for what OTHA says speaks against a node, or against itself."""

import pytest

from hmi.reasons import told
from otha.names import NodeReason, SiteReason, reason

SPOKEN = [
    (NodeReason.NOT_ALIVE, "frozen", "FROZEN"),
    (NodeReason.MAINTENANCE, "", "out for maintenance"),
    (NodeReason.LEVEL, "140", "says itself that it is not healthy: 140"),
    (NodeReason.RPO, "unknown", "its copy is within the RPO: ? not known"),
    (NodeReason.READY, "false", "it is ready: ✗ false"),
    (NodeReason.TAG, "level sp stale", "level sp agrees with the active one's: ! stale"),
    (NodeReason.ONE_SHOT, "start_pump", "start_pump is still to be carried out"),
    (NodeReason.CHANNEL, "tanks_a.lan_1 lost", "channel tanks_a.lan_1 is lost"),
    (SiteReason.ISOLATED, "", "it reaches none of its reference points (S8)"),
    (SiteReason.TILTED, "", "after a clock step or a gap it only watches (S10)"),
    (SiteReason.JOURNAL, "no space: /var", "journal: no space: /var"),
    (SiteReason.RECORDS, "read-only", "group records: read-only"),
]


@pytest.mark.parametrize(("code", "detail", "said"), SPOKEN)
def test_a_reason_is_spoken(code: NodeReason | SiteReason, detail: str, said: str) -> None:
    assert told([reason(code, detail)]) == [said]


def test_every_code_has_words() -> None:
    assert {code for code, _, _ in SPOKEN} == {*NodeReason, *SiteReason}


def test_a_code_of_a_newer_otha_is_shown_as_it_came() -> None:
    assert told(["licence: 3 days"]) == ["licence: 3 days"]
