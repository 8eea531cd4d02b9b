"""Plant tags from a CSV file beside the site file."""

from pathlib import Path

import pytest

from otha.site.load import load_site
from otha.site.problem import Severity, SiteErrors
from tests.site.examples import TWO_TANKS

LINKED = ("format = 1\n", 'format = 1\ntags = "tags.csv"\n')


def site(folder: Path, tags: str, encoding: str = "utf-8") -> Path:
    text = TWO_TANKS.read_text(encoding="utf-8")
    (folder / "site.toml").write_text(text.replace(*LINKED, 1), encoding="utf-8")
    (folder / "tags.csv").write_text(tags, encoding=encoding)
    return folder / "site.toml"


def test_its_tags_are_read_as_those_of_the_file(tmp_path: Path) -> None:
    tags = (
        "name,section,address,type,fresh_ms,valid_low,valid_high\n"
        "flame,plc,2100,bool,200,,\n"
        "\n"
        '"gas, pressure",plc,0x835,i16,,-100,100\n'.replace('"gas, pressure"', "gas_pressure")
    )
    loaded = {tag.name: tag for tag in load_site(site(tmp_path, tags)).core.tags}
    assert (loaded["flame"].source, loaded["flame"].fresh_ns, loaded["flame"].valid_high) == ("plc", 200_000_000, 1)
    assert (loaded["gas_pressure"].valid_low, loaded["gas_pressure"].valid_high) == (-100, 100)
    assert "maintenance_key" in loaded


def test_as_a_spreadsheet_saves_it(tmp_path: Path) -> None:
    tags = "\ufeffname;section;address\r\nflame;plc;2100\r\n"
    assert "flame" in {tag.name for tag in load_site(site(tmp_path, tags)).core.tags}


def test_another_list_is_another_site(tmp_path: Path) -> None:
    one = load_site(site(tmp_path, "name,section,address\nflame,plc,2100\n"))
    other = load_site(site(tmp_path, "name,section,address\nflame,plc,2101\n"))
    assert one.digest != other.digest
    assert one.text_hash != other.text_hash


@pytest.mark.parametrize(
    ("tags", "line", "says"),
    [
        ("", 1, "names no column `name`"),
        ("nme,section,address\nflame,plc,2100\n", 1, "names no column `name`"),
        ("name,sektion,address\nflame,plc,2100\n", 1, "Did you mean `section`?"),
        ("name,section,name\nflame,plc,x\n", 1, "named twice"),
        ("name,section,address\nflame,plc,2100\nflame,plc,2101\n", 3, "a second time"),
        ("name,section,address\n,plc,2100\n", 2, "has no name"),
        ("name,section,address\nflame,plc,21OO\n", 2, "must be a whole number"),
        ("name,section,address\nflame,plc,70000\n", 2, "must be 0 to 65535"),
        ("name,section,address\nflame,pls,2100\n", 2, "Did you mean `plc`?"),
        ("name,section,address,type\n\nflame,plc,2100,u61\n", 3, "Did you mean"),
        ("name,section,address,valid_low\nflame,plc,2100,5\n", 2, "missing"),
        ("name,section,address\nflame,plc,2100,bool\n", 2, "4 cells"),
        ('name,section,address\nflame,"plc,2100\n', 2, "this is not CSV"),
        ("name,section,address\nmaintenance_key,plc,2100\n", 2, "stands in site.toml as well"),
        ("name,section,address\n1flame,plc,2100\n", 2, "is no name"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(tmp_path: Path, tags: str, line: int, says: str) -> None:
    with pytest.raises(SiteErrors) as refused:
        load_site(site(tmp_path, tags))
    errors = [problem for problem in refused.value.problems if problem.severity is Severity.ERROR]
    (first, *_) = [problem for problem in errors if problem.file == "tags.csv"]
    assert (first.line, says in str(first)) == (line, True), str(first)


@pytest.mark.parametrize("encoding", ["latin-1", ""])
def test_a_list_that_can_not_be_read(tmp_path: Path, encoding: str) -> None:
    path = site(tmp_path, "name,section,address\nflämme,plc,2100\n", encoding or "utf-8")
    if not encoding:
        (tmp_path / "tags.csv").unlink()
    with pytest.raises(SiteErrors) as refused:
        load_site(path)
    assert any(problem.key == "tags" and "can't be read" in problem.wrong for problem in refused.value.problems)
