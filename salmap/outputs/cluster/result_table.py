"""Results as a Parquet table: one row for each picture, in a folder of part files.

Columns: `picture` (its address, or table#row), `model`, `width` and `height` in pixels, and one for
each output: `regions` (a list of structures), `density` (float32, row after row, sums to 1: reshape
it to height x width); any other is the bytes of its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import dataset

from salmap.density import normalize
from salmap.errors import SalmapError
from salmap.outputs.cluster.storage import connect, names_in
from salmap.outputs.names import Output
from salmap.outputs.result import Result
from salmap.regions import region_record

#: bytes of results kept in memory before they go to disk
_KEPT = 64_000_000
_REGIONS = pa.list_(
    pa.struct(
        {
            "rank": pa.int32(),
            "box": pa.list_(pa.int32()),
            "peak": pa.list_(pa.int32()),
            "share": pa.float64(),
            "area": pa.float64(),
        }
    )
)
#: where a density's numbers are; split into bytes, they are written sooner and a third smaller
_DENSITY_VALUES = f"{Output.DENSITY.value}.list.element"
_KINDS = {Output.REGIONS: _REGIONS, Output.DENSITY: pa.list_(pa.float32())}


def schema(outputs: Sequence[Output]) -> pa.Schema:
    """The columns of a table of these outputs."""
    return pa.schema(
        {
            "picture": pa.string(),
            "model": pa.string(),
            "width": pa.int32(),
            "height": pa.int32(),
            **{output.value: _KINDS.get(output, pa.binary()) for output in outputs},
        }
    )


def row(picture: str, result: Result, outputs: Sequence[Output]) -> dict[str, Any]:
    """The row of one picture."""
    height, width = result.prediction.size
    values = {output.value: _value(result, output) for output in outputs}
    return {
        "picture": picture,
        "model": result.prediction.model,
        "width": width,
        "height": height,
        **values,
    }


def _value(result: Result, output: Output) -> Any:
    if output == Output.REGIONS:
        return [region_record(region) for region in result.prediction.regions(result.k)]
    if output == Output.DENSITY:
        return normalize(result.prediction.density).astype(np.float32).ravel()
    return result.file(output)


class PartFile:
    """A part of the table, filled row by row; a context manager that closes the file."""

    def __init__(self, path: Path, outputs: Sequence[Output]) -> None:
        self._schema = schema(outputs)
        densities = Output.DENSITY in outputs
        self._file = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_dictionary=["model"],  # of all columns, the one that repeats itself
            column_encoding={_DENSITY_VALUES: "BYTE_STREAM_SPLIT"} if densities else None,
        )
        self._rows: list[dict[str, Any]] = []
        self._size = 0

    def add(self, row: dict[str, Any]) -> None:
        """Add a row that `row` made."""
        self._rows.append(row)
        self._size += sum(
            getattr(v, "nbytes", len(v)) for v in row.values() if hasattr(v, "__len__")
        )
        if self._size > _KEPT:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows, self._size = [], 0

    def __enter__(self) -> PartFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._flush()
        self._file.close()


def pictures_done(table: str, outputs: Sequence[Output]) -> set[str]:
    """The pictures that a table holds; none if it does not exist.

    Raises:
        SalmapError: if its columns are not those of these outputs.
    """
    parts = sorted(name for name in names_in(table) if name.endswith(".parquet"))
    if not parts:
        return set()
    files, path = connect(table)
    found = dataset.dataset(
        [f"{path}/{part}" for part in parts], format="parquet", filesystem=files
    )
    if found.schema.names != schema(outputs).names:
        raise SalmapError(
            f"{table} holds other outputs: its columns are {', '.join(found.schema.names)}. "
            "Choose the same with --save, or another table with --out."
        )
    return set(found.to_table(columns=["picture"]).column("picture").to_pylist())
