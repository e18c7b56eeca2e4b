"""A search in optuna-dashboard: the study as it stands, with every trial's diagram and spec.

Nothing is written into the study for it. The dashboard asks its storage which artifacts and notes there are, and is
told of two and one for each trial; a diagram is drawn when somebody looks at it.
"""

from __future__ import annotations

import io
import json
import os
import webbrowser
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from importlib.util import find_spec
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna.artifacts.exceptions import ArtifactNotFound
from optuna.storages import BaseStorage

from archgraph.errors import ArchgraphError, UsageError
from archgraph.search.study import KEY, open_study

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

Attributes: TypeAlias = dict[str, Any]

DIAGRAM, SPEC = "a", "b"
"""How the ids of artifacts end; they begin with the trial's id. The dashboard takes hexadecimal digits and `-`."""
NOTE = 2000
"""Characters of a note that the dashboard keeps under one key."""


def serve(
    folder: str | os.PathLike[str], *, port: int = 8080, ready: Callable[[str], object] = webbrowser.open
) -> None:
    """Serve the dashboard of a search to this machine until it is interrupted; `ready` is told its address.

    Raises UsageError where there is no search, the port is taken, or optuna-dashboard is not installed.
    """
    with _server(application(folder), port) as server:
        ready(f"http://{server.server_name}:{server.server_port}/")
        server.serve_forever()


def serve_beside(folder: str | os.PathLike[str], *, port: int = 8080) -> str:
    """Serve the dashboard for as long as this process runs; gives its address."""
    server = _server(application(folder), port)
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://{server.server_name}:{server.server_port}/"


def application(folder: str | os.PathLike[str]) -> WSGIApplication:
    """The dashboard of a search as a web application that only reads.

    Raises UsageError where there is no search, or optuna-dashboard is not installed.
    """
    require()
    from optuna_dashboard import wsgi

    storage, study_id = open_study(Path(folder)).place
    app: WSGIApplication = wsgi(with_networks(storage, study_id), artifact_store=Networks(storage))
    return _reading(app)


def require() -> None:
    """Raise UsageError where optuna-dashboard is not installed."""
    if find_spec("optuna_dashboard") is None:
        raise UsageError(
            "the dashboard is optuna-dashboard, which is not installed: pip install 'archgraph[dashboard]'"
        )


class Networks:
    """The artifacts of a search's trials: an artifact store of Optuna's that makes them when they are asked for."""

    def __init__(self, storage: BaseStorage) -> None:
        self._storage = storage

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """The diagram or the spec of a trial. Raises ArtifactNotFound."""
        trial_id, _, kind = artifact_id.rpartition("-")
        try:
            text: str = self._storage.get_trial(int(trial_id, 16)).user_attrs[KEY]["spec"]
        except (KeyError, ValueError) as error:
            raise ArtifactNotFound(f"no artifact {artifact_id}") from error
        return io.BytesIO(_drawn(text) if kind == DIAGRAM else text.encode())

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Refused: everything there is follows from the study."""
        raise UsageError("the artifacts of a search are made from its study; none can be added")

    def remove(self, artifact_id: str) -> None:
        """Refused, as `write` is."""
        raise UsageError("the artifacts of a search are made from its study; none can be removed")


def with_networks(storage: BaseStorage, study_id: int) -> BaseStorage:
    """A view of a storage in which every trial of a study has a diagram, a spec and a note with its change."""
    shown = copy(storage)

    def attributes(study: int) -> Attributes:
        known = storage.get_study_system_attrs(study)
        return {**_described(storage, study), **known} if study == study_id else known

    def studies() -> list[Any]:
        found = [copy(study) for study in storage.get_all_studies()]
        for study in found:
            study.system_attrs = attributes(study._study_id)
        return found

    # Only what the dashboard asks for differs; whatever kind of storage it is stays of that kind.
    vars(shown).update(get_study_system_attrs=attributes, get_all_studies=studies)
    return shown


def _described(storage: BaseStorage, study_id: int) -> Attributes:
    """What the dashboard reads of artifacts and notes, in the attributes of the study where it looks for them."""
    found: Attributes = {}
    for trial in storage.get_all_trials(study_id, deepcopy=False):
        if (known := trial.user_attrs.get(KEY)) is None:
            continue
        number, name = trial._trial_id, f"{trial.number:04d}"
        for kind, file, mimetype in ((DIAGRAM, "svg", "image/svg+xml"), (SPEC, "yaml", "text/yaml")):
            artifact = f"{number:x}-{kind}"
            about = {"artifact_id": artifact, "filename": f"{name}.{file}", "mimetype": mimetype, "encoding": None}
            found[f"dashboard:artifacts:{number}:{artifact}"] = json.dumps(about)
        note = _note(known)
        found[f"dashboard:{number}:note_ver"] = 1
        for part, start in enumerate(range(0, len(note), NOTE)):
            found[f"dashboard:{number}:note_str:{part}"] = note[start : start + NOTE]
    return found


def _note(known: Mapping[str, Any]) -> str:
    """A trial's change and spec, in Markdown."""
    mutation = known["mutation"]
    change = "{operator}: {site} {change}".format(**mutation) if mutation else known["origin"]
    parent = "" if known["parent"] is None else f"Child of trial {known['parent']} by "
    return f"{parent}`{change}`\n\n```yaml\n{known['spec']}```\n"


def _drawn(text: str) -> bytes:
    """The diagram of a spec; where it cannot be drawn, why, as a picture."""
    from xml.sax.saxutils import escape

    from archgraph import draw, loads

    try:
        return draw(loads(text)).render("svg")
    except ArchgraphError as error:
        said = escape(str(error).splitlines()[0])
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="40"><text y="24">{said}</text></svg>'.encode()
        )


def _reading(app: WSGIApplication) -> WSGIApplication:
    """The application without what would change or delete the study."""

    def only(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return app(environ, start)
        start("403 Forbidden", [("Content-Type", "application/json")])
        return [b'{"reason": "archgraph shows a search; it changes none"}']

    return only


class _Server(ThreadingMixIn, WSGIServer):
    """A browser opens connections ahead of need: one at a time would wait for those."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def _server(app: WSGIApplication, port: int) -> WSGIServer:
    try:
        return make_server("127.0.0.1", port, app, server_class=_Server, handler_class=_Quiet)
    except OSError as error:
        raise UsageError(f"cannot serve on port {port}: {error.strerror}; --port takes another") from error
