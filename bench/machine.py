"""The machine that the figures belong to."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pymodbus


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _code() -> str:
    """The commit that was measured; where there is none to be had, the version."""
    here = Path(__file__).parent
    try:
        said = subprocess.run(
            ("git", "describe", "--always", "--dirty"), cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return version("otha")
    return said.stdout.strip()


def describe() -> dict[str, str]:
    """Cores, processor, kernel, Python, code and load, each as it is now."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return {
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "processor": _processor(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "pymodbus": pymodbus.__version__,
        "code": _code(),
        "load before (1, 5, 15 min)": load,
    }
