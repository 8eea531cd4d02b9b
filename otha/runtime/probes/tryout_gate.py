"""A gate tried at a live controller: its status block by each path, and the plant tags that its section shows."""

import time
from collections.abc import Sequence
from contextlib import closing

from otha.core.conditions import TagConfig
from otha.core.errors import EngineerError
from otha.runtime.probes.tryout import Trial, moments
from otha.runtime.probes.tryout_modbus import ModbusTalk
from otha.site.model import GatePath, Section, Site, TagRead
from otha.site.profile import WIDE
from otha.site.profile_file import Word, WordOrder
from otha.site.read import Endpoint
from otha.site.tryout import Finding, Grade, raw_value
from otha.site.tryout_gate import Block, Owners, judge_gate


def try_gate(site: Site, section: Section, trial: Trial) -> tuple[Finding, ...]:
    """The section's gate read by its first path for as long as the trial lasts, and once by each other one.

    `trial.write`: an empty command is written too, which a gate takes for none. Raises HostError when the controller
    can't be reached, EngineerError when no path to it is of TCP.
    """
    ways = [(path, path.endpoint) for path in section.paths if isinstance(path.endpoint, Endpoint)]
    if not ways:
        raise EngineerError(
            f"{section.name} is reached by a serial line alone, and only one may speak there",
            mend="try it over its gateway, by TCP",
        )
    (path, endpoint), *others = ways
    with closing(ModbusTalk(endpoint, path.unit, trial.timeout_ns)) as talk:
        blocks, failure = _blocks(talk, section, trial)
        if failure is not None:
            return (failure,)
        found = list(judge_gate(section, _owners(site, section), blocks))
        found += [
            finding for read in site.tag_reads if read.source == section.name for finding in _tags(talk, site, read)
        ]
        if trial.write:
            found.append(_empty_command(talk, section))
        found += talk.repeats()
    for other, at in others:
        found += _other_path(section, other, at, trial, blocks[-1])
    return tuple(found)


def _owners(site: Site, section: Section) -> Owners:
    group = None if section.group is None else site.group(section.group)
    names = {} if group is None else {node.number: node.name for node in group.nodes}
    return Owners(names=names, gate=None if group is None else group.gate)


def _place(section: Section) -> str:
    return f"registers {section.status.at}..{section.status.at + section.status.count - 1}, function 3"


def _blocks(talk: ModbusTalk, section: Section, trial: Trial) -> tuple[list[Block], Finding | None]:
    blocks: list[Block] = []
    for _ in moments(trial):
        reply = talk.read(section.status.at, section.status.count, 3)
        if reply.words is None:
            item = "status request"
            return [], Finding(item=item, place=_place(section), grade=Grade.WRONG, wrong=reply.wrong, mend=reply.mend)
        blocks.append(Block(at_ns=time.monotonic_ns(), words=reply.words))
    return blocks, None


def _tags(talk: ModbusTalk, site: Site, read: TagRead) -> list[Finding]:
    block = read.block
    reply = talk.read(block.at, block.count, 3)
    if reply.words is None:
        place = f"registers {block.at}..{block.at + block.count - 1}, function 3"
        item = ", ".join(f"tag {tag.name}" for tag in read.tags)
        return [Finding(item=item, place=place, grade=Grade.WRONG, wrong=reply.wrong, mend=reply.mend)]
    known = {tag.name: tag for tag in site.core.tags}
    found = []
    for tag in read.tags:
        registers = reply.words[tag.offset : tag.offset + (2 if tag.type in WIDE else 1)]
        value = raw_value(Word(type=tag.type), registers, WordOrder.HIGH_FIRST)
        found.append(_tag(known[tag.name], f"register {block.at + tag.offset} {tag.type.value}", value))
    return found


def _tag(tag: TagConfig, place: str, value: int) -> Finding:
    item, said = f"tag {tag.name}", str(value)
    if tag.valid_low <= value <= tag.valid_high:
        return Finding(item=item, place=place, grade=Grade.GOOD, said=said)
    wrong = f"outside {tag.valid_low}..{tag.valid_high}: it would be BAD"
    mend = "Look at the transmitter, or mend the address, the type or `valid`"
    return Finding(item=item, place=place, grade=Grade.DOUBT, said=said, wrong=wrong, mend=mend)


def _empty_command(talk: ModbusTalk, section: Section) -> Finding:
    command = section.command
    item, place = "command mailbox", f"registers {command.at}..{command.at + command.count - 1}"
    written = talk.write(command.at, (0,) * command.count)
    if written.words is None:
        wrong = f"can't be written, and OTHA must: {written.wrong}"
        return Finding(item=item, place=place, grade=Grade.WRONG, wrong=wrong, mend="Let the server take writes there")
    return Finding(item=item, place=place, grade=Grade.GOOD, said="an empty command was written")


def _other_path(
    section: Section, path: GatePath, endpoint: Endpoint, trial: Trial, block: Block
) -> tuple[Finding, ...]:
    """Another way to the same gate must show the same boot of the same program."""
    item, place = f"path {path.name}", f"{endpoint} unit {path.unit}"
    with closing(ModbusTalk(endpoint, path.unit, trial.timeout_ns)) as talk:
        reply = talk.read(section.status.at, section.status.count, 3)
    if reply.words is None:
        return (Finding(item=item, place=place, grade=Grade.WRONG, wrong=reply.wrong, mend=reply.mend),)
    if _identity(section, reply.words) == _identity(section, block.words):
        return (Finding(item=item, place=place, grade=Grade.GOOD, said="the same controller"), *talk.repeats())
    wrong = "shows another boot id than the first path: another controller, or a cache"
    return (Finding(item=item, place=place, grade=Grade.WRONG, wrong=wrong, mend="Mend the endpoint or the unit"),)


def _identity(section: Section, words: Sequence[int]) -> tuple[int, ...]:
    at = section.gate.status_at("boot")
    return tuple(words[at : at + 2])
