"""The systemd unit: what it promises the supervisor, and that systemd takes it."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from otha.console import BAD_INPUT
from otha.interface.__main__ import MEMORY_LIMIT
from otha.runtime import realtime

UNIT = Path(__file__).resolve().parent.parent / "packaging" / "systemd" / "otha.service"
USERS = UNIT.with_name("otha.sysusers")


@pytest.fixture(scope="module")
def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells capitals from small letters
    parser.read(UNIT, encoding="utf-8")
    return parser["Service"]


def test_it_grants_what_the_supervisor_needs(service: configparser.SectionProxy) -> None:
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 0
    assert int(service["LimitRTPRIO"]) >= realtime._PRIORITY
    assert service["LimitMEMLOCK"] == "infinity"
    assert service["OOMPolicy"] == "continue"  # a process of OTHA's that eats too much dies alone
    assert int(service["MemoryMax"].removesuffix("G")) << 30 > 2 * MEMORY_LIMIT
    assert int(service["RestartPreventExitStatus"]) == BAD_INPUT
    assert "AF_UNIX" in service["RestrictAddressFamilies"]


def test_it_grants_little_else(service: configparser.SectionProxy) -> None:
    assert service["CapabilityBoundingSet"] == service["AmbientCapabilities"] == "CAP_SYS_NICE"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["User"] not in ("", "root")
    assert f"u {service['User']} " in USERS.read_text(encoding="utf-8")
    assert service["StateDirectoryMode"] == "0700"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_takes_it(tmp_path: Path) -> None:
    unit = tmp_path / "otha.service"
    text = UNIT.read_text(encoding="utf-8").replace("/opt/otha/bin/otha", sys.executable)
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "otha.service" not in done.stderr, done.stderr
