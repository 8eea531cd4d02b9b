"""Who may import whom: the house's layering, and the purity of the decision core.

import-linter (`make lint`) also follows indirect imports; this table is a white list, so a new package is refused until
its place is decided.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What each part may import of this repository besides itself. A name stands for the module and all below it.
MAY_IMPORT: dict[str, frozenset[str]] = {
    "otha": frozenset(),
    "otha.names": frozenset(),
    "otha.core": frozenset(),
    "otha.site": frozenset({"otha.core"}),
    "otha.wire": frozenset({"otha.core"}),
    "otha.journal": frozenset({"otha.core"}),
    "otha.runtime": frozenset(
        {"otha.certificates", "otha.guard", "otha.core", "otha.site", "otha.journal", "otha.wire", "otha.names"}
    ),
    "otha.interface": frozenset(
        {"otha.certificates", "otha.guard", "otha.core", "otha.site", "otha.wire", "otha.journal", "otha.names"}
    ),
    "otha.verify": frozenset({"otha.core", "otha.site", "otha.journal"}),
    "otha.report": frozenset({"otha.core", "otha.site", "otha.journal"}),
    # The demo stands outside: it starts the plant and the supervisor as processes and watches over wire and journal.
    "otha.demo": frozenset(
        {"otha.core", "otha.site", "otha.journal", "otha.wire", "otha.report", "otha.verify", "sim"}
    ),
    "otha.terminal_table": frozenset(),
    "otha.terminal_alarms": frozenset({"otha.core", "otha.terminal_table"}),
    # What the commands print.
    "otha.terminal": frozenset({"otha.core", "otha.report", "otha.terminal_alarms", "otha.terminal_table"}),
    "otha.replay_cli": frozenset({"otha.core", "otha.report", "otha.verify"}),
    "otha.story_cli": frozenset({"otha.core", "otha.replay_cli", "otha.report", "otha.verify"}),
    "otha.what_if_cli": frozenset({"otha.core", "otha.replay_cli", "otha.report", "otha.site", "otha.verify"}),
    "otha.console": frozenset({"otha.core", "otha.journal"}),
    "otha.order_cli": frozenset({"otha.asking", "otha.console", "otha.core", "otha.terminal", "otha.wire"}),
    "otha.demo_cli": frozenset({"otha.console", "otha.demo"}),
    "otha.proof_cli": frozenset(
        {
            "otha.console",
            "otha.core",
            "otha.replay_cli",
            "otha.report",
            "otha.site",
            "otha.story_cli",
            "otha.verify",
            "otha.what_if_cli",
        }
    ),
    "otha.cli": frozenset({"otha", "sim"}),
    "otha.access_cli": frozenset(
        {"otha.certificates", "otha.console", "otha.core", "otha.interface", "otha.site", "otha.wire"}
    ),
    "otha.guard": frozenset(),  # for the workers and the interface alike
    "otha.certificates": frozenset({"otha.core"}),  # for the supervisor's clients and the interface alike
    "otha.remote": frozenset({"otha.certificates", "otha.core", "otha.journal", "otha.names", "otha.wire"}),
    "otha.asking": frozenset({"otha.access_cli", "otha.core", "otha.journal", "otha.remote", "otha.site", "otha.wire"}),
    "otha.interface_cli": frozenset({"otha.console", "otha.core", "otha.interface", "otha.runtime", "otha.site"}),
    "otha.alarm_cli": frozenset(
        {"otha.asking", "otha.console", "otha.core", "otha.journal", "otha.report", "otha.terminal_alarms", "otha.wire"}
    ),
    "otha.profile_cli": frozenset({"otha.certificates", "otha.console", "otha.core", "otha.runtime", "otha.site"}),
    "otha.apply_cli": frozenset({"otha.core", "otha.report", "otha.wire"}),
    "otha.__main__": frozenset({"otha.cli"}),
    "sim": frozenset({"otha.site"}),
    "hmi": frozenset({"otha.names"}),
}

# One place wires these together; they never know each other.
STRANGERS = ("otha.runtime.probes", "otha.runtime.actuators", "otha.runtime.coordination")

# All that the core may take from the standard library: nothing that has a clock, randomness, a file or a socket in it.
CORE_STDLIB = frozenset(
    {
        "__future__",
        "bisect",
        "collections",
        "collections.abc",
        "copy",
        "dataclasses",
        "enum",
        "functools",
        "hashlib",
        "heapq",
        "inspect",
        "itertools",
        "marshal",
        "math",
        "operator",
        "struct",
        "types",
        "typing",
        "zlib",
    }
)


def _sources(top: str) -> Iterator[Path]:
    yield from sorted((ROOT / top).rglob("*.py"))


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every imported module with its line; `from a import b` yields a.b when that is a module, else a."""
    package = _module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                below = f"{module}.{alias.name}"
                yield (below if _is_module(below) else module), node.lineno


