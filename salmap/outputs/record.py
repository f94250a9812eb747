"""What the results in a folder were made with, so that no run goes on with something else."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from salmap.analysis.area_files import AreasByPicture
from salmap.errors import SalmapError, listed
from salmap.files import replace_file
from salmap.outputs.names import AREA_OUTPUTS, Output
from salmap.pictures.viewing import USUAL, Viewing
from salmap.render import Style
from salmap.weights.resolve import resolve, short_name

#: the record's file in a folder of results
RECORD = ".salmap.json"
#: what an output depends on
Settings: TypeAlias = dict[str, Any]

_DRAWN = (Output.OVERLAY, Output.HEATMAP)
_OF_REGIONS = (Output.REGIONS, Output.REGIONS_CSV)


def settings_of(
    outputs: Iterable[Output],
    model: str,
    style: Style,
    k: int,
    areas: AreasByPicture | None = None,
    viewing: Viewing = USUAL,
) -> dict[Output, Settings]:
    """What each output depends on.

    Raises:
        SalmapError: if there is no such model.
    """
    found = resolve(model)
    made_by: Settings = {"model": short_name(model)}
    if viewing != USUAL:
        made_by |= asdict(viewing)
    if found is not None and found.path.is_file():
        with found.path.open("rb") as file:
            made_by["weights"] = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    drawn = asdict(style)
    digest = hashlib.sha256(repr(areas).encode()).hexdigest()[:16]
    return {
        output: made_by
        | (drawn if output in _DRAWN else {})
        | ({"k": k} if output in _OF_REGIONS else {})
        | ({"areas": digest} if output in AREA_OUTPUTS else {})
        for output in outputs
    }


class Record:
    """All that the results in a folder were made with.

    Args:
        out: what the folder is called in messages.
        wanted: the outputs of this run, and what they depend on.
        data: the content of the record's file; empty if there is none. What can't be read is
            taken for none.
        save: writes the content of the record's file.
    """

    def __init__(
        self,
        out: object,
        wanted: Mapping[Output, Settings],
        data: bytes,
        save: Callable[[bytes], None],
    ) -> None:
        self._out, self._wanted, self._save = out, wanted, save
        self._known: dict[str, list[Settings]] = {}
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            content = json.loads(data or b"{}")
            self._known = {output: [dict(one) for one in all_] for output, all_ in content.items()}

    def require_same(self) -> None:
        """Refuse to go on in a folder whose results were made with something else.

        Raises:
            SalmapError: saying what differs.
        """
        for output, settings in self._wanted.items():
            for known in self._known.get(output, []):
                if known != settings:
                    differences = [
                        f"{name} {known.get(name)}, now {settings.get(name)}"
                        for name in known | settings
                        if known.get(name) != settings.get(name)
                    ]
                    raise SalmapError(
                        f"{self._out} has results of other settings (for {output}: "
                        f"{listed(differences, '; ')}), so --resume can't go on there. Choose "
                        "another folder for --out, or leave out --resume to make them anew."
                    )

    def begin(self) -> None:
        """Note what the results of this run are made with, beside those that are there."""
        self._change({o: [*self._known.get(o, []), s] for o, s in self._wanted.items()})

    def finish(self, there: Iterable[str], made: Container[str]) -> None:
        """Forget what older results were made with, if this run has replaced them all.

        Args:
            there: the names of all files in the folder.
            made: the names of this run's results.
        """
        endings = tuple(output.ending for output in self._wanted)
        if all(name in made for name in there if name.endswith(endings)):
            self._change({output: [settings] for output, settings in self._wanted.items()})

    def _change(self, known: dict[Output, list[Settings]]) -> None:
        changed = dict(self._known)
        for output, all_ in known.items():
            changed[output.value] = [one for i, one in enumerate(all_) if one not in all_[:i]]
        if changed != self._known:
            self._known = changed
            self._save(json.dumps(changed, indent=1).encode())


def record_in(folder: Path, wanted: Mapping[Output, Settings], writes: bool = True) -> Record:
    """The record in a local folder; nothing is written unless this process `writes`."""
    path = folder / RECORD
    data = path.read_bytes() if path.is_file() else b""

    def save(data: bytes) -> None:
        if writes:
            with contextlib.suppress(OSError):  # the results, too, will say what is wrong there
                replace_file(path, data)

    return Record(folder, wanted, data, save)
