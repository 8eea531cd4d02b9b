"""The demo site and small changes of it, for the tests of the site model."""

from importlib import resources
from pathlib import Path

from otha.site.load import load_site
from otha.site.model import Site

TWO_TANKS = Path(str(resources.files("sim"))) / "sites" / "two_tanks.toml"
BROKEN = Path(__file__).parent / "broken"
PROFILES_OF_THEIR_OWN = ("mistaken.toml", "soft_watchdog.toml")


def changed(folder: Path, *pairs: tuple[str, str]) -> Path:
    """The demo site with each `pairs` text replaced, written into `folder`."""
    text = TWO_TANKS.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, *pairs: tuple[str, str]) -> Site:
    """The changed demo site, loaded."""
    return load_site(changed(folder, *pairs))
