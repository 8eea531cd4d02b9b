"""What can be judged from the file alone."""

from dataclasses import replace

from otha.site.document import Document
from otha.site.model import Site
from otha.site.problem import Severity
from otha.site.written import SiteFile


def judge(doc: Document, file: SiteFile, site: Site) -> Site:
    """The site with its warnings. Raises SiteErrors when a judgement refuses it."""
    doc.raise_errors()
    return replace(site, warnings=tuple(p for p in doc.problems if p.severity is Severity.WARNING))
