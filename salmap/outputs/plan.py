"""Which files come of which pictures, and what is left of them to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from salmap.files import remove_parts
from salmap.outputs.find import Picture
from salmap.outputs.names import Output, output_names

#: a picture and where the outputs wanted of it go
Job = tuple[Path, dict[Output, Path]]


def plan(pictures: Sequence[Picture], out: Path, outputs: Iterable[Output]) -> list[Job]:
    """What is to be done: each picture with the paths of its outputs in `out`."""
    outputs = list(outputs)
    names = output_names([picture.place for picture in pictures])
    return [
        (picture.path, {output: out / f"{name}{output.ending}" for output in outputs})
        for picture, name in zip(pictures, names, strict=True)
    ]


def names_of(jobs: Iterable[Job]) -> set[str]:
    """What the files that come of these jobs are called."""
    return {path.name for _, outputs in jobs for path in outputs.values()}


def remaining(jobs: Iterable[Job]) -> list[Job]:
    """What a run that was killed left to do: the outputs that are not there yet.

    What it had half written is removed.
    """
    jobs = list(jobs)
    remove_parts(path for _, outputs in jobs for path in outputs.values())
    missing = [
        (picture, {output: path for output, path in outputs.items() if not path.exists()})
        for picture, outputs in jobs
    ]
    return [(picture, outputs) for picture, outputs in missing if outputs]
