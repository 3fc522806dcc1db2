"""Damaged model files, presets and tapes by the thousand: `python3 dev.py fuzz [--count 2000] [--seed 0]`.

Ends with 0 if every one was answered in one line and in time. This process has opened none of them, so it can
only end; what crashed or was ended are its children, and their files are kept in `out/fuzz/`.
"""

import argparse
import sys
from pathlib import Path

from tests.fuzz.presets import fuzz_presets
from tests.fuzz.run import fuzz, report
from tests.fuzz.tapes import fuzz_tapes


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="dev.py fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="files to damage and open")
    parser.add_argument("--seed", type=int, default=0, help="decides all of them")
    given = parser.parse_args()
    presets = fuzz_presets(given.count // 2, given.seed, say=lambda line: print(line, flush=True))
    tapes = fuzz_tapes(given.count, given.seed, say=lambda line: print(line, flush=True))
    print("\n".join([*presets, *tapes]))
    tally = fuzz(given.count, given.seed, Path("out/fuzz"), say=lambda line: print(line, flush=True))
    print("\n".join(report(tally)))
    return 1 if presets or tapes or tally.hung or tally.unsaid else 0


if __name__ == "__main__":
    sys.exit(main())
