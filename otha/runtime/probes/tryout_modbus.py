"""A profile tried on a Modbus TCP device: read as OTHA would read it, then item by item where that fails."""

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from otha.core.errors import HostError
from otha.runtime.modbus_frame import (
    BrokenFrame,
    Incomplete,
    ReplyKind,
    Request,
    read_registers,
    split,
    write_registers,
)
from otha.runtime.probes.tryout import Trial, moments
from otha.site.profile import MAX_READ, WIDE, Profile
from otha.site.profile_file import CheckTable, Word, WritableTable
from otha.site.read import Endpoint
from otha.site.tryout import Finding, Grade, Seen, judge, meaning, raw_value

_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address: a register there does not exist",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    10: "gateway path unavailable",
    11: "gateway target did not respond",
}
_MENDS = {
    1: "Give the other `read.function`: 3 reads holding registers, 4 input registers",
    2: "Mend the address; protocol addresses count from 0, so register 40001 of a manual is 0",
    4: "Look at the unit: some devices answer so for another one",
    6: "Try again, less often",
    10: "Mend --unit: the gateway knows no way to it",
    11: "Mend --unit, or the device behind the gateway",
}


_BUSY = (6, 11)  # what a device or gateway answers that may have no time just now
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """`words`: what was read, None when it was not; `wrong` and `mend` say why. `may_pass`: the trouble may."""

    words: tuple[int, ...] | None
    wrong: str = ""
    mend: str = ""
    may_pass: bool = False


class ModbusTalk:
    """One connection, one request at a time. A read that found no time is repeated, as a heartbeat would be.

    Raises HostError when the connection can't be made or breaks.
    """

    def __init__(self, endpoint: Endpoint, unit: int, timeout_ns: int) -> None:
        self._where = f"{endpoint} unit {unit}"
        self._unit = unit
        self._transaction = 0
        self._repeated: list[str] = []
        try:
            self._socket = socket.create_connection((endpoint.host, endpoint.port), timeout_ns / 1e9)
        except OSError as error:
            raise HostError(f"{endpoint} can't be reached: {error}", mend="Is it on, and is that its port?") from error

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def read(self, at: int, count: int, function: int) -> _Reply:
        """Registers, or why there are none."""
        request = read_registers(self._unit, at, count, function=function)
        reply, in_vain = self._ask(request, count), list[str]()
        while reply.may_pass and len(in_vain) < _TRIES - 1:
            in_vain.append(reply.wrong)
            reply = self._ask(request, count)
        if reply.words is not None:
            self._repeated += in_vain
        return reply

    def repeats(self) -> tuple[Finding, ...]:
        """A doubt, when reads were answered only after they had been repeated."""
        if not self._repeated:
            return ()
        said = f"{len(self._repeated)} reads were repeated"
        wrong = f"then they were answered: {', '.join(dict.fromkeys(self._repeated))}"
        mend = "Each time a heartbeat is missed or late: ask less often, allow more time, or see what else asks there"
        return (Finding(item="line", place=self._where, grade=Grade.DOUBT, said=said, wrong=wrong, mend=mend),)

    def write(self, at: int, words: Sequence[int]) -> _Reply:
        """Write registers; no words come back."""
        return self._ask(write_registers(self._unit, at, tuple(words)), 0)

    def _ask(self, request: Request, count: int) -> _Reply:
        self._transaction = self._transaction % 0xFFFF + 1
        try:
            self._socket.sendall(request.frame(self._transaction))
            unit, pdu = self._reply()
        except TimeoutError:
            mend = "Look at the unit, and at --timeout-ms"
            return _Reply(words=None, wrong="no reply in time", mend=mend, may_pass=True)
        except OSError as error:
            raise HostError(f"{self._where}: the connection broke: {error}", mend="Look at the device") from error
        match request.judge(unit, pdu):
            case ReplyKind.GOOD:
                body = pdu[len(request.prefix) :]
                words = tuple(int.from_bytes(body[at : at + 2], "big") for at in range(0, 2 * count, 2))
                return _Reply(words=words)
            case ReplyKind.GARBLED:
                what = f"{len(pdu)} bytes" if unit == self._unit else f"unit {unit} answers"
                wrong = f"not the reply that was asked for: {what}, {request.reply_length} bytes were due"
                return _Reply(words=None, wrong=wrong, mend="Look at the device: its reply breaks the protocol")
            case _:
                code = pdu[1]
                wrong = f"exception {code} ({_EXCEPTIONS.get(code, 'of its own')})"
                mend = _MENDS.get(code, "Look into the manual")
                return _Reply(words=None, wrong=wrong, mend=mend, may_pass=code in _BUSY)

    def _reply(self) -> tuple[int, bytes]:
        data = b""
        while True:
            more = self._socket.recv(512)
            if not more:
                raise ConnectionError("the device hung up")
            data += more
            try:
                while True:
                    used, transaction, unit, pdu = split(data)
                    if transaction == self._transaction:
                        return unit, pdu
                    data = data[used:]
            except Incomplete:
                continue
            except BrokenFrame:
                raise ConnectionError("what answers there speaks no Modbus TCP") from None


