"""Decoded data sets on disk: decoded once, and mapped, so that the workers of a machine share the memory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from archgraph.train.dataset import PARTS, Split
from archgraph.train.splitting import Arrays

FORMAT = 1
"""Goes up when what is stored changes its form: older entries are then decoded again."""


def folder() -> Path:
    """Where decoded data are kept: $ARCHGRAPH_CACHE, or `archgraph` in the user's cache folder."""
    if given := os.environ.get("ARCHGRAPH_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "archgraph"


def decoded(files: Iterable[Path], options: Any, decode: Callable[[], Arrays]) -> Arrays:
    """What `decode` gives, from disk where these files were decoded with these options before.

    A file that was changed counts as another. Where nothing can be written, nothing is kept.
    """
    states = [(str(file.resolve()), (stat := file.stat()).st_size, stat.st_mtime_ns) for file in sorted(files)]
    digest = blake2b(json.dumps([FORMAT, options, states]).encode(), digest_size=12).hexdigest()
    entry = folder() / "data" / digest
    if (entry / "about.json").is_file():
        return _read(entry)
    arrays = decode()
    with contextlib.suppress(OSError):
        _write(entry, arrays)
        return _read(entry)
    return arrays


def _write(entry: Path, arrays: Arrays) -> None:
    """An entry is there whole or not at all, also where several processes decode the same at once."""
    import numpy as np

    entry.parent.mkdir(parents=True, exist_ok=True)
    growing = Path(tempfile.mkdtemp(prefix=".growing-", dir=entry.parent))
    try:
        for name, split in arrays.parts.items():
            np.save(growing / f"{name}_images.npy", split.images)
            np.save(growing / f"{name}_labels.npy", split.labels)
        train = arrays.parts["train"]
        about = {"shape": arrays.shape, "classes": arrays.classes, "task": arrays.task}
        about |= {"mean": train.mean.tolist(), "deviation": train.deviation.tolist()}
        (growing / "about.json").write_text(json.dumps(about))
        try:
            growing.rename(entry)
        except OSError:
            if not (entry / "about.json").is_file():  # else another process was quicker
                raise
    finally:
        shutil.rmtree(growing, ignore_errors=True)


def _read(entry: Path) -> Arrays:
    import numpy as np

    about = json.loads((entry / "about.json").read_text())
    mean, deviation = (np.array(about[key], np.float32) for key in ("mean", "deviation"))
    parts = {}
    for name in PARTS:
        # "c": mapped, and writable for whoever asks for that, without a change to the file.
        images, labels = (np.load(entry / f"{name}_{kind}.npy", mmap_mode="c") for kind in ("images", "labels"))
        parts[name] = Split(images, labels, mean, deviation)
    return Arrays(parts, tuple(about["shape"]), about["classes"], about["task"])
