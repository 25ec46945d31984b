"""What a submission gives as items, read by the inputs of its job type.

Each file, URL, text or object given for the main input is an item (all files together where it
takes several); the files given for other inputs go with every item. A type without input has one
item, for which nothing is given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from bellhop.base import documents
from bellhop.base.errors import invalid_field
from bellhop.base.texts import cleaned
from bellhop.catalog import params
from bellhop.catalog.description import Description
from bellhop.functions.signature import FILE_FIELDS, FILES, Input
from bellhop.jobs.newjob import NewItem

# The files of an earlier job; no parameter has a name with a dot, so it is a field of forms too.
FILES_OF = "files.of"
ITEM_KINDS = ("url", "text", "json", "upload", FILES_OF)
MOST_URL = 2048


class GivenFile(Protocol):
    """A file of a new job: one of the form, or an upload that had arrived before.

    `field` is the field that it was given in; `path` ends with the name that it has in its folder.
    """

    @property
    def path(self) -> Path: ...
    @property
    def filename(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def size(self) -> int: ...


# Each with its SHA-256.
Uploads = Sequence[tuple[GivenFile, str]]


def of_form(
    job_type: Description, texts: Mapping[str, Sequence[str]], files: Uploads
) -> list[NewItem]:
    """The items of a form: its files, each with its SHA-256, or the `texts` of the main input."""
    return _with_files(job_type, files, lambda main: _of_texts(job_type, main, texts))


def of_json(job_type: Description, listed: Any, uploads: Uploads = ()) -> list[NewItem]:
    """The items of a JSON document, among which are `uploads`, those of `uploads_in`."""
    if not uploads:
        return _of_documents(job_type, listed)
    others = _of_documents(job_type, listed)
    return _with_files(job_type, uploads, lambda main: others or _of_documents(job_type, []))


def uploads_in(document: Any) -> list[tuple[str, str]]:
    """(field, id) of the uploads among the items of a JSON document."""
    listed = document.get("items") if isinstance(document, dict) else None
    listed = listed if isinstance(listed, list) else []
    uploads = filter(_is_upload, listed)
    return [(str(item.get("field", FILE_FIELDS[0])), str(item["upload"])) for item in uploads]


def _is_upload(item: Any) -> bool:
    return isinstance(item, dict) and "upload" in item and item.keys() <= {"upload", "field"}


def _with_files(
    job_type: Description, files: Uploads, others: Callable[[Input], list[NewItem]]
) -> list[NewItem]:
    """The items of these files, or `others` of a main input that is none, with the files beside."""
    by_input = _by_input(job_type, files)
    for given in job_type.inputs:
        here = by_input.get(given.name, [])
        if given.kind == "file" and len(here) > 1 and given is not job_type.inputs[0]:
            raise invalid_field(given.name, "takes one file")
        if given.kind in FILES and given.required and not here:
            is_main = given is job_type.inputs[0]
            field = "files" if is_main else given.name
            raise invalid_field(field, "must have at least one file")
    main, *further = job_type.inputs or (None,)
    beside = {each.name: by_input[each.name] for each in further if each.name in by_input}
    if main and main.kind in FILES and by_input.get(main.name):
        items = _of_files(main, by_input[main.name])
    elif main and main.kind not in FILES:
        items = others(main)
    else:
        items = [nothing(job_type)]
    hashes = _by_name(files)
    return [_with(item, beside, hashes) for item in items] if beside else items


def _of_documents(job_type: Description, listed: Any) -> list[NewItem]:
    """Those of the items of a JSON document that are no uploads."""
    main = job_type.inputs[0] if job_type.inputs else None
    if listed in (None, []) and not (main and main.required):
        return [nothing(job_type)]
    if not isinstance(listed, list) or not listed:
        raise invalid_field("items", "must be a list with at least one item")
    if main is None:
        raise invalid_field("items", f"{job_type.label} takes no items; leave them out")
    others = ((at, item) for at, item in enumerate(listed) if not _is_upload(item))
    return [_of_document(job_type, at, item) for at, item in others]


def nothing(job_type: Description) -> NewItem:
    """The one item of a type that is given nothing."""
    return NewItem(job_type.label, {"none": None})


def distinct(items: Sequence[NewItem]) -> list[NewItem]:
    """The items without URLs that were given before; what is no URL may come twice."""
    by_address: dict[Any, NewItem] = {}
    for index, item in enumerate(items):
        url = item.input.get("url")
        by_address.setdefault(index if url is None else _address(url), item)
    return list(by_address.values())


def name_of(items: Sequence[NewItem]) -> str:
    """What a job with these items is called."""
    more = len(items) - 1
    return items[0].filename + (f" and {more} more" if more else "")


def _by_input(job_type: Description, files: Uploads) -> dict[str, list[tuple[GivenFile, str]]]:
    """The files by the inputs that they are given for; the usual fields are the main one's."""
    takes = [each.name for each in job_type.inputs if each.kind in FILES]
    found: dict[str, list[tuple[GivenFile, str]]] = {}
    for file, sha256 in files:
        name = file.field
        if name in FILE_FIELDS and name not in takes and takes:
            name = takes[0]
        if not takes:
            raise invalid_field("files", f"{job_type.label} takes {_kind_of(job_type)}, not files")
        if name not in takes:
            raise invalid_field(name, f"takes no file; the fields for files are {_fields(takes)}")
        found.setdefault(name, []).append((file, sha256))
    return found


