"""The goals of this project, as rows: what each is, how it comes from the measured values, and what is known of limits and peers.

Limits are what a minimal program of the same kind reached on such a machine; peers are the best that others reached (predixy is not in Debian, so it
stands here with what was measured of it once).
"""
from dataclasses import dataclass
from typing import Callable, Optional


def value_of(name):
    """The value that a part measured under this name."""
    return lambda values: values.get(name)


def _of_two(first, second, operation):
    def compute(values):
        one, two = values.get(first), values.get(second)
        return None if one is None or two is None or (operation is divide and two.value == 0) else operation(one, two)
    return compute


def divide(one, two):
    return Value(one.value / two.value)


def subtract(one, two):
    return Value(one.value - two.value)


def ratio_of(first, second):
    return _of_two(first, second, divide)


def difference_of(first, second):
    return _of_two(first, second, subtract)


@dataclass(frozen=True)
class Value:
    value: float
    low: Optional[float] = None          # quartiles, where the part has them
    high: Optional[float] = None
    note: str = ""


@dataclass(frozen=True)
class Goal:
    number: str                          # P1 ...
    what: str
    measured: Callable                   # values -> Value or None
    at_least: bool                       # or at most
    goal: float
    limit: Optional[float] = None
    peer: str = ""
    peers_here: tuple = ()               # values of this run, of which the best is shown

    def reached(self, value):
        return value >= self.goal if self.at_least else value <= self.goal


def at_least(number, what, measured, goal, limit=None, peer="", peers_here=()):
    return Goal(number, what, measured, True, goal, limit, peer, peers_here)


def at_most(number, what, measured, goal, limit=None, peer="", peers_here=()):
    return Goal(number, what, measured, False, goal, limit, peer, peers_here)


def _near(line, lane, number, what, goal, limit):
    return at_least(number, what, value_of(f"{line}.{lane}.ratio"), goal, limit)


def _forwarded(line, number, what, goal, limit, peer):
    return at_least(number, what, value_of(f"{line}.respgres.ratio"), goal, limit, f"predixy {peer}",
                    (f"{line}.nutcracker.ratio", f"{line}.haproxy.ratio"))


