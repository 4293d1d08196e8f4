"""How soon an answer leaves after its commit, how many leave in a second, and what dead endpoints cost the others.

    bench/deliveries.py [--json] [--profile embedded | full]

Both profiles, each on a database of its own; a figure is the worse one of the two. Needs PostgreSQL and Redis.
Takes about five minutes.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # started as a file: `bench` and `tests` are packages of the project

from bench import front  # noqa: E402
from bench.delivering import sink  # noqa: E402
from bench.front import Figure  # noqa: E402

LIMIT = 300  # seconds for one profile
FIGURES = (
    Figure("commit_to_request_p50_ms", "ms", 50.0),
    Figure("commit_to_request_p99_ms", "ms", 250.0),
    Figure("deliveries_to_thread_pool", "", 0.3, "higher"),
    Figure("isolation_p95_ratio", "", 1.5),
)
BESIDE = ("deliveries_per_s", "thread_pool_per_s", "alone_p95_ms", "beside_p95_ms")


def measure(profile: str) -> dict[str, float]:
    """The figures of one profile, on a new database, beside a receiver in a process of its own."""
    with front.home_of(profile, redis=True) as (home, more), sink.running(home) as address:
        more["EGRESS_ALLOW_NETWORKS"] = "127.0.0.0/8"
        return front.measured(["bench.delivering.desk", address, str(home)], home, more, limit=LIMIT)


def main(words: list[str]) -> int:
    return front.tell(front.parser("bench/deliveries.py", __doc__).parse_args(words), measure, FIGURES, BESIDE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
