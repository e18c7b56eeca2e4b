"""A report as one page that needs nothing but itself: style, script, charts and pictures are in it, the large packed.

plotly.js is the one that the installed plotly brings. As it is it would be 4.8 MB of every page; packed it is 2.0.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from archgraph.search.reporting.markup import Section

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "form-action 'none'; base-uri 'none'"
)
"""A browser keeps the page from asking for anything, whatever stands in it."""
BARE = (
    "The charts and the pictures of networks need a browser with JavaScript (Chrome or Edge 80, Safari 16.4, Firefox "
    "113, or newer). The tables have the same figures."
)


def document(
    title: str, top: str, sections: Sequence[Section], *, data: Mapping[str, Any], pictures: Mapping[str, str]
) -> str:
    """The page. `data` is what its script draws charts from; `pictures` are SVG, by the names they have in the page."""
    contents = "".join(f'<li><a href="#{part.key}">{escape(part.title)}</a></li>' for part in sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_asset('report.css')}</style></head>\n<body>"
        f'<header><h1>{escape(title)}</h1><button id="theme" hidden>Dark</button></header>'
        f'<nav aria-label="Contents"><ul>{contents}</ul></nav>\n'
        f'<main>{top}<noscript><p class="notice">{BARE}</p></noscript><p id="bare" class="notice" hidden>{BARE}</p>\n'
        + "\n".join(map(str, sections))
        + '</main>\n<aside id="card" aria-live="polite" aria-label="A network" hidden></aside>\n'
        f'<script type="application/json" id="data">{embedded(data)}</script>\n'
        f'<script type="text/plain" id="pictures">{packed(json.dumps(pictures))}</script>\n'
        f'<script type="text/plain" id="plotly">{_library()}</script>\n'
        f"<script>{_asset('report.js')}</script></body></html>\n"
    )


def embedded(data: Mapping[str, Any]) -> str:
    """Data as JSON that no text in it can end the script of; a browser reads it as the same."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def packed(text: str) -> str:
    """A text as gzip in base64; the same text gives the same."""
    return b64encode(gzip.compress(text.encode(errors="replace"), 9, mtime=0)).decode()


@cache
def _library() -> str:
    from plotly.offline import get_plotlyjs

    return packed(get_plotlyjs())


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
