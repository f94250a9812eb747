"""What is wanted, of all pictures and of each."""

from __future__ import annotations

from dataclasses import dataclass

from salmap.analysis.area_files import AreasByPicture
from salmap.outputs.names import Output
from salmap.pictures.viewing import USUAL, Viewing
from salmap.render import Style

#: how the names of tables end, of pictures and of results
TABLE_SUFFIX = ".parquet"


@dataclass(frozen=True)
class Task:
    """What is wanted of every picture.

    Attributes:
        model: as `salmap.load` takes it.
        device: as `salmap.load` takes it.
        outputs: what is made of a picture.
        style: how overlay and heatmap are drawn.
        k: number of regions.
        out: address of a folder or, if it ends in `.parquet`, of a table.
        column: of tables of pictures: where they are; None if there is but one such column.
        weights: the model's file if `model` is a path, which other machines may not have.
        areas: of interest, by picture; None if there are none.
        viewing: how pictures are put before the model.
    """

    model: str
    device: str
    outputs: tuple[Output, ...]
    style: Style
    k: int
    out: str
    column: str | None = None
    weights: bytes | None = None
    areas: AreasByPicture | None = None
    viewing: Viewing = USUAL

    @property
    def makes_table(self) -> bool:
        """Whether results go into one table rather than into files."""
        return self.out.lower().endswith(TABLE_SUFFIX)


@dataclass(frozen=True, slots=True)
class Item:
    """A picture to be done.

    Attributes:
        id: what it is called.
        address: of its file, or of the table that holds it.
        row: its row in the table; -1 for a file.
        name: what its output files are called.
        outputs: which of them are wanted.
    """

    id: str
    address: str
    row: int
    name: str
    outputs: tuple[Output, ...]
