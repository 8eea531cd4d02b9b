"""The demo's site, armed."""

import pytest

from otha.demo.play import site_text
from otha.site.load import load_site
from otha.site.model import Site
from otha.verify.simulation.hour import armed


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    path = tmp_path_factory.mktemp("site") / "site.toml"
    path.write_text(site_text(), encoding="utf-8")
    return armed(load_site(path))
