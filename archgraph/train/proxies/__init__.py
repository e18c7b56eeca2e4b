"""Zero-cost proxies: scores of a network that was not trained, from one batch. More is better.

One file a proxy, with its formula and its paper. The table below imports nothing: recipes are checked without torch.
"""

from __future__ import annotations

from collections.abc import Mapping

PROXIES: Mapping[str, str] = {
    "synflow": "arXiv:2006.05467",
    "naswot": "arXiv:2006.04647",
    "snip": "arXiv:1810.02340",
    "grad_norm": "arXiv:2101.08134",
    "fisher": "arXiv:1906.04113",
    "zen": "arXiv:2102.01063",
}
"""The proxies that look at a module, each with its paper; the file and the function have the proxy's name."""

COUNTED = ("params", "macs")
"""Costs of the graph that serve as proxies too: what every other proxy has to beat."""

NAMES = (*PROXIES, *COUNTED)
