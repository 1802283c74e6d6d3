"""`make bench`: every speed bench in turn, a line of a table each; figures are kept in docs/benchmarks.md.

Those that take many minutes run only where they are named: `python -m tests.bench large`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

BENCHES = (
    "planning",
    "session",
    "noop",
    "vectors",
    "rows",
    "near_duplicates",
    "denoise",
    "paraphrase",
    "bots",
    "doctor",
)
LONG = ("large",)


def main() -> int:
    """Runs the benches in processes of their own; 1 when one could not run."""
    known = ", ".join((*BENCHES, *LONG))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="BENCH", help=f"which (default: all but {', '.join(LONG)}): {known}"
    )
    chosen = parser.parse_args().names or BENCHES
    for name in chosen:
        if name not in BENCHES + LONG:
            parser.error(f"no bench {name!r}; there are: {known}")
    failed = [name for name in chosen if subprocess.run([sys.executable, "-m", f"tests.bench.{name}"]).returncode]
    if failed:
        print(f"did not run: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
