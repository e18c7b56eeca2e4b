"""Ops from outside: of an installed distribution (entry point group `archgraph.ops`), or of a module given by name.

A spec never names a plug-in. Installed ones are looked for where a word is not known, or where all words are listed:
a command that needs none of them pays nothing for them.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

from archgraph.errors import UsageError
from archgraph.ops.base import Macro, Op, Primitive
from archgraph.ops.signatures import roles, vocabulary
from archgraph.ops.table import OPS
from archgraph.spec.identifiers import NAME
from archgraph.spec.model import RESERVED
from archgraph.spec.vocabulary import BUILT_IN

GROUP = "archgraph.ops"
MUTATIONS = "MUTATIONS"
"""The table of a module with mutations for a search; `archgraph.search.mutations.plugins` reads it."""
_GIVEN: dict[str, None] = {}
_MODULES: dict[str, ModuleType] = {}
_TABLES: list[tuple[dict[str, Any], dict[str, Any]]] = [(table, dict(table)) for table in (OPS, _GIVEN, _MODULES)]
"""What plug-ins add to, and what it held when it was noted here."""


def extended(table: dict[str, Any]) -> None:
    """Note another table that plug-ins add to."""
    _TABLES.append((table, dict(table)))


def plugin(source: str | ModuleType) -> tuple[str, ...]:
    """Make the ops of a module words of the language, and give their names.

    `source` is a module, its name (`my_package.ops`) or its file (`ops/mine.py`). Its ops are the list `OPS` in it
    or, without one, the classes it defines that are ops; one with mutations for a search needs none. Raises
    UsageError for what cannot be imported or is no op, and for a name that another op has; then none is added.
    """
    name = f"plug-in {(source.__name__ if isinstance(source, ModuleType) else source)!r}"
    module = source if isinstance(source, ModuleType) else _imported(name, lambda: _module(source))
    names = _add(name, _ops(name, module))
    _MODULES[module.__name__] = module
    if isinstance(source, ModuleType):
        return names
    _GIVEN[str(Path(source).resolve()) if source.endswith(".py") else source] = None
    return names


def given() -> tuple[str, ...]:
    """What `plugin` was given by name or file, in order, for a process that shall have the same words."""
    return tuple(_GIVEN)


def modules() -> tuple[ModuleType, ...]:
    """The modules that `plugin` was given."""
    return tuple(_MODULES.values())


def installed() -> tuple[str, ...]:
    """Add the ops of all installed plug-ins, and give their names; the second time there is nothing to do.

    Raises UsageError with what is wrong with any of them; the others are added.
    """
    names, broken = _installed()
    if broken:
        raise UsageError("\n".join(broken))
    return names


@cache
def _installed() -> tuple[tuple[str, ...], tuple[str, ...]]:
    from importlib.metadata import entry_points  # it takes longer to import than most specs to check

    names: list[str] = []
    broken: list[str] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        of = f" of {entry.dist.name} {entry.dist.version}" if entry.dist else ""
        name = f"plug-in {entry.name!r}{of}"
        try:
            names += _add(name, _ops(name, _imported(name, entry.load)))
        except UsageError as error:
            broken.append(str(error))
    return tuple(names), tuple(broken)


def _imported(name: str, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except Exception as error:  # the plug-in's own code runs, which may raise anything
        raise UsageError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error


def _module(source: str) -> ModuleType:
    if not source.endswith(".py"):
        return importlib.import_module(source)
    path = Path(source).resolve()
    name = path.stem
    if name in sys.modules and getattr(sys.modules[name], "__file__", None) == str(path):
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or name in sys.modules:
        raise ImportError(f"there is another module {name!r}; give the file another name")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pickle and pydantic look classes up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _ops(name: str, found: Any) -> list[type[Op]]:
    """The ops of what a plug-in stands for: a module, a list of classes, or one class."""
    if isinstance(found, ModuleType):
        listed = getattr(found, "OPS", None)
        if listed is None:
            defined = [item for item in vars(found).values() if _is_op(item) and item.__module__ == found.__name__]
            listed = [item for item in defined if not inspect.isabstract(item) and hasattr(item, "op")]
            if not listed and hasattr(found, MUTATIONS):
                return []
        found = listed
    if isinstance(found, type):
        found = [found]
    if not isinstance(found, Iterable) or isinstance(found, str):
        raise UsageError(f"{name} is {_shown(found)}; it is a module or a list of ops")
    ops = list(found)
    if not ops:
        raise UsageError(f"{name} has no ops: classes of archgraph.ops.base.Primitive or Macro with a name `op`")
    for op in ops:
        if problem := _problem(op):
            raise UsageError(f"{name}: {_shown(op)} {problem}")
    return ops


def _is_op(item: Any) -> bool:
    return isinstance(item, type) and issubclass(item, (Primitive, Macro)) and item not in (Primitive, Macro)


def _problem(op: Any) -> str:
    """Why a class cannot be a word; empty for one that can."""
    if not _is_op(op):
        return "is not an op: a class of archgraph.ops.base.Primitive or Macro"
    if inspect.isabstract(op):
        return f"lacks {', '.join(sorted(op.__abstractmethods__))}"
    word = getattr(op, "op", None)
    if not isinstance(word, str) or not NAME.fullmatch(word) or word in RESERVED:
        return f"is called {word!r}, which is no name for an op: letters, digits and _, a letter first"
    return ""


def _add(name: str, ops: list[type[Op]]) -> tuple[str, ...]:
    new: dict[str, type[Op]] = {}
    for op in ops:
        other = new.get(op.op) or OPS.get(op.op)
        if op.op in BUILT_IN or (other is not None and other is not op):
            of = _shown(other) if other else "a word of the language"
            raise UsageError(f"{name}: two ops are called {op.op!r}: {of} and {_shown(op)}")
        new[op.op] = op
    OPS.update(new)
    forget()
    return tuple(new)


def forget() -> None:
    """Read anew from the table what was remembered of its ops."""
    vocabulary.cache_clear()
    roles.cache_clear()


@contextmanager
def apart() -> Iterator[None]:
    """Plug-ins that are added inside of a `with` are gone after it: for tests."""
    before = [dict(table) for table, _ in _TABLES]
    _installed.cache_clear()
    try:
        yield
    finally:
        for (table, noted), content in zip_longest(_TABLES, before):
            table.clear()
            table.update(noted if content is None else content)
        _installed.cache_clear()
        forget()


def _shown(found: Any) -> str:
    return f"{found.__module__}.{found.__qualname__}" if isinstance(found, type) else repr(found)[:60]
