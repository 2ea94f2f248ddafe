"""Write the invented grocer as the sample of a connector: ``python -m xenorec.testing.sample DIR``.

The same files byte for byte, whenever and wherever it runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from xenorec.testing.sample_journey import complete_journey_layout
from xenorec.testing.small_shop import invented_shop


def write_sample(folder: Path) -> dict[str, int]:
    """Write a CSV file for each table into ``folder`` and return the number of rows of each."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = complete_journey_layout(invented_shop())
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
    return {name: len(frame) for name, frame in frames.items()}


def main(arguments: list[str]) -> int:
    """Run the command; the exit code is 2 without exactly one folder."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m xenorec.testing.sample FOLDER\n")
        return 2
    counts = write_sample(Path(arguments[0]))
    sys.stdout.write("".join(f"{name}.csv {n}\n" for name, n in counts.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
