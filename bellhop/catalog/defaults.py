"""Whether the defaults of a type fit its own form: judged by who reads what a child said.

A child has no package but those of its types, so it cannot check JSON by a schema itself.
"""

from __future__ import annotations

from dataclasses import replace

import fastjsonschema

from bellhop.catalog import forms
from bellhop.catalog.description import DescribedFile, Description, unknown_type


def judged(file: DescribedFile) -> DescribedFile:
    """The file, in which a type whose form would refuse its own default cannot be used."""
    return replace(file, types=tuple(map(_judged, file.types)))


def _judged(described: Description) -> Description:
    wrong = _wrong(described)
    if wrong is None:
        return described
    said = f"its description is not valid: params: {wrong}"
    return replace(unknown_type(described.type), code=described.code, missing=said[:500])


def _wrong(described: Description) -> str | None:
    params = described.params
    fields = params["properties"].items()
    defaults = {name: field["default"] for name, field in fields if "default" in field}
    try:
        forms.checker({**params, "required": []})(defaults)
    except fastjsonschema.JsonSchemaValueException as error:
        return f"the default of {error.message.removeprefix('data.')}"
    except Exception as error:  # lists in lists are too deep for it, or a number is too large
        return f"cannot be checked: {error}"
    return None
