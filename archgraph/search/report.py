"""The report of a search: one HTML file that opens anywhere, with what a reader needs to judge it."""

from __future__ import annotations

from archgraph.search.outcome import Outcome


def write_report(found: Outcome) -> None:
    pass
