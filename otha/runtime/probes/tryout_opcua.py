"""A profile tried on an OPC UA server: every node read with its status and type, methods looked at and never called."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from asyncua import ua

from otha.certificates import OwnIdentity
from otha.core.errors import HostError
from otha.guard import PAGE_SIZE, Guard
from otha.runtime.opcua import trust
from otha.runtime.opcua.session import Opening, Session
from otha.runtime.opcua.values import aware, is_bad, is_good, number, text
from otha.runtime.probes.tryout import LEAST_READS, PERIOD_NS, Trial
from otha.site.model import OpcuaAccess
from otha.site.profile import Profile
from otha.site.profile_file import CheckTable, MethodTable, Word
from otha.site.read import Endpoint
from otha.site.tryout import Finding, Grade, Seen, judge, meaning
from otha.wire.opcua import Open

_CLOCK = "i=2258"  # Server_ServerStatus_CurrentTime
_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to a server: `access` as a site file gives it (None: nothing secured), `own`: OTHA's identity for it."""

    endpoint: Endpoint
    access: OpcuaAccess | None
    own: OwnIdentity | None


def try_opcua(profile: Profile, way: Way, trial: Trial) -> tuple[Finding, ...]:
    """Every item of a profile tried at a server. Raises HostError when no session can be had there."""
    return asyncio.run(_try(profile, way, trial))


async def _try(profile: Profile, way: Way, trial: Trial) -> tuple[Finding, ...]:
    setup = _setup(way, trial)
    opening = Opening(setup, Guard(bytearray(PAGE_SIZE)))
    session: Session | None = None
    try:
        session = await opening.open()
        async with asyncio.timeout((trial.lasting_ns + 4 * trial.timeout_ns) / 1e9 + LEAST_READS):
            return await _items(profile, session, trial)
    except (OSError, TimeoutError, ua.UaError, trust.IdentityError, ValueError) as error:
        stage = opening.stage if session is None else trust.READING
        raise HostError(f"{way.endpoint}: {trust.why(error, setup, stage)}", mend="") from error
    finally:
        if session is not None:
            session.abort()


