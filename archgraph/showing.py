"""How values show themselves in a notebook. What they look like is said from above: what draws a Spec or a Graph stands
in a layer that they do not know, and `archgraph/__init__.py`, which knows all, tells it to `shown_by`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

Bundle: TypeAlias = Mapping[str, str]
"""One value in several forms, by their MIME types; a notebook takes the richest that it knows."""

_looks: dict[str, Callable[[Any], Any]] = {}


def shown_by(*, picture: Callable[[Any], Bundle], table: Callable[[Any], Any], html: Callable[[Any], str]) -> None:
    """Say what gives the picture of a value that is drawn; and the table, rich's and in HTML, of one with figures."""
    _looks.update(picture=picture, table=table, html=html)


class Drawn:
    """A value that a notebook shows as a picture, or as the reason why there is none; elsewhere it is its `repr`."""

    __slots__ = ()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> Bundle:
        return {**_looks["picture"](self), "text/plain": repr(self)}

    def _repr_svg_(self) -> str | None:
        bundle: Bundle = _looks["picture"](self)
        return bundle.get("image/svg+xml")


class Tabled:
    """A value that a notebook, and rich in a terminal, shows as a table; elsewhere it is its `repr`."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        html: str = _looks["html"](self)
        return html

    def __rich__(self) -> Any:
        return _looks["table"](self)
