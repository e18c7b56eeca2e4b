"""The dashboard, the real one, asked as a browser asks it."""

from __future__ import annotations

import io
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console
from search.fakes import Fake, recipe

from archgraph import draw, loads
from archgraph.errors import UsageError
from archgraph.search.dashboard import application, serve, serve_beside
from archgraph.search.outcome import read_outcome
from archgraph.search.worker import resume, run

pytest.importorskip("optuna_dashboard")


def quiet() -> Console:
    return Console(file=io.StringIO(), width=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dashboard")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
        patched.setattr("archgraph.search.report.write_report", lambda found: None)
        fake = Fake(fails={2: "no memory"})
        return run(recipe(place, trials=4), out=place / "run", evaluator=fake, console=quiet()).folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    yield serve_beside(folder, port=0)


def asked(address: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(address) as answer:
        return answer.headers["Content-Type"], answer.read()


def study(address: str) -> dict[str, Any]:
    studies = json.loads(asked(f"{address}api/studies")[1])["study_summaries"]
    (number,) = [known["study_id"] for known in studies]
    found = json.loads(asked(f"{address}api/studies/{number}?after=0")[1])
    assert isinstance(found, dict)
    return {**found, "id": number}


def test_every_trial_has_its_diagram_and_its_spec(address: str, folder: Path) -> None:
    shown = study(address)
    trials = read_outcome(folder).trials
    assert len(shown["trials"]) == len(trials) == 4
    for trial, seen in zip(trials, shown["trials"], strict=True):
        files = {file["filename"]: file for file in seen["artifacts"]}
        name = f"{trial.number:04d}"
        assert files.keys() == {f"{name}.svg", f"{name}.yaml"}
        # The dashboard shows inline what is an image by its type.
        assert files[f"{name}.svg"]["mimetype"] == "image/svg+xml"
        place = f"{address}artifacts/{shown['id']}/{seen['trial_id']}"
        assert asked(f"{place}/{files[f'{name}.yaml']['artifact_id']}")[1].decode() == trial.text


def test_a_diagram_is_of_its_trial(address: str, folder: Path) -> None:
    shown = study(address)
    trial, seen = read_outcome(folder).trials[3], shown["trials"][3]
    child, parent = (
        next(f["artifact_id"] for f in t["artifacts"] if f["filename"].endswith(".svg"))
        for t in (seen, shown["trials"][0])
    )
    kind, svg = asked(f"{address}artifacts/{shown['id']}/{seen['trial_id']}/{child}")
    assert kind == "image/svg+xml"
    titles = {element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")}
    drawn = draw(loads(trial.text)).dot
    assert titles and all(str(title).split("->")[0] in drawn for title in titles)
    assert svg != asked(f"{address}artifacts/{shown['id']}/{shown['trials'][0]['trial_id']}/{parent}")[1]


def test_a_note_says_what_was_changed(address: str, folder: Path) -> None:
    trials = read_outcome(folder).trials
    notes = [seen["note"]["body"] for seen in study(address)["trials"]]
    assert notes[0].startswith("`parent cifar_resnet8`")
    for trial, note in zip(trials[1:], notes[1:], strict=True):
        assert trial.mutation is not None
        assert note.startswith(f"Child of trial {trial.parent} by `{trial.mutation['operator']}: ")
        assert f"```yaml\n{trial.text}```" in note


def test_looking_writes_nothing_and_nothing_can_be_deleted(address: str, folder: Path) -> None:
    before = (folder / "study.journal").read_bytes()
    shown = study(address)
    for way in ("DELETE", "POST"):
        request = urllib.request.Request(f"{address}api/studies/{shown['id']}", method=way)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request)
    assert (folder / "study.journal").read_bytes() == before


def test_a_search_that_goes_on_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
    monkeypatch.setattr("archgraph.search.report.write_report", lambda found: None)
    folder = run(recipe(tmp_path, trials=2), out=tmp_path / "run", evaluator=Fake(), console=quiet()).folder
    address = serve_beside(folder, port=0)
    assert len(study(address)["trials"]) == 2
    resume(folder, trials=3, evaluator=Fake(), console=quiet())
    end = time.monotonic() + 30
    while len(shown := study(address)["trials"]) < 3 and time.monotonic() < end:
        time.sleep(0.2)  # The dashboard looks at its storage every 2 seconds.
    assert len(shown) == 3 and len(shown[2]["artifacts"]) == 2


def test_the_page_itself_is_served(address: str) -> None:
    kind, page = asked(f"{address}dashboard")
    assert kind.startswith("text/html") and b"bundle.js" in page


def test_an_interrupt_ends_the_server(folder: Path) -> None:
    told: list[str] = []

    def look(address: str) -> None:
        told.append(address)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve(folder, port=0, ready=look)
    with pytest.raises(urllib.error.URLError):
        asked(told[0])


def test_a_port_that_is_taken_is_said(address: str, folder: Path) -> None:
    taken = int(address.rstrip("/").rpartition(":")[2])
    with pytest.raises(UsageError, match=f"cannot serve on port {taken}: .*; --port takes another"):
        serve_beside(folder, port=taken)


def test_a_missing_package_is_said_with_what_installs_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archgraph.search.dashboard.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'archgraph\[dashboard\]'"):
        application(folder)
