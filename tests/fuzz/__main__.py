"""Read thousands of damaged files: python -m tests.fuzz --seed 1 --pictures 20000 --tables 20000.

Only SalmapErrors may come out. Each kind runs in a process of its own, so that a decoder that dies
is noticed, too. Says how many could be read, what the slowest took and how much memory was used;
the exit status is 1 if there is a fault. One file again: --seed 1 --only pictures:1234.
"""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.running import read_all

DEFAULTS = {"pictures": 2000, "maps": 500, "tables": 2000, "archives": 200, "weights": 200}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", metavar="KIND:NUMBER", help="read one file")
    for kind, count in DEFAULTS.items():
        parser.add_argument(f"--{kind}", type=int, default=count, help=f"how many [{count}]")
    options = parser.parse_args()
    work = {kind: range(getattr(options, kind)) for kind in DEFAULTS}
    if options.only:
        kind, _, number = options.only.partition(":")
        work = {kind: range(int(number), int(number) + 1)}
    sys.exit(min(1, sum(read_all(kind, options.seed, rest) for kind, rest in work.items())))


if __name__ == "__main__":
    main()
