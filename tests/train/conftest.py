"""Every test has a cache and a folder of data sets of its own, so that none sees what the user has."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ARCHGRAPH_DATA", raising=False)
    monkeypatch.setattr("archgraph.train.data.SHARED", str(tmp_path / "nowhere"))
    monkeypatch.setattr("archgraph.train.data._SOURCES", {})
    return tmp_path / "cache"