def _within(name: str, top: str) -> bool:
    return name == top or name.startswith(top + ".")


def _part_of(name: str) -> str:
    parts = name.split(".")
    if parts[0] in ("sim", "hmi"):
        return parts[0]
    return ".".join(parts[:2])


def _ours(name: str) -> bool:
    return name.split(".")[0] in ("otha", "sim", "hmi", "tests", "bench")


def _files() -> list[Path]:
    return [path for top in ("otha", "sim", "hmi") for path in _sources(top)]


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", _files(), ids=_id)
def test_imports_only_what_its_place_allows(path: Path) -> None:
    name = _module_name(path)
    part = _part_of(name)
    assert part in MAY_IMPORT, f"{part}: decide its place in MAY_IMPORT first"
    # `otha` itself holds nothing but the version; the composition root alone may import every part below it.
    allowed = MAY_IMPORT[part]
    wrong = [
        f"{_id(path)}:{line} imports {target}"
        for target, line in _imports(path)
        if _ours(target) and not _within(target, part) and not any(_within(target, top) for top in allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", list(_sources("otha/core")), ids=_id)
def test_core_takes_only_pure_modules(path: Path) -> None:
    wrong = [
        f"{_id(path)}:{line} imports {target}"
        for target, line in _imports(path)
        if not _within(target, "otha.core") and target not in CORE_STDLIB
    ]
    assert wrong == []


@pytest.mark.parametrize("path", list(_sources("otha/core")), ids=_id)
def test_core_calls_no_builtin_that_reads_the_world(path: Path) -> None:
    """`hash()` and `id()` differ from run to run; the others do input, output or run text as code."""
    forbidden = {"hash", "id", "open", "input", "print", "eval", "exec", "compile", "__import__", "breakpoint"}
    wrong = [
        f"{_id(path)}:{node.lineno} calls {node.func.id}()"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in forbidden
    ]
    assert wrong == []


@pytest.mark.parametrize("path", list(_sources("otha/runtime")), ids=_id)
def test_probes_actuators_and_coordination_are_strangers(path: Path) -> None:
    name = _module_name(path)
    own = [top for top in STRANGERS if _within(name, top)]
    wrong = [
        f"{_id(path)}:{line} imports {target}"
        for target, line in _imports(path)
        for top in STRANGERS
        if own and top not in own and _within(target, top)
    ]
    assert wrong == []


def test_importing_the_core_loads_nothing_but_pure_modules() -> None:
    """Seen from a fresh interpreter: no event loop, socket or clock module comes in behind the core's back."""
    modules = [_module_name(path) for path in _sources("otha/core")]
    impure = [
        "asyncio",
        "datetime",
        "logging",
        "numpy",
        "pymodbus",
        "random",
        "select",
        "selectors",
        "socket",
        "sqlite3",
        "ssl",
        "threading",
    ]
    script = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(*sorted({{m.split('.')[0] for m in sys.modules}} & set({impure!r})))\n"
    )
    run = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


@pytest.mark.parametrize(
    ("arguments", "needless"),
    [
        (["--help"], ["asyncio", "otha.core.inputs", "otha.report", "otha.wire.client"]),
        (["status", "--state", "nowhere"], []),
        (["order", "switchover", "tanks", "--state", "nowhere"], []),
        (["alarms", "--state", "nowhere"], []),
        (["user", "--help"], ["otha.interface"]),
    ],
    ids=lambda value: value[0] if value else "",
)
def test_a_command_imports_what_it_needs(arguments: list[str], needless: list[str]) -> None:
    """`otha --help` and shell completion wait for no part that they do not need, nor does who asks or orders."""
    heavy = ["numpy", "otha.journal.reader", "otha.runtime", "otha.site", "otha.verify", "pymodbus", "sim"]
    heavy += ["sqlite_utils", *needless]
    script = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('loaded', *sorted(set({heavy!r}) & set(sys.modules))))\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "from otha.cli import main\n"
        "main()\n"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout.splitlines()[-1] == "loaded", run.stderr


@pytest.mark.parametrize(
    ("module", "needless"),
    [
        # One for each OPC UA connection: it knows what a table says, not how a site is judged.
        ("otha.runtime.opcua.worker", ["numpy", "otha.core.supervision", "otha.site.load"]),
        # They read the journal and write none.
        (
            "otha.interface.run",
            ["numpy", "otha.core.supervision", "otha.journal.writer", "otha.site.load", "sqlite_utils"],
        ),
        ("otha.journal.cli", ["asyncio", "numpy", "otha.core.inputs", "sqlite_utils"]),
    ],
)
def test_a_process_loads_nothing_that_it_does_not_need(module: str, needless: list[str]) -> None:
    """It starts the sooner, and several at once beside heartbeats take the less from them."""
    script = f"import {module}, sys; print(*sorted(set({needless!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []
