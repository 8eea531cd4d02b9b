"""`otha interface ...`: what OTHA's own OPC UA server shows, for those who build clients."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from otha.console import told

app = typer.Typer(help="OTHA's own OPC UA server.", no_args_is_help=True)


@app.callback()
def interface() -> None:
    """OTHA's own OPC UA server."""


@app.command()
def export(
    site: Annotated[Path, typer.Argument(help="the site file", metavar="SITE.toml")],
    out: Annotated[Path, typer.Option("--out", help="the file to write")] = Path("otha.NodeSet2.xml"),
) -> None:
    """Write the information model of a site as a NodeSet2 file."""
    from otha.core.errors import HostError
    from otha.core.supervision import Supervision
    from otha.interface.export import export as write
    from otha.runtime import snapshot
    from otha.site.load import load_site

    with told():
        now = time.monotonic_ns()
        status = snapshot.status(Supervision(load_site(site).core, now), now)
        try:
            nodes = asyncio.run(write(status, out))
        except OSError as error:
            raise HostError(f"{out} can't be written: {error.strerror}", mend="give another --out") from error
    sys.stdout.write(f"{nodes} nodes in {out}\n")
