"""The passes of the recording, each over a Bellhop of its own, and the files of their answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.whole.recorded import accounts_pass, open_pass, web_pass
from tests.whole.recorded.normal import recorded

PASSES: dict[str, Any] = {"open": open_pass, "accounts": accounts_pass, "web": web_pass}
ANSWERS = Path(__file__).parent / "answers"
WIDTH = 96


def asked(name: str, folder: Path) -> dict[str, Any]:
    """Ask what a pass asks of a Bellhop in `folder`; the answers, as they are kept."""
    with PASSES[name].serving(folder) as caller:
        caller.run(PASSES[name].GROUPS)
        return recorded(caller)


def path_of(name: str) -> Path:
    return ANSWERS / f"{name}.json"


def text_of(document: Any, indent: str = "") -> str:
    """JSON that people read: what fits into a line stands in one."""
    flat = json.dumps(document, ensure_ascii=False)
    if len(indent + flat) <= WIDTH or not isinstance(document, dict | list):
        return flat
    deeper = f"{indent}  "
    if isinstance(document, list):
        lines = [text_of(value, deeper) for value in document]
        return f"[\n{deeper}" + f",\n{deeper}".join(lines) + f"\n{indent}]"
    lines = [f"{json.dumps(name)}: {text_of(document[name], deeper)}" for name in document]
    return f"{{\n{deeper}" + f",\n{deeper}".join(lines) + f"\n{indent}}}"