def _fields(takes: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(("files", *takes)))


def _kind_of(job_type: Description) -> str:
    return "no input" if job_type.input == "none" else job_type.input


def _of_files(main: Input, files: Uploads) -> list[NewItem]:
    items = [NewItem(file.filename, {"file": file.path.name}, sha256) for file, sha256 in files]
    if main.kind == "file":
        return items
    given = {"files": [file.path.name for file, _ in files]}
    return [NewItem(name_of(items), given, sha256_of(given, _by_name(files)))]


def _with(item: NewItem, beside: Mapping[str, Uploads], hashes: Mapping[str, str]) -> NewItem:
    """An item with the files that go with each; `hashes` are those of all files."""
    stored = {name: [file.path.name for file, _ in files] for name, files in beside.items()}
    given = {**item.input, "beside": stored}
    return replace(item, input=given, sha256=sha256_of(given, hashes))


def _by_name(files: Uploads) -> dict[str, str]:
    """The SHA-256 of files by their stored names."""
    return {file.path.name: sha256 for file, sha256 in files}


def sha256_of(given: Mapping[str, Any], hashes: Mapping[str, str]) -> str | None:
    """What `NewItem.sha256` is for an input; `hashes` are those of its files by stored names."""
    kind, value = next(iter(given.items()))
    found = hashes[value] if kind == "file" else None
    if kind == "files":
        found = _together([hashes[name] for name in value])
    if "beside" not in given:
        return found
    beside = [hashes[name] for names in given["beside"].values() for name in names]
    return _together([found or "", *beside])


def _together(hashes: Sequence[str]) -> str:
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def _of_texts(
    job_type: Description, main: Input, texts: Mapping[str, Sequence[str]]
) -> list[NewItem]:
    """Items that a form gives as fields named as the main input."""
    given = [text for text in texts.get(main.name, ()) if text.strip()]
    if not given and not main.required:
        return [nothing(job_type)]
    if not given:
        raise invalid_field(main.name, "is missing")
    return [_item(job_type, main.name, main.kind, _value(main, text)) for text in given]


def _value(main: Input, text: str) -> Any:
    try:
        return documents.parsed(text) if main.kind == "data" else text
    except ValueError:
        raise invalid_field(main.name, "must be a JSON object") from None


def _of_document(job_type: Description, index: int, item: Any) -> NewItem:
    field = f"items[{index}]"
    if not isinstance(item, dict) or len(item) != 1 or next(iter(item)) not in ITEM_KINDS:
        raise invalid_field(field, f"must have one of {', '.join(ITEM_KINDS)}")
    ((kind, value),) = item.items()
    kind = "data" if kind == "json" else kind
    if kind != job_type.input:
        raise invalid_field(field, f"{job_type.label} takes {job_type.input}, not {kind}")
    return _item(job_type, field, kind, value)


def _item(job_type: Description, field: str, kind: str, value: Any) -> NewItem:
    if kind == "data":
        if not isinstance(value, dict):
            raise invalid_field(field, "json must be an object")
        return NewItem("data", {kind: params.checked(job_type.inputs[0].schema, value, field)})
    if not isinstance(value, str) or not value.strip():
        raise invalid_field(field, f"{kind} must be a non-empty text")
    if kind == "url":
        _require_url(field, value)
    name = cleaned(" ".join(value.split())).strip()
    return NewItem((name[:80] if kind == "text" else name) or kind, {kind: value})


def _require_url(field: str, url: str) -> None:
    if len(url) > MOST_URL:
        raise invalid_field(field, f"url is longer than {MOST_URL} characters")
    try:
        urlsplit(url)
    except ValueError:
        raise invalid_field(field, "must be a URL like https://example.org/page") from None


def _address(url: str) -> str:
    """A URL as what tells it from others: without its fragment, the host in small letters."""
    parts = urlsplit(url.strip().partition("#")[0])
    return urlunsplit(parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()))
