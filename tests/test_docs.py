"""The documentation: its links lead somewhere, its site file is a good one, its commands exist."""

import re
from pathlib import Path

import pytest

from otha.cli import GROUPS, app
from otha.order_cli import OrderName
from otha.site.load import load_site

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in _anchors(path)):
            broken.append(link)
    assert broken == []


def test_the_engineers_example_is_a_good_site(tmp_path: Path) -> None:
    example, journal, generic, opcua = _blocks(ROOT / "docs" / "engineer.md", "toml")
    file = tmp_path / "example.toml"
    file.write_text(f"{example}\n{journal}\n{generic}\n{opcua}", encoding="utf-8")
    site = load_site(file)
    assert [node.name for node in site.nodes] == ["sc_a", "sc_b", "server_1", "scada_1"]
    assert site.retention.keep_bytes == 20_000 << 20
    assert not site.warnings or all(
        "server_1" in w.table or "scada_1" in w.table or "tried" in w.wrong for w in site.warnings
    )


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_commands_exist(page: Path) -> None:
    """Each `otha COMMAND` on the page, and each `otha order KIND`, is one that the program knows."""
    text = page.read_text(encoding="utf-8")
    known = {
        name for info in app.registered_commands if info.callback for name in [info.name or info.callback.__name__]
    }
    known |= set(GROUPS)
    assert set(re.findall(r"(?:^|`|\| )otha ([a-z]+)", text, flags=re.MULTILINE)) - known == set()
    assert set(re.findall(r"otha order ([a-z-]+)", text)) - {kind.value for kind in OrderName} == set()
