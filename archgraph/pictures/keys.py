"""What boxes and arrows are called inside a picture, and texts of a spec that no program reads as markup."""

from __future__ import annotations

import html
import re
import zlib

import graphviz

from archgraph.graph.wording import printable


def key(name: str) -> str:
    """A name as Graphviz's identifier: itself, but for characters that mean something to Graphviz (`:`, `<`, `\\`)."""
    plain = re.sub(r"[^\w. -]", "_", name)
    return plain if plain == name else f"{plain} {zlib.crc32(name.encode(errors='replace')):08x}"


def element_id(name: str) -> str:
    """A name in the picture as the `id` of its element in the SVG: a node's is its name, if an id can be so."""
    return key(name).replace(" ", ":")


def input_key(name: str) -> str:
    """What the network's input is called, which may have the name of a node."""
    return f"input {name}"


def output_key(name: str) -> str:
    """What the network's output is called."""
    return f"output {name}"


def escape(text: str) -> str:
    """A text as Graphviz's HTML-like labels want it."""
    return html.escape(printable(text))


def tooltip(text: str) -> str:
    """A text as Graphviz's plain attributes want it."""
    escaped: str = graphviz.escape(printable(text))  # a kind of text that Graphviz does not read as markup
    return escaped
