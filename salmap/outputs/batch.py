"""Many pictures in, files out; see `salmap.outputs.plan` for which."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from salmap.analysis.area_files import AreasByPicture, areas_of
from salmap.errors import ImageError, SalmapError
from salmap.files import replace_file
from salmap.outputs.find import source_of
from salmap.outputs.names import Output
from salmap.outputs.plan import Job
from salmap.outputs.result import Result
from salmap.pictures import load_image
from salmap.pictures.viewing import USUAL, Viewing
from salmap.render import Style

if TYPE_CHECKING:
    from salmap.predictor import Predictor

#: told of a picture and a sentence on it
Note = Callable[[Path, str], None]
#: pictures in work at a time: while the network has one, another is read or its outputs written;
#: on a GPU, which takes several at once, that many for each of them
IN_WORK = 2


def process_all(
    predictor: Predictor,
    jobs: Iterable[Job],
    style: Style,
    k: int,
    areas: AreasByPicture | None = None,
    viewing: Viewing = USUAL,
    note: Note | None = None,
) -> Iterator[tuple[Path, SalmapError | OSError | None]]:
    """Do many pictures, a few at a time; see `process` for the arguments.

    Yields:
        Each picture in order, once it is done, and what went wrong with it.
    """
    waiting = iter(jobs)
    in_work = IN_WORK * predictor.together
    pool = ThreadPoolExecutor(in_work)

    def begin(job: Job) -> tuple[Path, Future[None]]:
        return job[0], pool.submit(process, predictor, *job, style, k, areas, viewing, note)

    try:
        begun = deque(begin(job) for job in islice(waiting, in_work + 1))
        while begun:
            picture, future = begun.popleft()
            problem = None
            try:
                future.result()
            except (SalmapError, OSError) as error:
                problem = error
            begun.extend(begin(job) for job in islice(waiting, 1))
            yield picture, problem
    finally:  # on Ctrl-C those in work are finished, and no more are begun
        pool.shutdown(cancel_futures=True)


def process(
    predictor: Predictor,
    picture: Path,
    outputs: dict[Output, Path],
    style: Style,
    k: int,
    areas: AreasByPicture | None = None,
    viewing: Viewing = USUAL,
    note: Note | None = None,
) -> None:
    """Predict one picture and write its outputs, each whole or not at all.

    Args:
        predictor: the model.
        picture: path of the picture, or `STANDARD_INPUT`.
        outputs: what to write, and where to.
        style: how overlay and heatmap are drawn.
        k: number of regions.
        areas: of interest, by picture; None if there are none.
        viewing: how the picture is put before the model.
        note: told what people should know of the picture, perhaps from another thread.

    Raises:
        ImageError: if the picture can't be read, or is too large for the memory.
        AreaError: if there are areas, but none that this picture can have.
        TimingError: if only the first seconds are asked for, and nothing is known of them.
        OSError: if an output can't be written.
    """
    wanted = areas_of(picture.as_posix(), areas) if areas else ()
    image = load_image(source_of(picture), viewing.background)
    try:
        prediction = predictor.predict(image, viewing.screen_px, content=viewing.content)
    except (MemoryError, RuntimeError) as error:  # what backends raise when memory runs out
        raise ImageError(f"{picture}: the model failed on it ({error}).") from error
    prediction = viewing.timed(prediction)
    if note:
        for sentence in prediction.notes:
            note(picture, sentence)
    result = Result(picture.name, image, prediction, style, k, wanted)
    for output, path in outputs.items():
        replace_file(path, result.file(output))
