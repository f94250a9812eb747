"""Recordings of EyeLink trackers, as SR Research's `edf2asc` writes them (`.asc`).

Fixations are the tracker's own (`EFIX`). What was on the screen is told by messages that Data
Viewer reads: `!V IMGLOAD` with the picture's place, `!V TRIAL_VAR`, or any message that names a
picture. pymovements and MNE read these files, too, but neither tells where a picture was shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from salmap.errors import FixationsError
from salmap.fixations.frame import Frame, Unit
from salmap.fixations.gaze import Gaze, gaze_of_rows
from salmap.fixations.trackers import PLAIN
from salmap.pictures import IMAGE_SUFFIXES

_LINES = re.compile(r"^(EFIX|MSG|START)\b(.*)$", re.MULTILINE)
_NUMBER = r"-?\d{1,9}(?:\.\d{1,9})?"
_SCREEN = re.compile(r"(?:DISPLAY|GAZE)_COORDS\D+" + r"[ \t]+".join([f"({_NUMBER})"] * 4))
_PICTURE = re.compile(
    rf"(\S+(?:{'|'.join(re.escape(suffix) for suffix in sorted(IMAGE_SUFFIXES))}))\b", re.IGNORECASE
)
_IMGLOAD = re.compile(rf"!V IMGLOAD (FILL|CENTER|TOP_LEFT)\s+(\S+)((?:\s+{_NUMBER})*)")
_TRIAL_VAR = re.compile(r"!V TRIAL_VAR(?:_DATA)?\s+(\S+)\s+(\S.*)")
_Box = tuple[float, float, float, float]


@dataclass
class _Trial:
    """What one trial of a recording holds.

    Attributes:
        names: names of the picture shown, the most trusted last.
        box: where it was shown (left, top, width, height), if a message says so.
        fixations: (eye, start_s, duration_s, x, y) each.
    """

    names: list[tuple[int, str]] = field(default_factory=list)
    box: _Box | None = None
    fixations: list[tuple[str, float, float, float, float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The most trusted name, the first one where several are trusted as much; or ""."""
        return min(self.names, default=(0, ""), key=lambda item: item[0])[1]


def is_asc(text: str) -> bool:
    """Whether a text is a recording."""
    return text.startswith("** CONVERTED FROM") or bool(
        re.match(r"(?:\*\*.*\n|\s*\n)*(?:MSG|START|PRESCALER)\s", text)
    )


def read_asc(name: str, text: str) -> Gaze:
    """The fixations of one viewer.

    Raises:
        FixationsError: if there is none, or no message names a picture.
    """
    screen = _screen(text)
    trials = list(_trials(text, screen))
    eye = _eye_with_more(trials)
    viewed = [trial for trial in trials if trial.name and trial.fixations]
    if not viewed:
        raise FixationsError(
            f"{name} has no fixations in a trial whose messages name a picture."
            if any(trial.fixations for trial in trials)
            else f"{name} has no fixations (EFIX). Convert the EDF file with its events."
        )
    placed = all(trial.box for trial in viewed)
    viewer = PurePath(name).stem
    rows = [
        (trial.name, viewer, *_position(trial, x, y, placed), start, duration)
        for trial in viewed
        for side, start, duration, x, y in trial.fixations
        if side == eye
    ]
    frame = Frame(Unit.SHARES) if placed else Frame(Unit.PIXELS, screen=screen)
    return gaze_of_rows(rows, frame, "an EyeLink recording").noted(
        f"Read as an EyeLink recording: {len(rows):,} fixations of the "
        f"{'right' if eye == 'R' else 'left'} eye in {len(viewed)} trials."
    )


def _screen(text: str) -> tuple[float, float] | None:
    found = _SCREEN.search(text)
    if not found:
        return None
    left, top, right, bottom = (float(edge) for edge in found.groups())
    return right - left + 1, bottom - top + 1


def _trials(text: str, screen: tuple[float, float] | None) -> Iterator[_Trial]:
    """The trials, divided by TRIALID messages or, without these, where recording starts."""
    by_message = "TRIALID" in text
    trial = _Trial()
    for line in _LINES.finditer(text):
        kind, rest = line.groups()
        if kind == "EFIX":
            _add_fixation(trial, rest.split())
        elif (kind == "MSG" and "TRIALID" in rest) or (kind == "START" and not by_message):
            yield trial
            trial = _Trial()
        elif kind == "MSG":
            _heed(trial, rest, screen)
    yield trial


def _add_fixation(trial: _Trial, values: list[str]) -> None:
    try:
        start, _, duration, x, y = (float(value) for value in values[1:6])
    except ValueError:  # a lost position is a dot
        return
    trial.fixations.append((values[0], start / 1000, duration / 1000, x, y))


def _heed(trial: _Trial, message: str, screen: tuple[float, float] | None) -> None:
    """Take from a message what was shown."""
    if loaded := _IMGLOAD.search(message):
        trial.names.append((0, loaded[2]))
        trial.box = trial.box or _box(loaded[1], [float(v) for v in loaded[3].split()], screen)
    elif stated := _TRIAL_VAR.search(message):
        if stated[1].lower() in PLAIN.image or _PICTURE.fullmatch(stated[2].strip()):
            trial.names.append((1, stated[2].strip().strip('"')))
    elif named := _PICTURE.search(message):
        trial.names.append((2, named[1].strip("'\"")))


def _box(how: str, values: list[float], screen: tuple[float, float] | None) -> _Box | None:
    """Where Data Viewer draws the picture: (left, top, width, height)."""
    if how == "FILL":
        return (0, 0, *screen) if screen else None
    if len(values) < 4:
        return None
    x, y, width, height = values[:4]
    if min(width, height) <= 0:
        return None
    return (
        (x - width / 2, y - height / 2, width, height) if how == "CENTER" else (x, y, width, height)
    )


def _eye_with_more(trials: list[_Trial]) -> str:
    eyes = [fixation[0] for trial in trials for fixation in trial.fixations]
    return "R" if eyes.count("R") >= eyes.count("L") else "L"


def _position(trial: _Trial, x: float, y: float, placed: bool) -> tuple[float, float]:
    """As shares of the picture where all were placed, else as it is."""
    if not placed or trial.box is None:
        return x, y
    left, top, width, height = trial.box
    return (x + 0.5 - left) / width, (y + 0.5 - top) / height
