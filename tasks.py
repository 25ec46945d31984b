"""The Huey object of this installation: `from tasks import huey`.

Importing it takes the storage that is recorded with the data or, where none is or the settings
say another, decides as a start does. It holds no lock afterwards: an import is no process of the
installation, and the storage can be switched.

Web and consumer of a checkout ring and hear the bell that is made here. `huey_consumer tasks.huey`
is a consumer too: it serves all queues, `-w N` items at a time. The one task is the bell, which
says that there is work; what to run is read from the rows (see docs/architecture.md).
"""

from __future__ import annotations

from functools import partial

from bellhop.bell.bell import Bell
from bellhop.bell.store import probe_redis
from bellhop.cli.hueyconsumer import create_consumer
from bellhop.reloading import handed
from bellhop.storage.installation import recorded_or_agreed

settings = handed.begun()
bell = Bell(settings, recorded_or_agreed(settings, probe_redis))
huey = bell.huey
huey.create_consumer = partial(create_consumer, settings, bell)
