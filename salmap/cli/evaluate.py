"""`salmap evaluate`: score models on a data set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from salmap.cli.options import BackendOption, DeviceOption, GazeOption
from salmap.cli.text import one_line
from salmap.errors import DatasetError, listed
from salmap.fixations.frame import read_settings

if TYPE_CHECKING:
    from salmap.evaluation.candidates import Guesser
    from salmap.evaluation.task import Evaluation, Failure, Task

DEFAULT_MODELS = ("lite",)


def evaluate(
    dataset: Annotated[str, typer.Option(help="Name of the data set, such as osie.")],
    root: Annotated[Path, typer.Option(help="Folder of the data set.")],
    split: Annotated[str, typer.Option(help="train, val, test or all.")] = "val",
    model: Annotated[
        list[str] | None,
        typer.Option(help="A name, a .safetensors file or hf://owner/repo; may be repeated."),
    ] = None,
    predictions: Annotated[
        list[Path] | None,
        typer.Option(help="Folder with a map for each picture (PNG, .npy); may be repeated."),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Compute IG for the maps in --predictions: a monotone function and the center "
            "bias turn them into densities, cross-validated over the evaluated pictures.",
        ),
    ] = False,
    drop_first: Annotated[
        bool, typer.Option("--drop-first", help="Leave out each viewer's first fixation.")
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(help="Center bias to use: a density or log density of any size, as .npy."),
    ] = None,
    gold_standard: Annotated[
        bool, typer.Option(help="Also score how well viewers predict each other.")
    ] = True,
    splits: Annotated[Path | None, typer.Option(help="JSON file with splits of your own.")] = None,
    gaze: GazeOption = None,
    device: DeviceOption = "auto",
    backend: BackendOption = "auto",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write everything to this file.")
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the scores of every picture to this file.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a report with pictures to this file.")
    ] = None,
) -> None:
    """Score models on the pictures of a data set.

    IG, NSS, AUC, sAUC, CC, SIM and KL as the MIT/Tuebingen benchmark defines them, at full
    resolution, averaged over pictures with 95 % bootstrap intervals, next to the center bias of the
    training split and the gold standard, which predicts each viewer from the others.

    Pictures that fail are named on stderr, those that fail alike in one line, and the others are
    still scored; the exit status is 0 only if every picture was scored.
    """
    from salmap.datasets import open_dataset  # noqa: PLC0415  (keeps --help quick)
    from salmap.evaluation import task as tasks  # noqa: PLC0415  (keeps --help quick)
    from salmap.evaluation.baseline import read_baseline  # noqa: PLC0415  (keeps --help quick)

    outputs = [path for path in (json_file, csv_file, html_file) if path]
    _require_folders(outputs)
    models = _load_models(model or (() if predictions else DEFAULT_MODELS), device, backend)
    opened = open_dataset(dataset, root, splits, read_settings(gaze) if gaze else None)
    prior = read_baseline(baseline) if baseline else None
    task = tasks.prepare(opened, split, drop_first, prior)
    candidates = [*models, *_map_folders(predictions or (), task, calibrate)]
    evaluation = tasks.evaluate(task, candidates, gold_standard)
    _write(evaluation, candidates, json_file, csv_file, html_file)
    for line in _failure_lines(evaluation.failures):
        typer.echo(one_line(line), err=True)
    raise typer.Exit(1 if evaluation.failures else 0)


def _failure_lines(failures: Sequence[Failure]) -> Iterator[str]:
    """A line for each failure, but only one for those of a kind: the first and their number."""
    alike: dict[tuple[str | None, str], list[Failure]] = defaultdict(list)
    for failure in failures:
        alike[failure.row, failure.kind or failure.message].append(failure)
    for (row, kind), found in alike.items():
        names = [failure.picture for failure in found]
        what = f"{kind} {listed(names)}" if len(found) > 1 else found[0].message
        who = f"{len(found)} pictures" if len(found) > 1 else names[0]
        yield f"{who}{f' ({row})' if row else ''}: {what}"


def _require_folders(outputs: Sequence[Path]) -> None:
    """Refuse outputs in folders that do not exist before any work is done."""
    for path in outputs:
        if not path.parent.is_dir():
            raise DatasetError(f"Create the folder {path.parent} for {path.name} first.")


def _load_models(names: Sequence[str], device: str, backend: str) -> list[Guesser]:
    from salmap.evaluation.candidates import ModelCandidate  # noqa: PLC0415  (keeps --help quick)
    from salmap.predictor import load  # noqa: PLC0415

    return [
        ModelCandidate(name, load(name, device=device, backend=backend))
        for name in dict.fromkeys(names)
    ]


def _map_folders(folders: Sequence[Path], task: Task, calibrate: bool) -> list[Guesser]:
    from salmap.evaluation.candidates import FolderCandidate  # noqa: PLC0415  (keeps --help quick)
    from salmap.evaluation.saliency_maps import MapFolder  # noqa: PLC0415  (keeps --help quick)
    from salmap.evaluation.task import calibrated  # noqa: PLC0415  (keeps --help quick)

    found: list[Guesser] = []
    for folder in dict.fromkeys(folders):
        maps, name = MapFolder(folder), str(folder)
        found.append(calibrated(name, maps, task) if calibrate else FolderCandidate(name, maps))
    return found


def _write(
    evaluation: Evaluation,
    candidates: Sequence[Guesser],
    json_file: Path | None,
    csv_file: Path | None,
    html_file: Path | None,
) -> None:
    from salmap.evaluation.html_report import write_html  # noqa: PLC0415  (keeps --help quick)
    from salmap.evaluation.report import print_report, write_csv, write_json  # noqa: PLC0415  (keeps --help quick)

    print_report(evaluation)
    if json_file:
        write_json(evaluation, json_file)
    if csv_file:
        write_csv(evaluation, csv_file)
    if html_file:
        write_html(evaluation, candidates, html_file)
