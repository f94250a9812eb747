"""Many pictures: two in work at a time, results in order, one failure costs one picture."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from salmap.errors import ImageError
from salmap.outputs import batch
from salmap.outputs.plan import Job
from salmap.render import Style

JOBS: list[Job] = [(Path(f"{number}.jpg"), {}) for number in range(8)]


class Alone:
    """A model that runs one picture after the other."""

    together = 1


def process_all(predictor: Any = Alone) -> Any:
    return batch.process_all(predictor, JOBS, Style(), 5)


def test_pictures_come_back_in_order_with_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = {"2.jpg": ImageError("damaged"), "5.jpg": OSError("full")}

    def process(predictor: object, picture: Path, *rest: object) -> None:
        if picture.name in errors:
            raise errors[picture.name]

    monkeypatch.setattr(batch, "process", process)
    assert list(process_all()) == [(picture, errors.get(picture.name)) for picture, _ in JOBS]


@pytest.mark.parametrize("at_once", [1, 2])
def test_two_are_in_work_for_each_that_runs_at_once(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    together = threading.Barrier(2 * at_once, timeout=20)
    in_work: list[str] = []
    most = 0

    def process(predictor: object, picture: Path, *rest: object) -> None:
        nonlocal most
        in_work.append(picture.name)
        most = max(most, len(in_work))
        together.wait()  # broken, an error, unless the others are in work beside this one
        in_work.remove(picture.name)

    monkeypatch.setattr(batch, "process", process)
    several = type("Several", (), {"together": at_once})
    assert [error for _, error in process_all(several)] == [None] * len(JOBS)
    assert most == 2 * at_once


def test_a_fault_of_the_program_is_not_a_fault_of_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[str] = []

    def process(predictor: object, picture: Path, *rest: object) -> None:
        begun.append(picture.name)
        raise ZeroDivisionError

    monkeypatch.setattr(batch, "process", process)
    with pytest.raises(ZeroDivisionError):
        list(process_all())
    assert len(begun) < len(JOBS)


def test_after_an_interruption_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr(batch, "process", lambda predictor, picture, *rest: begun.append(picture))
    done = process_all()
    next(done)
    done.close()  # what a KeyboardInterrupt in the loop over it comes to
    count = len(begun)
    assert count <= 2 * batch.IN_WORK + 1
    assert threading.active_count() < 20
    assert len(begun) == count
