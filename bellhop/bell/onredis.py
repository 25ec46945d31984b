"""The bell on a Redis server; imported only where it is there, or may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis
from huey import storage
from redis import ConnectionPool, Redis, TimeoutError
from redis.backoff import NoBackoff
from redis.retry import Retry

from bellhop.base.hidden import passwords_in
from bellhop.base.masking import Mask
from bellhop.bell.store import Looking

REDIS_CONNECT_S = 0.5
# Longer than the second a worker waits for a bell, or bells would be lost in between.
REDIS_READ_S = 2.5
REDIS_RING_S = 0.5
# What nobody hears in a list of Redis: enough bells to wake everybody, and for so long.
MOST_UNHEARD, UNHEARD_S = 256, 60
# What Huey has of it, unless it was imported without (see slim.py).
for _name in ("ConnectionPool", "Redis", "ConnectionError", "TimeoutError"):
    setattr(storage, _name, getattr(redis, _name))


def probe_redis(url: str) -> str | None:
    """None when the Redis at `url` answers, else why it does not."""
    try:
        with Redis(connection_pool=redis_pool(url, REDIS_READ_S)) as server:
            server.ping()
    except Exception as error:
        return Mask(passwords_in(url)).text(str(error))
    return None


def redis_pool(url: str, read_s: float) -> ConnectionPool:
    """Connections that give up soon, and try once: the caller tries again."""
    return ConnectionPool.from_url(
        url,
        socket_connect_timeout=REDIS_CONNECT_S,
        socket_timeout=read_s,
        retry=Retry(NoBackoff(), 0),
    )


class WaitingRedisStorage(Looking, storage.RedisStorage):  # type: ignore[misc]
    """RedisStorage with a list for each queue, of which a consumer hears those that it serves.

    Its connections are of two kinds: who rings gives up soon, who listens waits.
    """

    redis_client = Redis

    def __init__(self, name: str, url: str, **options: Any):
        super().__init__(name, connection_pool=redis_pool(url, REDIS_READ_S), **options)
        self._ringing = Redis(connection_pool=redis_pool(url, REDIS_RING_S))

    def queue_size(self) -> int:
        return sum(self._ringing.llen(self.key(queue)) for queue in self.served())

    def key(self, queue: str) -> str:
        """The list with the bells of a queue."""
        return f"{self.queue_key}.{queue}"

    def ring(self, queues: Mapping[str, int]) -> None:
        with self._ringing.pipeline() as together:
            for queue, count in queues.items():
                together.lpush(self.key(queue), *[b"1"] * min(count, MOST_UNHEARD))
                together.ltrim(self.key(queue), 0, MOST_UNHEARD - 1)
                together.expire(self.key(queue), UNHEARD_S)
            together.execute()

    def wait_for_bell(self) -> bytes | None:
        try:
            heard = self.conn.brpop([*map(self.key, self.served())], timeout=self.read_timeout)
        except TimeoutError:
            return None  # a server that hangs, which is as if nobody rang
        return b"1" if heard else None
