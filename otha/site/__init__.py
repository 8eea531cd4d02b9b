"""What the engineer wrote: the site file and the profiles as one frozen, typed and judged model."""

from otha.site.load import load_site
from otha.site.model import Site
from otha.site.problem import Problem, SiteErrors
from otha.site.read import Endpoint

__all__ = ["Endpoint", "Problem", "Site", "SiteErrors", "load_site"]
