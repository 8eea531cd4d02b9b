"""The nodes of a group side by side, asked for and shown."""

from hmi import node_rows, site_file
from hmi.fact_table import FactTable
from hmi.model import Answer, GroupView
from hmi.session import Session
from hmi.site_file import SiteFile
from hmi.timing_view import TimingView


class NodeTable(FactTable):
    """How the nodes stand and why, their configuration and raw values; where they differ it is bold."""

    def __init__(self, session: Session) -> None:
        super().__init__(self.tr("Nodes side by side"), (self.tr("Fact"),), 0)
        self._session = session
        self._site: SiteFile | None = None
        self._trouble = ""
        self._asking = False

    def ask(self) -> None:
        """Have the site file told, if it was not yet."""
        if self._site is not None or self._asking:
            return
        if not self._session.may("Configuration"):
            self._trouble = self.tr("is for engineers")
            return
        self._asking = True
        self._session.call("Configuration", then=self._told)

    def _told(self, answer: Answer) -> None:
        self._asking = False
        self._site = None if answer.trouble else site_file.told(answer.outputs)
        self._trouble = answer.trouble or ("" if self._site is not None else self.tr("was not told"))

    def forget(self) -> None:
        """The site file may be another one now."""
        self._site = None

    def show_nodes(self, view: GroupView, timing: TimingView) -> None:
        """Show the nodes of this group."""
        self.head((self.tr("Fact"), *(each.name for each in view.nodes)))
        rows = node_rows.standing(view)
        if self._site is not None:
            rows += node_rows.configured(view, self._site.nodes)
        elif self._trouble:
            rows.append(((self.tr("Site file"), *(self._trouble for _ in view.nodes)), False))
        self.fill(rows + node_rows.raw(view, timing))
