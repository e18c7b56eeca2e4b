"""A client of yaml-language-server, which is what VS Code's YAML extension and most other editors run."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

TIMEOUT = 60.0
PUBLISHED = "textDocument/publishDiagnostics"


def server_command() -> list[str] | None:
    """The command that starts the server: of the folder in `YAML_LANGUAGE_SERVER`, of npm's, or of the PATH."""
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        return None
    script = Path("node_modules/yaml-language-server/bin/yaml-language-server")
    root = Path(__file__).parent.parent
    folders = [os.environ.get("YAML_LANGUAGE_SERVER"), str(root / ".venv" / "editors")]
    for folder in filter(None, folders):
        if (Path(folder) / script).is_file():
            return [node, str(Path(folder) / script), "--stdio"]
    program = shutil.which("yaml-language-server")
    return [program, "--stdio"] if program else None


class LanguageServer:
    """One server over standard input and output, with files that exist only in its client."""

    def __init__(self, command: list[str], folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self.settings = {
            "validate": True,
            "hover": True,
            "completion": True,
            "schemaStore": {"enable": False},
            **settings,
        }
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.number = 0
        threading.Thread(target=self._listen, daemon=True).start()
        documents = {
            "completion": {"completionItem": {"snippetSupport": True}},
            "hover": {"contentFormat": ["markdown"]},
        }
        capabilities = {"workspace": {"configuration": True}, "textDocument": {**documents, "publishDiagnostics": {}}}
        root = folder.as_uri()
        folders = [{"uri": root, "name": "folder"}]
        self.ask("initialize", processId=None, rootUri=root, workspaceFolders=folders, capabilities=capabilities)
        self.tell("initialized")
        self.tell("workspace/didChangeConfiguration", settings={"yaml": self.settings})

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    def completions(self, name: str, text: str) -> dict[str, str]:
        """What is offered where `|` stands in a text, with the documentation of each."""
        found = self._at("textDocument/completion", name, text)
        items = found["items"] if isinstance(found, dict) else found or []
        return {item["label"]: _text(item.get("documentation", "")) for item in items}

    def hover(self, name: str, text: str) -> str:
        """What is shown over the place of `|` in a text."""
        found = self._at("textDocument/hover", name, text)
        return _text(found["contents"]) if found else ""

    def diagnostics(self, name: str, text: str) -> list[tuple[int, str]]:
        """The mistakes in a text: the line of each, from 1, and what is said of it."""
        return self.all_diagnostics({name: text})[name]

    def all_diagnostics(self, texts: Mapping[str, str]) -> dict[str, list[tuple[int, str]]]:
        """The mistakes in each of several texts, which are looked at side by side."""
        waiting = {self._open(name, text): name for name, text in texts.items()}
        found = {}
        while waiting:
            said = self._wait(lambda message: message.get("method") == PUBLISHED)["params"]
            if name := waiting.pop(said["uri"], ""):
                found[name] = [(one["range"]["start"]["line"] + 1, one["message"]) for one in said["diagnostics"]]
        return found

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to a request."""
        self.number = number = self.number + 1
        self._send({"id": number, "method": method, "params": params})
        answer = self._wait(lambda message: message.get("id") == number and "method" not in message)
        assert "error" not in answer, answer
        return answer["result"]

    def tell(self, method: str, **params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def _at(self, method: str, name: str, text: str) -> Any:
        before, mark, after = text.partition("|")
        assert mark, "say with | where"
        uri = self._open(name, before + after)
        self._wait(lambda message: message.get("method") == PUBLISHED)
        line = before.count("\n")
        at = {"line": line, "character": len(before) - before.rfind("\n") - 1}
        return self.ask(method, textDocument={"uri": uri}, position=at)

    def _open(self, name: str, text: str) -> str:
        self.number += 1
        uri = (self.folder / f"{self.number}-{name}").as_uri()
        self.tell("textDocument/didOpen", textDocument={"uri": uri, "languageId": "yaml", "version": 1, "text": text})
        return uri

    def _wait(self, wanted: Any) -> dict[str, Any]:
        while True:
            message = self.messages.get(timeout=TIMEOUT)
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": self._answer(message)})
            elif wanted(message):
                return message

    def _answer(self, message: Mapping[str, Any]) -> Any:
        if message["method"] == "workspace/configuration":
            return [self.settings if item.get("section") == "yaml" else None for item in message["params"]["items"]]
        return None

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _listen(self) -> None:
        stream = self.process.stdout
        assert stream
        while header := stream.readline():
            length = int(header.partition(b":")[2])
            while stream.readline().strip():
                pass
            self.messages.put(json.loads(stream.read(length)))


def _text(contents: Any) -> str:
    return contents if isinstance(contents, str) else str(contents.get("value", ""))
