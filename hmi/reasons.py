"""The words for what speaks against a node, or against OTHA's own ServiceLevel. OTHA says which; this speaks it."""

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication

from hmi import say
from otha.names import NodeReason, SiteReason, parted

translate = QCoreApplication.translate


def told(reasons: Iterable[str]) -> list[str]:
    """Each reason in words; one that this version does not know as it came."""
    return [_words(text) for text in reasons]


def _words(text: str) -> str:
    code, detail = parted(text)
    match code:
        case NodeReason.NOT_ALIVE.value:
            return say.liveness(detail)
        case NodeReason.MAINTENANCE.value:
            return translate("Reasons", "out for maintenance")
        case NodeReason.LEVEL.value:
            return translate("Reasons", "says itself that it is not healthy: {0}").format(detail)
        case NodeReason.RPO.value:
            return translate("Reasons", "its copy is within the RPO: {0}").format(say.verdict(detail))
        case NodeReason.READY.value:
            return translate("Reasons", "it is ready: {0}").format(say.verdict(detail))
        case NodeReason.TAG.value:
            tag, verdict = _last_word(detail)
            return translate("Reasons", "{0} agrees with the active one's: {1}").format(tag, say.verdict(verdict))
        case NodeReason.ONE_SHOT.value:
            return translate("Reasons", "{0} is still to be carried out").format(detail)
        case NodeReason.CHANNEL.value:
            channel, pulse = _last_word(detail)
            return translate("Reasons", "channel {0} is {1}").format(channel, say.pulse(pulse))
        case SiteReason.ISOLATED.value:
            return translate("Reasons", "it reaches none of its reference points (S8)")
        case SiteReason.TILTED.value:
            return translate("Reasons", "after a clock step or a gap it only watches (S10)")
        case SiteReason.JOURNAL.value:
            return translate("Reasons", "journal: {0}").format(detail)
        case SiteReason.RECORDS.value:
            return translate("Reasons", "group records: {0}").format(detail)
        case _:
            return text


def _last_word(detail: str) -> tuple[str, str]:
    rest, _, last = detail.rpartition(" ")
    return rest, last
