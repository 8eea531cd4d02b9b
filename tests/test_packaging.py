"""The wheel: what is inside, and that it works where there is no clone."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as `python -m build` makes it from the clone; the locked build backend is used, so no network."""
    out = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment outside the clone with the wheel in it: its bin directory.

    The dependencies come from this environment's site-packages over a path entry, so nothing is downloaded; the
    editable install's own path entry is not processed there, so the clone stays invisible.
    """
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    purelib = Path(
        _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).stdout.strip()
    )
    _run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=home,
    )
    (purelib / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin"


def _outside(home: Path) -> dict[str, str]:
    """The environment of a user who has no clone."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k != "VIRTUAL_ENV"}
    return {**kept, "HOME": str(home), "XDG_STATE_HOME": str(home / "state")}


def _tracked(pattern: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)}


def test_wheel_holds_code_data_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {"otha/py.typed"}
    for pattern in (
        "otha/**/*.py",
        "sim/**/*.py",
        "plc_profiles/*.toml",
        "plc_profiles/st/*.st",
        "sim/sites/**/*.toml",
        "otha/**/*.json",
    ):
        found = {name for name in _tracked(pattern) if "__pycache__" not in name}
        assert found, f"nothing matches {pattern}: has it moved?"
        wanted |= found
    assert wanted - names == set()
    assert any(re.fullmatch(r"otha-[^/]+\.dist-info/licenses/LICENSE", name) for name in names)


def test_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"otha", "hmi", "sim", "plc_profiles"}


def test_installed_code_is_the_wheels(installed: Path) -> None:
    script = "import otha, sim; print(otha.__file__, sim.__file__)"
    out = _run(installed / "python", "-c", script, cwd=installed, env=_outside(installed.parent)).stdout.split()
    assert all(Path(path).is_relative_to(installed.parent) for path in out), out


def test_otha_check_works_outside_the_clone(installed: Path, tmp_path: Path) -> None:
    """The shipped site and the profiles it names are found inside the installed package."""
    script = "import importlib.resources as r; print(r.files('sim') / 'sites' / 'two_tanks.toml')"
    env = _outside(tmp_path)
    site = Path(_run(installed / "python", "-c", script, cwd=tmp_path, env=env).stdout.strip())
    assert site.is_relative_to(installed.parent)
    out = _run(installed / "otha", "check", site, cwd=tmp_path, env=env).stdout
    assert "two_tanks" in out


def test_a_broken_site_file_ends_with_exit_code_2(installed: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[site\n", encoding="utf-8")
    done = subprocess.run(
        [installed / "otha", "check", broken],
        cwd=tmp_path,
        env=_outside(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "broken.toml" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_locks_are_hashed_and_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--index|--extra-index|--find-links|--trusted-host)", text, flags=re.MULTILINE)
    pins = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert [pin.split()[0] for pin in pins if "==" not in pin.split()[0] or "--hash=sha256:" not in pin] == []


def test_every_declared_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups, hmi = project["dependency-groups"], project["project"]["optional-dependencies"]["hmi"]
    declared = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-build.lock": [*groups["build"], *project["build-system"]["requires"]],
        "requirements-hmi.lock": [*project["project"]["dependencies"], *hmi],
        "requirements-dev.lock": [*project["project"]["dependencies"], *hmi, *groups["dev"], *groups["build"]],
    }
    for lock, requirements in declared.items():
        pinned = set(re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE))
        names = {re.split(r"[<>=!~ \[;]", item)[0].lower() for item in requirements if isinstance(item, str)}
        assert names - pinned == set(), f"{lock}: run `make lock`"


_NAMED_OTHERWISE = {
    "serial": "pyserial",
    "argon2": "argon2-cffi",
    "PySide6": "PySide6-Essentials",
    "pytestqt": "pytest-qt",
}


_IMPORT = re.compile(r"^\s*(?:import ([\w.]+)(?: as \w+)?(?: *#.*)?$|from ([\w.]+) import )", re.MULTILINE)


def _imported(top: str) -> set[str]:
    """The distributions that code below `top` imports, by their normalised names."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / top).rglob("*.py")]
    names = {whole or part for text in texts for whole, part in _IMPORT.findall(text)}
    tops = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
    ours = {"otha", "hmi", "sim", "tests", "bench", "plc_profiles"}
    return {_NAMED_OTHERWISE.get(name, name.replace("_", "-")) for name in tops - ours}


def test_every_imported_package_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = {re.split(r"[<>=!~ \[;]", item)[0] for item in project["project"]["dependencies"]}
    dev = {re.split(r"[<>=!~ \[;]", item)[0] for item in project["dependency-groups"]["dev"] if isinstance(item, str)}
    hmi = {re.split(r"[<>=!~ \[;]", item)[0] for item in project["project"]["optional-dependencies"]["hmi"]}
    assert _imported("otha") | _imported("sim") <= runtime
    assert _imported("hmi") <= runtime | hmi
    assert {"numpy", "pyqtgraph"} <= _imported("hmi")  # also one that is imported with a comment behind it, late
    assert _imported("tests") | _imported("bench") | _imported("tools") <= runtime | hmi | dev


def test_locks_agree_on_every_version() -> None:
    pins: dict[str, set[str]] = {}
    for lock in ROOT.glob("requirements*.lock"):
        for name, version in re.findall(
            r"^([A-Za-z0-9._-]+)==(\S+)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE
        ):
            pins.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}
