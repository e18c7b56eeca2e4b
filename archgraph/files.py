"""Files are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from archgraph.errors import UsageError


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file so that whoever looks sees its old content or its new one, never a part.

    Raises UsageError where it cannot be written.
    """
    target = Path(os.path.realpath(path))
    data = content.encode() if isinstance(content, str) else content
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)  # A device or a pipe cannot be replaced; a folder says so itself.
            return
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with temporary.open("xb") as file:
                file.write(data)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {os.fspath(path)!r}: {error.strerror}") from error
