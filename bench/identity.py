"""What it costs to make one person of two with long histories, and to redeem a code where a million are stored.

    bench/identity.py [--json] [--profile embedded | full]

Both profiles, each on a database of its own; a figure is the worse one of the two. Needs PostgreSQL.
Takes about three minutes.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # started as a file: `bench` and `tests` are packages of the project

from bench import front  # noqa: E402
from bench.front import Figure  # noqa: E402

LIMIT = 600  # seconds for one profile
CASES, CODES, TIMES = 10_000, 1_000_000, 25
FIGURES = (
    Figure("merge_ms", "ms", 50.0),
    Figure("merge_rows_growth", "", 1.0),
    # The whole verb, in which two people become one: as long as a merge may take.
    Figure("redeem_ms_1m", "ms", 50.0),
    # What the million codes have to do with it: the code is found by its index and used up, to the commit.
    Figure("redeem_code_ms_1m", "ms", 5.0),
    Figure("redeem_1m_to_few", "", 1.5),
)
BESIDE = ("merge_ms_few", "merge_rows", "plan_ms", "undo_ms", "redeem_ms_few", "commit_ms", "receive_ms_1m")


def main(words: list[str]) -> int:
    parser = front.parser("bench/identity.py", __doc__)
    parser.add_argument("--cases", type=int, default=CASES, help="of each of the two people")
    parser.add_argument("--codes", type=int, default=CODES, help="that are stored")
    parser.add_argument("--times", type=int, default=TIMES, help="each is done; the median counts")
    asked = parser.parse_args(words)

    def measure(profile: str) -> dict[str, float]:
        with front.home_of(profile) as (home, more):
            sizes = map(str, (asked.cases, asked.codes, asked.times))
            return front.measured(["bench.identifying.desk", str(home), *sizes], home, more, limit=LIMIT)

    return front.tell(asked, measure, FIGURES, BESIDE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
