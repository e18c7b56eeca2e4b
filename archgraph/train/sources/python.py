"""A user's own function that gives images and labels."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path

from archgraph.train.dataset import DataError
from archgraph.train.splitting import Arrays, arrange


def opened(name: str) -> Arrays:
    """What `package.module:function` gives: `{"train": (images, labels), "test": (images, labels)}`.

    `validation` may be there, and `test` be left out; what is missing is held out of `train`. The module is looked
    for in the current folder too. Raises DataError.
    """
    module, colon, function = name.partition(":")
    if not (module and colon and function):
        raise DataError(f"no function {name!r}", hint="it takes package.module:function")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        call = getattr(importlib.import_module(module), function)
        given = call()
    except Exception as error:  # the user's code: what it raises is its own
        raise DataError(f"{name} raises {type(error).__name__}: {error}") from error
    if not isinstance(given, Mapping) or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in given.values()):
        hint = 'it gives {"train": (images, labels), "test": (images, labels)}'
        raise DataError(f"{name} gives {type(given).__name__}", hint=hint)
    return arrange(given, about=name)
