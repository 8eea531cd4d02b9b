"""The deliberate mutants of the table of rules, each tried on a copy of the tree with the test that must kill it."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from otha.verify.hold import Hold
from tests.mutants.tree import Tree, copied


@contextmanager
def copies(count: int) -> Iterator[list[Tree]]:
    """As many copies of the tree, one for each that tries mutants beside the others."""
    with TemporaryDirectory(prefix="otha-mutants-") as folder:
        made = [Tree(copied(Path(folder) / str(number))) for number in range(count)]
        try:
            yield made
        finally:
            for tree in made:
                tree.end()


def try_one(tree: Tree, hold: Hold) -> str | None:
    """What is wrong with the row; None when its mutant can be put in and its test fails on it, as it should."""
    path = tree.root / hold.mutant.file
    whole, then = path.read_text(encoding="utf-8"), path.stat()
    if (found := whole.count(hold.mutant.old)) != 1:
        return f"{hold.rule} {hold.mutant.file}: the text to change is there {found} times: {hold.mutant.old!r}"
    path.write_text(whole.replace(hold.mutant.old, hold.mutant.new), encoding="utf-8")
    # Compiled code is told from older by the second and the size: what is compiled of this file stands aside meanwhile.
    compiled = list(path.parent.glob(f"__pycache__/{path.stem}.*.pyc"))
    for each in compiled:
        each.rename(each.with_suffix(".aside"))
    try:
        code, said = tree.run(hold.test)
    finally:
        path.write_text(whole, encoding="utf-8")
        os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))
        for each in compiled:
            each.with_suffix(".aside").rename(each)
    return None if code == 1 else f"{hold.rule} {hold.test}: exit code {code}\n{said[-2_500:]}"


def try_each(holds: Sequence[Hold], trees: Sequence[Tree]) -> Iterator[tuple[Hold, str | None]]:
    """Each row with what is wrong with it; a worker for each of the trees."""

    def work(number: int) -> list[tuple[Hold, str | None]]:
        return [(hold, try_one(trees[number], hold)) for hold in holds[number :: len(trees)]]

    with ThreadPoolExecutor(len(trees)) as workers:
        for results in workers.map(work, range(len(trees))):
            yield from results