def _setup(way: Way, trial: Trial) -> Open:
    access, own = way.access, way.own
    return Open(
        channel=0,
        url=str(way.endpoint),
        security="none" if access is None else access.security.value,
        server_certificate=""
        if access is None or access.server_certificate is None
        else str(access.server_certificate),
        own_certificate="" if own is None else str(own.certificate),
        own_key="" if own is None else str(own.key),
        application_uri="urn:otha:client" if own is None else own.application_uri,
        user="" if access is None else access.user or "",
        password_file="" if access is None or access.password_file is None else str(access.password_file),
        connect_ms=max(1, trial.timeout_ns // 1_000_000),
        patience=1,
        nodes=(),
    )


def _words(profile: Profile) -> list[tuple[str, Word]]:
    words = [*profile.items, *((f"tracked {name}", word) for name, word in profile.tracked)]
    for name, switch in profile.switches:
        words += [(f"switch {name} epoch", Word(node=switch.epoch)), (f"switch {name} node", Word(node=switch.node))]
    return words


async def _items(profile: Profile, session: Session, trial: Trial) -> tuple[Finding, ...]:
    found: list[Finding] = []
    asked: list[tuple[str, Word, str]] = []
    for name, word in _words(profile):
        if word.node is not None:
            asked.append((name, word, word.node))
        elif word.fixed is not None:
            said = "as the profile says, not read"
            found.append(Finding(item=name, place=f"fixed {word.fixed}", grade=Grade.GOOD, said=said))
        else:
            wrong = "the profile leaves its node to the site file"
            mend = "Try it with --site and --node"
            found.append(Finding(item=name, place="no node", grade=Grade.UNTRIED, wrong=wrong, mend=mend))
    nodes = [node for _, _, node in asked]
    rounds = await _rounds(session, nodes, trial)
    for at, (name, word, _) in enumerate(asked):
        found.append(_item(profile, name, word, [(at_ns, values[at], clock) for at_ns, values, clock in rounds]))
    found += await _checks(profile, session)
    for method in profile.methods:
        found.append(await _method(method, session))
    return tuple(found)


# What is told by the value itself; a counter may come as a number with a fraction.
_WHOLE = ("role", "level", "session")
_Round = tuple[int, list[ua.DataValue | None], ua.DataValue | None]


async def _rounds(session: Session, nodes: Sequence[str], trial: Trial) -> list[_Round]:
    rounds: list[_Round] = []
    began = time.monotonic_ns()
    while nodes and (len(rounds) < LEAST_READS or time.monotonic_ns() - began < trial.lasting_ns):
        *values, clock = await session.look([*nodes, _CLOCK])
        rounds.append((time.monotonic_ns(), values, clock))
        await asyncio.sleep(PERIOD_NS / 1e9)
    return rounds


def _item(
    profile: Profile, name: str, word: Word, read: Sequence[tuple[int, ua.DataValue | None, ua.DataValue | None]]
) -> Finding:
    assert word.node is not None
    seen: list[Seen] = []
    for at_ns, value, clock in read:
        wrong, mend = _trouble(word.node, value)
        if wrong or value is None:
            return Finding(item=name, place=word.node, grade=Grade.WRONG, wrong=wrong, mend=mend)
        inner = _age(value, clock) if word.source_age else number(_inner(value), word.counts_per_unit)
        if inner is None:
            return _no_number(name, word, value)
        raw = _inner(value)
        if name in _WHOLE and isinstance(raw, float) and raw * word.counts_per_unit != inner:
            wrong, mend = f"no whole number: OTHA would take {inner}", "Give the NodeId of a number that is a code"
            return Finding(item=name, place=word.node, grade=Grade.WRONG, said=str(raw), wrong=wrong, mend=mend)
        seen.append(Seen(at_ns=at_ns, value=inner if word.source_age else meaning(word, inner)))
    judged = judge(profile, name, word, word.node, seen)
    uncertain = [value for _, value, _ in read if value is not None and not is_good(value)]
    if judged.grade is Grade.GOOD and uncertain:
        wrong = f"its status is {_status(uncertain[-1])}: usable, but the server does not vouch for it"
        mend = "Look at the server's own data source"
        return Finding(item=name, place=word.node, grade=Grade.DOUBT, said=judged.said, wrong=wrong, mend=mend)
    return judged


def _no_number(name: str, word: Word, value: ua.DataValue) -> Finding:
    assert word.node is not None
    if word.source_age:
        wrong, said = "has no SourceTimestamp: its age can't be told", ""
        mend = "Give another node, or take data_age_ms out"
    elif _inner(value) is None:
        wrong, said = "the server has the node and gives it no value (Null)", ""
        mend = "Ask its maker, or give another node"
        if name == "level":
            mend = "A server without a level of its own: level = { fixed = 200 }"
    else:
        kind = value.Value.VariantType.name if value.Value is not None else "nothing"
        said = str(text(_inner(value)) or _inner(value))[:_SHOWN]
        wrong, mend = (
            f"wrong type: {kind}, a number is needed",
            "Give the NodeId of a number, not of a text or an object",
        )
    return Finding(item=name, place=word.node, grade=Grade.WRONG, said=said, wrong=wrong, mend=mend)


def _inner(value: ua.DataValue) -> object:
    return None if value.Value is None else value.Value.Value


def _age(value: ua.DataValue, clock: ua.DataValue | None) -> int | None:
    then, now = aware(value.SourceTimestamp), None if clock is None else aware(_inner(clock))
    return None if then is None or now is None else max(round((now - then).total_seconds() * 1000), 0)


def _status(value: ua.DataValue) -> str:
    return "Good" if value.StatusCode is None else str(value.StatusCode.name)


def _trouble(node: str, value: ua.DataValue | None) -> tuple[str, str]:
    """What keeps the value from being used at all, and the mend; empty when nothing does."""
    if value is None:
        uri = node.partition(";")[0].removeprefix("nsu=")
        return f"the server does not know the namespace {uri}", "Read the URI from its NamespaceArray (i=2255)"
    if not is_bad(value):
        return "", ""
    status = _status(value)
    mends = {
        "BadNodeIdUnknown": "Mend the NodeId: the server has no such node",
        "BadNodeIdInvalid": "Mend the NodeId: the server has no such node",
        "BadAttributeIdInvalid": "Give the NodeId of a variable: this one has no value",
        "BadNotReadable": "Let the server's user read it, or give another node",
        "BadUserAccessDenied": "Let the server's user read it",
    }
    return status, mends.get(status, "Look at the server: it has no value to give")


async def _checks(profile: Profile, session: Session) -> list[Finding]:
    checks = [check for check in profile.checks if check.node is not None]
    values = await session.look([check.node or "" for check in checks]) if checks else []
    return [_check(check, value) for check, value in zip(checks, values, strict=True)]


def _check(check: CheckTable, value: ua.DataValue | None) -> Finding:
    node = check.node or ""
    wrong, mend = _trouble(node, value)
    if wrong or value is None:
        return Finding(item="check", place=node, grade=Grade.WRONG, wrong=wrong, mend=mend)
    found = text(_inner(value)) if isinstance(check.value, str) else number(_inner(value))
    if found == check.value:
        return Finding(item="check", place=node, grade=Grade.GOOD, said=str(found))
    wrong = f"must be {check.value!r}: another server, or another project in it"
    mend = "Look whether the profile is of this server"
    return Finding(item="check", place=node, grade=Grade.WRONG, said=repr(found), wrong=wrong, mend=mend)


async def _method(method: MethodTable, session: Session) -> Finding:
    """Whether it could be called: it is there, it is a method, and this user may. It is not called."""
    item, place = f"method ({method.doc})", f"{method.method} of {method.object}"
    (object_class,) = await session.look([method.object], ua.AttributeIds.NodeClass)
    (method_class,) = await session.look([method.method], ua.AttributeIds.NodeClass)
    for node, value in ((method.object, object_class), (method.method, method_class)):
        wrong, mend = _trouble(node, value)
        if wrong:
            return Finding(item=item, place=place, grade=Grade.WRONG, wrong=f"{node}: {wrong}", mend=mend)
    if method_class is None or number(_inner(method_class)) != ua.NodeClass.Method.value:
        wrong = f"{method.method} is no method"
        return Finding(item=item, place=place, grade=Grade.WRONG, wrong=wrong, mend="Give the NodeId of the method")
    for attribute, wrong in (
        (ua.AttributeIds.Executable, "the server does not carry it out: it is not executable"),
        (ua.AttributeIds.UserExecutable, "this user may not call it"),
    ):
        (value,) = await session.look([method.method], attribute)
        if value is not None and not is_bad(value) and _inner(value) is False:
            mend = "Let the server's user call it, or give another user"
            return Finding(item=item, place=place, grade=Grade.WRONG, wrong=wrong, mend=mend)
    return Finding(item=item, place=place, grade=Grade.GOOD, said="there, and callable; not called")
