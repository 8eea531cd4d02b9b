"""What the engineer writes of the outlets: by which ways a plant's IT sees OTHA, and cannot reach it."""

# ruff: noqa: RUF009  # `key()` makes dataclass fields, as `field()` does

from dataclasses import dataclass

from otha.site.read import Endpoint, key


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsTable:
    """Figures for Prometheus, over HTTP without encryption or login. Without this table there are none."""

    endpoint: Endpoint = key('where they are served, at /metrics: "127.0.0.1:9464" is for this machine alone')
