"""The files of the pages as browsers get them: a module with all that it imports is one script.

There is no build step: a script is made of the modules when it is first asked for. Each module
becomes a function that runs once in a page, also when a script that is loaded later has it too.
That takes nothing but the style of our modules, which tests/web/test_static.py checks: an import is
a line, an export stands before its declaration and is never assigned anew, and no import leads in a
circle.
"""

from __future__ import annotations

import functools
import hashlib
import re
from importlib import resources

from bellhop.base import prefix, program

STATIC = "/static/"
# In HTML, the beginning of an attribute that holds an address of Bellhop.
ADDRESS = '="/'
IMPORT = re.compile(r'^import (?:(.+) from )?"/static/(.+)";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.M)
# One that has its lines to itself.
COMMENT = re.compile(r"^\s*/\*(?:(?!\*/).)*\*/\n", re.M | re.S)
# The modules that run in a page, by their names.
BEGIN = "const __modules = (globalThis.bellhopModules ??= {});\n"


def release() -> str:
    """Stands for all files as they are: what has it in its address never changes."""
    return _release(prefix.current())


@functools.cache
def _release(path: str) -> str:
    digest = hashlib.sha256(path.encode())
    for name, content in sorted(_files().items()):
        digest.update(b"%d %s %d " % (len(name), name.encode(), len(content)) + content)
    return digest.hexdigest()[:12]


def content(name: str) -> bytes:
    """The file FOLDER/NAME or NAME of `static/`, which names others by addresses that last.

    KeyError when there is none.
    """
    return _content(name, prefix.current())


@functools.cache
def _content(name: str, path: str) -> bytes:
    text = _files()[name].decode()
    if name.endswith(".js"):
        text = _script(name)
    text = COMMENT.sub("", text).replace(STATIC, f"{STATIC}{_release(path)}/")
    begins = ADDRESS if name.endswith(".html") else STATIC
    return text.replace(begins, begins.replace("/", f"{path}/", 1)).encode()


@functools.cache
def _files() -> dict[str, bytes]:
    """Every file of `static/`, read once: a page is of the version of the program it belongs to."""
    packed = resources.files("bellhop") / "static"
    folder = packed if packed.is_dir() else program.ROOT / "static"
    inner = [(f"{part.name}/", part) for part in folder.iterdir() if part.is_dir()]
    return {
        f"{before}{file.name}": file.read_bytes()
        for before, part in (("", folder), *inner)
        for file in part.iterdir()
        if file.is_file()
    }


def _script(name: str) -> str:
    """The module with what it imports, each after those that it needs itself."""
    *others, last = _order(name)
    functions = "".join(_function(other) for other in others)
    if last.startswith("pages/"):  # it exports nothing, and may wait before it goes on
        return BEGIN + functions + _body(last)
    exports = f"export const {{ {', '.join(_exports(last))} }} = {_place(last)};\n"
    return BEGIN + functions + _function(last) + exports


def _order(name: str, before: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The modules that run before the module, in their order, then itself."""
    for _, imported in IMPORT.findall(_files()[name].decode()):
        if imported not in before:
            before = _order(imported, before)
    return (*before, name)


def _function(name: str) -> str:
    """The module as a function that is called unless it was before."""
    exports = f"return {{ {', '.join(_exports(name))} }};\n"
    return f"{_place(name)} ??= (() => {{\n{_body(name)}{exports}}})();\n"


def _body(name: str) -> str:
    """The module without imports and exports, which a function has none of."""
    return EXPORT.sub("", IMPORT.sub(_taken, _files()[name].decode()))


def _taken(imported: re.Match[str]) -> str:
    """What stands for an import: names that are taken from the module that has run."""
    names, module = imported.groups()
    if names is None:
        return ""
    names = names.removeprefix("* as ").replace(" as ", ": ")
    return f"const {names} = {_place(module)};\n"


def _exports(name: str) -> list[str]:
    return EXPORT.findall(_files()[name].decode())


def _place(name: str) -> str:
    return f'__modules["{name}"]'