def _width(word: Word) -> int:
    return 2 if word.type in WIDE else 1


def _place(word: Word) -> str:
    if word.at is None:
        return f"fixed {word.fixed}" if word.fixed is not None else "no address"
    where = f"register {word.at}" if _width(word) == 1 else f"registers {word.at}..{word.at + 1}"
    bits = (
        ""
        if word.bit is None
        else f" bit {word.bit}"
        if word.bits == 1
        else f" bits {word.bit}..{word.bit + word.bits - 1}"
    )
    return f"{where} {word.type.value}{bits}"


def words_of(profile: Profile) -> tuple[tuple[str, Word], ...]:
    """All items and tags of a profile, tags as "tracked NAME"."""
    return profile.items + tuple((f"tracked {name}", word) for name, word in profile.tracked)


def span_of(profile: Profile) -> tuple[int, int] | None:
    """First register and length of a heartbeat; None when the profile has no address at all."""
    ends = [(word.at, word.at + _width(word)) for _, word in words_of(profile) if word.at is not None]
    ends += [(check.at, check.at + 1) for check in profile.checks if check.at is not None]
    if profile.at is not None:
        ends.append((profile.at, profile.at + (profile.length or 1)))
    if not ends:
        return None
    first = min(start for start, _ in ends)
    return first, max(end for _, end in ends) - first


def try_modbus(profile: Profile, endpoint: Endpoint, unit: int, trial: Trial) -> tuple[Finding, ...]:
    """Every item of a profile tried at a device. Raises HostError when the device can't be reached."""
    findings = [_untried(name, word) for name, word in words_of(profile) if word.at is None]
    span = span_of(profile)
    if span is None:
        return tuple(findings)
    talk = ModbusTalk(endpoint, unit, trial.timeout_ns)
    try:
        findings += _heartbeat(profile, talk, span, trial)
        findings += [_writable(talk, block, profile.function, trial) for block in profile.writable]
        findings += talk.repeats()
    finally:
        talk.close()
    return tuple(findings)


def _untried(name: str, word: Word) -> Finding:
    if word.fixed is not None:
        return Finding(item=name, place=_place(word), grade=Grade.GOOD, said="as the profile says, not read")
    what = "the profile leaves its address to the site file"
    return Finding(item=name, place=_place(word), grade=Grade.UNTRIED, wrong=what, mend="Try it with --site and --node")


