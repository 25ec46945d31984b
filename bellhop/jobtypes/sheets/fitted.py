"""Reads handwriting with the recogniser of rapidocr, its last layers fitted to Latin hands.

Called by `lines`. `fitted.npz` holds the weights behind the backbone by the names of the model in
rapidocr's wheel, in half precision, and those of the output for the characters at `places`; the
model never answers with any other. docs/dependencies.md says on what they were fitted.
"""

from __future__ import annotations

import io
import pkgutil
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

    from bellhop.jobtypes.sheets.lines import Pixels

OUTPUT = "linear_8"
# Of the output: no softmax of 32 bits is above zero there.
NEVER = -1e4
# The model fills narrower crops up to this width, in pixels.
LEAST_WIDTH = 320


class Reader:
    """The recogniser in the file `model`, fitted, on `threads` threads."""

    def __init__(self, model: Path, threads: int):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        # The optimizer merges layers by the weights in the file and passes over those given here.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        places, weights = _weights()
        # The session uses their memory, so they are kept as long as it.
        self._values = {name: _as_value(array) for name, array in weights.items()}
        for name, value in self._values.items():
            options.add_initializer(name, value)
        self._session = onnxruntime.InferenceSession(str(model), options)
        listed = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        # The first stands for no character; the last, after those in the list, is the space.
        self._characters = ["", *listed, " "]
        self._known = {self._characters[place] for place in places}

    def knows(self, text: str) -> bool:
        """Whether it can answer with all characters of `text`."""
        return self._known.issuperset(text)

    def read(self, crop: Pixels) -> tuple[str, float]:
        """Text and score (0 to 1) of a level line, 48 pixels high."""
        (found,) = self._session.run(None, {"x": _as_input(crop)})
        best, scores = found[0].argmax(1), found[0].max(1)
        is_new = (best != 0) & (best != numpy.roll(best, 1))
        is_new[0] = best[0] != 0
        text = "".join(self._characters[place] for place in best[is_new])
        return text, float(scores[is_new].mean()) if text else 0.0


def _weights() -> tuple[list[int], dict[str, NDArray[numpy.float32]]]:
    """The places of the characters in the output, and all weights by name."""
    content = pkgutil.get_data(__package__, "fitted.npz")
    assert content is not None
    with numpy.load(io.BytesIO(content)) as file:
        places, outputs = file["places"], int(file["outputs"])
        names = [name for name in file.files if name not in ("places", "outputs")]
        weights = {name: file[name].astype("float32") for name in names}
    for name, rest in ((f"{OUTPUT}.w_0", 0.0), (f"{OUTPUT}.b_0", NEVER)):
        every = numpy.full((*weights[name].shape[:-1], outputs), rest, "float32")
        every[..., places] = weights[name]
        weights[name] = every
    return places.tolist(), weights


def _as_value(array: NDArray[numpy.float32]) -> Any:
    import onnxruntime

    return onnxruntime.OrtValue.ortvalue_from_numpy(numpy.ascontiguousarray(array))


def _as_input(crop: Pixels) -> NDArray[numpy.float32]:
    """Values from -1 to 1, channels first; what is too narrow is filled with gray."""
    values = crop.astype("float32") / 127.5 - 1
    missing = max(0, LEAST_WIDTH - crop.shape[1])
    filled = numpy.pad(values, ((0, 0), (0, missing), (0, 0)))
    return numpy.asarray(filled.transpose(2, 0, 1)[None], "float32")