GOALS = (
    _near("near_1", "respgres", "P1", "near hit GET 100 B / Redis directly", 1.15, 1.20),
    _near("near_16", "respgres", "P1", "near hit GET 100 B / Redis directly, 16 deep", 2.0, 2.7),
    _near("near_64", "respgres", "P1", "near hit GET 100 B / Redis directly, 64 deep", 4.0, 4.7),
    _near("near_16_100k", "respgres", "P1", "near hit GET 100 B / Redis directly, 100 000 keys, 16 deep", 2.8, 3.2),
    _near("near_64_100k", "respgres", "P1", "near hit GET 100 B / Redis directly, 100 000 keys, 64 deep", 5.0, 6.0),
    _near("near_16k_1", "respgres", "P2", "near hit GET 16 KiB / Redis directly", 1.30, 1.34),
    _near("near_16k_16", "respgres", "P2", "near hit GET 16 KiB / Redis directly, 16 deep", 2.3, 2.5),
    _near("near_1", "respgres_unix", "P3", "near hit GET 100 B over a Unix socket / Redis over TCP", 2.2, 2.4),
    _near("near_16", "respgres_unix", "P3", "near hit GET 100 B over a Unix socket / Redis over TCP, 16 deep", 5.0, 5.6),
    _near("near_64", "respgres_unix", "P3", "near hit GET 100 B over a Unix socket / Redis over TCP, 64 deep", 7.5, 8.3),
    _forwarded("get_1", "P4", "forwarded GET 100 B / Redis directly", 0.90, 0.93, 0.79),
    _forwarded("get_16", "P4", "forwarded GET 100 B / Redis directly, 16 deep", 0.80, 0.84, 0.61),
    _forwarded("get_64", "P4", "forwarded GET 100 B / Redis directly, 64 deep", 0.70, 0.72, 0.54),
    _forwarded("set_1", "P4", "forwarded SET 100 B / Redis directly", 0.88, 0.91, 0.77),
    _forwarded("set_16", "P4", "forwarded SET 100 B / Redis directly, 16 deep", 0.74, 0.76, 0.62),
    _forwarded("get_16k_1", "P5", "forwarded GET 16 KiB / Redis directly", 0.62, 0.64, 0.51),
    _forwarded("get_16k_16", "P5", "forwarded GET 16 KiB / Redis directly, 16 deep", 0.56, 0.58, 0.43),
    at_most("P6", "CPU of proxy + Redis per forwarded command / Redis alone", ratio_of("get_1.respgres.cpu", "get_1.redis.cpu"), 1.12, 1.08,
            "predixy 1.27"),
    at_most("P6", "CPU of proxy + Redis per forwarded command / Redis alone, 16 deep", ratio_of("get_16.respgres.cpu", "get_16.redis.cpu"), 1.25,
            1.19, "predixy 1.64"),
    at_least("P7", "hit in Redis / forwarding the same GET", value_of("hit_1.hit.ratio"), 0.95, 1.0),
    at_least("P7", "hit in Redis / forwarding the same GET, 16 deep", value_of("hit_16.hit.ratio"), 0.95, 1.0),
    at_most("P8", "latency added at 10 000/s, p50 us: forwarded", difference_of("get_1.respgres.p50", "get_1.redis.p50"), 26, 25, "predixy 28"),
    at_most("P8", "latency added at 10 000/s, p50 us: near hit", difference_of("near_1.respgres.p50", "near_1.redis.p50"), 0, -2),
    at_least("P9", "misses/s of row-exact keys, one connection / libpq's pipeline", value_of("misses.pipeline"), 0.95, 1.0),
    at_least("P9", "misses/s of row-exact keys, one connection / one query at a time", value_of("misses.synchronous"), 7, 8.4),
    at_least("P10", "automatic batching / pipelined singles, keys/s", value_of("misses.batching"), 2.8, 3.0),
    at_most("P10", "automatic batching / pipelined singles: PostgreSQL's CPU per key", value_of("misses.batching_cpu"), 0.42, 0.35),
    at_most("P11", "active_bets fill: latency / json_agg's", value_of("fills.latency"), 0.65, 0.61),
    at_most("P11", "active_bets fill: PostgreSQL's CPU / json_agg's", value_of("fills.cpu"), 0.46, 0.45),
    at_most("P12", "queries for one expired key, 10 000 clients, 3 proxies", value_of("stampede.queries"), 1, 1, "about one per client"),
    at_most("P12", "stampede: slowest client / the lone query", value_of("stampede.slowest"), 1.2, 1, "25 at 50 clients"),
    at_most("P13", "commit -> key gone, 1 000 commits/s, p50 ms", value_of("changes.p50"), 0.2, 0.02, "Debezium + Kafka 10-500"),
    at_most("P13", "commit -> key gone, 1 000 commits/s, p99 ms", value_of("changes.p99"), 1, 0.09),
    at_least("P13", "commits/s with the change stream / without", value_of("changes.commits"), 0.78, 0.79, "",
             ("changes.pg_recvlogical",)),
    at_least("P14", "rows/s from the commit of 100 000 rows to the last key gone", value_of("changes.rows"), 200_000, 259_000),
    at_most("P14", "p50 of hits during 100 000 rows / before", value_of("changes.hits"), 1.1, 1.0),
    at_most("P15", "bytes per connection: idle, not used yet", value_of("connections.respgres.idle"), 300, 160, "",
            ("connections.nutcracker.idle", "connections.redis.idle")),
    at_most("P15", "bytes per connection: idle again after use", value_of("connections.respgres.used"), 400, 224, "",
            ("connections.nutcracker.used", "connections.redis.used")),
    at_most("P16", "user instructions per request: near hit", value_of("instructions_near_1"), 900, 600),
    at_most("P16", "user instructions per request: near hit, 16 deep", value_of("instructions_near_16"), 500),
    at_most("P16", "user instructions per request: forwarded", value_of("instructions_forward_1"), 1500, 1005, "predixy 5313"),
    at_most("P16", "user instructions per request: forwarded, 16 deep", value_of("instructions_forward_16"), 1000, 732, "predixy 4402"),
    at_most("P17", "system calls per request, 50 connections: near hit", value_of("system_calls_near_1"), 2.1, 2.03),
    at_most("P17", "system calls per request, 50 connections: forwarded", value_of("system_calls_forward_1"), 2.2, 2.13, "predixy 2.19"),
    at_most("P18", "busy polling, near hit at 1 000/s: p50 / Redis directly", ratio_of("busy.respgres.p50", "busy.redis.p50"), 0.35, 0.22),
    at_most("P18", "busy polling: CPU when quiet, %", value_of("busy.idle"), 1),
    at_least("P19", "throughput of two workers / one", value_of("workers.ratio"), 1.8, 2.0),
    at_most("P19", "CPU per request with two workers / one", ratio_of("workers_near_16.respgres_2.cpu", "workers_near_16.respgres.cpu"), 1.05, 1.0),
)
