"""Mutations from outside: of an installed distribution (entry point group `archgraph.mutations`), or in the table
`MUTATIONS` of a module that was given by name or file, as for ops.

They are looked for where a recipe or a command names one that is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archgraph.errors import UsageError
from archgraph.ops import plugins
from archgraph.search.mutations import MUTATIONS, Sites
from archgraph.spec.identifiers import NAME

GROUP = "archgraph.mutations"
TABLE = "MUTATIONS"
plugins.extended(MUTATIONS)


def known() -> Mapping[str, Sites]:
    """All mutations, those of the plug-ins among them.

    Raises UsageError for a plug-in that cannot be imported or is no mutation, and for a name that another one has.
    """
    from importlib.metadata import entry_points

    for module in plugins.modules():
        _add(f"plug-in {module.__name__!r}", getattr(module, TABLE, {}))
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        name = f"plug-in {entry.name!r}"
        try:
            found = entry.load()
        except Exception as error:  # the plug-in's own code runs, which may raise anything
            raise UsageError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error
        _add(name, found if isinstance(found, Mapping) else {entry.name: found})
    return MUTATIONS


def _add(source: str, found: Any) -> None:
    if not isinstance(found, Mapping):
        raise UsageError(f"{source}: {TABLE} is {found!r:.60}; it is a mapping of names to functions")
    for name, sites in found.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise UsageError(f"{source}: {name!r} is no name for a mutation: letters, digits and _, a letter first")
        if not callable(sites):
            raise UsageError(f"{source}: {name} is {sites!r:.60}; a mutation is a function from a trace to its sites")
        if name in MUTATIONS and MUTATIONS[name] is not sites:
            raise UsageError(f"{source}: another mutation is called {name!r}")
        MUTATIONS[name] = sites
