"""What a section's gate was built with."""

from dataclasses import dataclass, field

from sim.hold_action import HoldPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """What the PLC program was built with. Output values 0..10000 (0.01 % of span), times in ms.

    `silent_after_ms`: how long a supervisor may ask for nothing before the program alarms; 0 never. `hold`: what each
    output does while the section is held. `check_frames` false lets every frame through, as a controller without a gate
    would; it exists to prove that the offline checker notices.
    """

    safe_values: tuple[int, ...]
    tolerance: tuple[int, ...]
    owner_watchdog_ms: int
    hold_max_ms: int
    scan_ms: int
    max_resumes: int
    resume_window_ms: int
    silent_after_ms: int = 0
    hold: HoldPlan = field(default_factory=HoldPlan)
    check_frames: bool = True
