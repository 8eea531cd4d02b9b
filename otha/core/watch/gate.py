"""The gate of a section: its status block turned into verdicts."""

from dataclasses import dataclass, field, replace

from otha.core.config import GateConfig
from otha.core.group.state import GateView, OutputOff
from otha.core.inputs import GateReading
from otha.core.watch import bump
from otha.core.watch.bump import BumpWatch
from otha.core.words import GateState, Verdict

_NO_SHADOW_MS = 65535
_MS = 1_000_000
_HALF_U32 = 1 << 31
_U32 = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class GateWatch:
    """`seen_until`: when the view goes blind without a newer reading. `driven_from`: the first sequence number read
    while the present owner drives. `silent_since`: since when no fresh frame was let through (None: one is, or
    nobody looked). `bump`: how much the outputs move."""

    view: GateView
    scan: int = 0
    seen_until: int | None = None
    driven_from: int | None = None
    silent_since: int | None = None
    bump: BumpWatch = field(default_factory=BumpWatch)


def unseen() -> GateWatch:
    """Before the first reading."""
    return GateWatch(view=GateView())


def _older(value: int, than: int) -> bool:
    """Whether a u32 that wraps lies behind another."""
    return (value - than) % _U32 >= _HALF_U32


def _stale_reading(w: GateWatch, reading: GateReading) -> bool:
    """Answers of two connections may overtake each other; an older scan tells nothing new."""
    if w.seen_until is None or w.view.boot == 0:
        return False
    if reading.boot != w.view.boot:
        return _older(reading.boot, w.view.boot)
    return _older(reading.scan, w.scan)


def _shadow(cfg: GateConfig, reading: GateReading) -> tuple[Verdict, tuple[OutputOff, ...]]:
    """Whether the newcomer may be released (rule S13), and the outputs that would move: an analog one by more than its
    tolerance, a discrete one at all."""
    if reading.shadow_age_ms == _NO_SHADOW_MS:
        return Verdict.UNKNOWN, ()
    if reading.shadow_age_ms * _MS > cfg.fresh_owner_ns:
        return Verdict.STALE, ()
    apart = tuple(
        OutputOff(output=name, discrete=discrete, held=held, shadow=would_be, tolerance=tolerance)
        for name, discrete, held, would_be, tolerance in zip(
            cfg.outputs, cfg.discrete, reading.held, reading.shadow, cfg.tolerance, strict=True
        )
        if (would_be != held if discrete else abs(would_be - held) > tolerance)
    )
    return (Verdict.TRUE if not apart and reading.within else Verdict.FALSE), apart


def _fits(cfg: GateConfig, reading: GateReading) -> bool:
    constants = (reading.hold_max_ms * _MS, reading.owner_watchdog_ms * _MS, reading.scan_ms * _MS)
    expected = (cfg.hold_max_ns, cfg.owner_watchdog_ns, cfg.scan_ns)
    return constants == expected and len(reading.applied) == len(cfg.tolerance)


def _name(names: dict[int, str], number: int) -> str | None:
    return None if number == 0 else names.get(number, f"node #{number}")


def watch(cfg: GateConfig, names: dict[int, str], w: GateWatch, reading: GateReading, now: int) -> GateWatch:
    """Judge one status block; `names` maps node numbers at the gate to nodes."""
    if _stale_reading(w, reading):
        return w
    before = w.view
    fits = _fits(cfg, reading)
    owner_fresh = reading.owner != 0 and reading.owner_age_ms * _MS <= cfg.fresh_owner_ns
    held = reading.state is GateState.HELD
    hold_until = now + (cfg.hold_max_ns - reading.held_ms * _MS) if held else None
    if hold_until is not None and before.hold_until is not None and before.hold_no == reading.hold_no:
        hold_until = min(hold_until, before.hold_until)
    same_owner = (before.owner_epoch, before.state) == (reading.owner_epoch, GateState.OWNED)
    owned = reading.state is GateState.OWNED
    driven_from = (w.driven_from if same_owner and w.driven_from is not None else reading.last_seq) if owned else None
    driven = driven_from is not None and (reading.last_seq - driven_from) % _U32 > 0 and owner_fresh
    shadow, apart = _shadow(cfg, reading) if held and fits else (Verdict.UNKNOWN, ())
    view = GateView(
        seen=True,
        fits=fits,
        boot=reading.boot,
        state=reading.state,
        owner=_name(names, reading.owner),
        last_driver=_name(names, reading.last_driver),
        owner_epoch=reading.owner_epoch,
        epoch=reading.epoch,
        granted=reading.granted,
        hold_no=reading.hold_no,
        armed=reading.armed,
        permit=reading.permit,
        return_permit=reading.return_permit,
        shadow=shadow,
        apart=apart,
        owner_fresh=owner_fresh,
        driven=driven,
        hold_until=hold_until,
        used_up=held and reading.owner != 0 and reading.armed and reading.resumes_left == 0,
    )
    silent_ms = reading.owner_age_ms if reading.owner == reading.last_driver else reading.held_ms
    silent_since = now - silent_ms * _MS if w.silent_since is None else w.silent_since
    return GateWatch(
        view=before if view == before else view,
        scan=reading.scan,
        bump=bump.watch(w.bump, reading, owner_fresh=owner_fresh) if fits else BumpWatch(),
        seen_until=now + cfg.stale_after_ns,
        driven_from=driven_from,
        # An owner that only shows what it would drive changes nothing: the silence lasts until a frame is let through.
        silent_since=None if owned and owner_fresh else silent_since,
    )


def expire(w: GateWatch, now: int) -> GateWatch:
    """Without a newer reading the gate is unseen: what it last said is no longer known to be so."""
    if w.seen_until is None or now < w.seen_until:
        return w
    view = replace(w.view, seen=False, owner_fresh=False, driven=False, shadow=Verdict.UNKNOWN, apart=())
    return replace(w, view=view, seen_until=None, driven_from=None, silent_since=None)
