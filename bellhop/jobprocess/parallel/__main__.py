"""What runs first in a process that a job starts through multiprocessing.

multiprocessing and joblib run the main module of a job process (isolation.py) in each process that
they do not fork, before they unpickle anything. Here it gets what a job process has: the words of
Bellhop, the module of the type, and libraries in folders that cannot be listed.
"""

import importlib.util
import sys
from importlib.machinery import PathFinder
from pathlib import Path

PACKAGE = Path(__file__).parents[2]

# Where it lies may be a folder that cannot be listed; and a single file is none.
_spec = PathFinder.find_spec("bellhop", [str(PACKAGE.parent)])
_spec = _spec or importlib.util.spec_from_file_location("bellhop", PACKAGE / "__init__.py")
assert _spec is not None and _spec.loader is not None
sys.modules["bellhop"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["bellhop"])

from bellhop.jobprocess import isolation  # noqa: E402 - now that there is a Bellhop

isolation.join_job()
# As multiprocessing looks for it, when such a process starts others.
__file__, __spec__ = str(isolation.PARALLEL), None