def _heartbeat(profile: Profile, talk: ModbusTalk, span: tuple[int, int], trial: Trial) -> list[Finding]:
    first, length = span
    where = f"registers {first}..{first + length - 1}, function {profile.function}"
    if length > MAX_READ:
        wrong = f"{length} registers, one request reads {MAX_READ}"
        return [Finding(item="heartbeat request", place=where, grade=Grade.WRONG, wrong=wrong, mend="Leave some out")]
    blocks: list[tuple[int, Mapping[int, int]]] = []
    for _ in moments(trial):
        reply = talk.read(first, length, profile.function)
        if reply.words is None:
            request = Finding(
                item="heartbeat request", place=where, grade=Grade.WRONG, wrong=reply.wrong, mend=reply.mend
            )
            return [request, *_one_by_one(profile, talk)]
        blocks.append((time.monotonic_ns(), dict(enumerate(reply.words, first))))
    said = f"{length} registers, {len(blocks)} times"
    found = [Finding(item="heartbeat request", place=where, grade=Grade.GOOD, said=said)]
    found += [_check(check, blocks[-1][1]) for check in profile.checks if check.at is not None]
    for name, word in words_of(profile):
        if word.at is not None:
            seen = [_seen(profile, word, at_ns, block) for at_ns, block in blocks]
            found.append(judge(profile, name, word, _place(word), seen))
    return found


def _seen(profile: Profile, word: Word, at_ns: int, block: Mapping[int, int]) -> Seen:
    assert word.at is not None
    registers = [block[word.at + at] for at in range(_width(word))]
    value = meaning(word, raw_value(word, registers, profile.word_order))
    halves = (registers[0], registers[1]) if len(registers) == 2 else None
    return Seen(at_ns=at_ns, value=value, halves=halves, beside=block.get(word.at + 1) if halves is None else None)


def _check(check: CheckTable, block: Mapping[int, int]) -> Finding:
    assert check.at is not None
    assert isinstance(check.value, int)
    found, place = block[check.at], f"register {check.at}"
    if found == check.value:
        return Finding(item="check", place=place, grade=Grade.GOOD, said=f"{found:#06x}")
    wrong = f"must be {check.value:#06x}: another device, another layout, or registers that begin elsewhere"
    mend = "Look whether the profile is of this device, and whether its addresses count from 0"
    return Finding(item="check", place=place, grade=Grade.WRONG, said=f"{found:#06x}", wrong=wrong, mend=mend)


def _one_by_one(profile: Profile, talk: ModbusTalk) -> list[Finding]:
    """The block can't be read: which of its words can't?"""
    found = []
    for name, word in words_of(profile):
        if word.at is None:
            continue
        reply = talk.read(word.at, _width(word), profile.function)
        if reply.words is None:
            grade, said, wrong, mend = Grade.WRONG, "", reply.wrong, reply.mend
        else:
            said = str(meaning(word, raw_value(word, reply.words, profile.word_order)))
            grade, wrong, mend = Grade.UNTRIED, "alone it can be read; not judged", "Mend the request first"
        found.append(Finding(item=name, place=_place(word), grade=grade, said=said, wrong=wrong, mend=mend))
    for check in profile.checks:
        if check.at is not None:
            reply = talk.read(check.at, 1, profile.function)
            if reply.words is None:
                place = f"register {check.at}"
                found.append(Finding(item="check", place=place, grade=Grade.WRONG, wrong=reply.wrong, mend=reply.mend))
            else:
                found.append(_check(check, {check.at: reply.words[0]}))
    return found


def _writable(talk: ModbusTalk, block: WritableTable, function: int, trial: Trial) -> Finding:
    place, item = f"registers {block.at}..{block.at + block.count - 1}", f"writable ({block.doc})"
    reply = talk.read(block.at, block.count, 3)
    if reply.words is None:
        wrong = f"can't be read: {reply.wrong}"
        return Finding(item=item, place=place, grade=Grade.WRONG, wrong=wrong, mend=reply.mend)
    said = " ".join(map(str, reply.words[:8]))
    if not trial.write:
        wrong = "not written: a trial only reads unless --write is given"
        return Finding(item=item, place=place, grade=Grade.UNTRIED, said=said, wrong=wrong, mend="")
    written = talk.write(block.at, reply.words)
    if written.words is None:
        wrong = f"can't be written, and a command must be: {written.wrong}"
        return Finding(
            item=item, place=place, grade=Grade.WRONG, said=said, wrong=wrong, mend="Give the registers that take it"
        )
    return Finding(item=item, place=place, grade=Grade.GOOD, said=f"{said}, written back")
