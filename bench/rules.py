"""What a hundred rules of eight conditions cost, and how fast they are asked beside other engines from PyPI.

    bench/rules.py [--json] [--profile embedded | full]

Both profiles, each on a database of its own; a figure is the worse one of the two. Needs PostgreSQL.
The other engines are asked the same rules about the same events in the same process, and have to agree first.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # started as a file: `bench` and `tests` are packages of the project

from bench import front  # noqa: E402
from bench.front import Figure  # noqa: E402

LIMIT = 300  # seconds for one profile
TIMES = 300
FIGURES = (
    Figure("rules_pass_ms", "ms", 0.5),
    Figure("rules_pass_queries", "", 3.0),
    Figure("rules_to_best_engine", "", 1.5, "higher"),
)
ENGINES = ("zen_engine", "json_logic", "rule_engine", "zen_engine_at_once")
BESIDE = ("rules_pass_us_best", "events_s", *(f"events_s_{name}" for name in ENGINES), "trace_bytes")


def main(words: list[str]) -> int:
    parser = front.parser("bench/rules.py", __doc__)
    parser.add_argument("--times", type=int, default=TIMES, help="passes; the median counts")
    asked = parser.parse_args(words)

    def measure(profile: str) -> dict[str, float]:
        with front.home_of(profile) as (home, more):
            return front.measured(["bench.ruling.desk", str(home), str(asked.times)], home, more, limit=LIMIT)

    return front.tell(asked, measure, FIGURES, BESIDE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
