"""Parquet tables whose rows are pictures: their bytes, or the addresses of their files.

A column of bytes, of addresses, or of both as Hugging Face data sets have it: a structure with the
fields `bytes` and `path`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from salmap.errors import SalmapError
from salmap.outputs.cluster.storage import connect

#: rows read at once from a row group
_READ = 8


@dataclass(frozen=True)
class Rows:
    """A table that holds its pictures itself.

    Attributes:
        column: where they are.
        count: how many rows it has.
    """

    column: str
    count: int


def pictures_in(table: str, column: str | None) -> Rows | list[str]:
    """What a table holds: its pictures' number, or their addresses.

    Args:
        table: the address of a Parquet file.
        column: where pictures or addresses are; None if there is but one such column.

    Raises:
        SalmapError: if it is no table, or has no such column.
        OSError: if it can't be read.
    """
    with _opened(table) as parquet:
        name = _pick(parquet.schema_arrow, column, table)
        if not _is_text(parquet.schema_arrow.field(name).type):
            return Rows(name, parquet.metadata.num_rows)
        addresses = parquet.read(columns=[name]).column(name)
    if addresses.null_count:
        raise SalmapError(f"{table}: column '{name}' has rows without an address. Remove them.")
    folder = table.rpartition("/")[0]
    return [_beside(folder, address) for address in addresses.to_pylist()]


def read_rows(table: str, column: str | None, rows: Sequence[int]) -> Iterator[bytes | str]:
    """The pictures in some rows, in order: bytes, or an address where there are no bytes.

    A row that holds neither gives b"". Only row groups that are wanted are read, a few rows at
    once.

    Args:
        table: the address of a Parquet file.
        column: where pictures are; None if there is but one such column.
        rows: ascending.
    """
    with _opened(table) as parquet:
        name = _pick(parquet.schema_arrow, column, table)
        wanted, folder = set(rows), table.rpartition("/")[0]
        first, groups = 0, []
        for group in range(parquet.num_row_groups):
            count = parquet.metadata.row_group(group).num_rows
            if any(first <= row < first + count for row in rows):
                groups.append((group, first))
            first += count
        for group, first in groups:
            row = first
            for batch in parquet.iter_batches(_READ, row_groups=[group], columns=[name]):
                for offset in range(len(batch)):
                    if row + offset in wanted:
                        yield _content(batch.column(0)[offset].as_py(), folder)
                row += len(batch)
                if row > rows[-1]:
                    return


@contextmanager
def _opened(table: str) -> Iterator[pq.ParquetFile]:
    files, path = connect(table)
    with files.open(path) as file:
        try:
            parquet = pq.ParquetFile(file, pre_buffer=False)
        except pa.ArrowInvalid as error:
            raise SalmapError(f"{table} is not a Parquet file, or is damaged ({error}).") from error
        yield parquet


def _pick(schema: pa.Schema, column: str | None, table: str) -> str:
    """The column that was asked for, or the only one that can hold pictures."""
    able = [field.name for field in schema if _is_text(field.type) or _is_bytes(field.type)]
    if not able:
        raise SalmapError(f"{table} has no column of pictures or of their addresses.")
    if column is None and len(able) == 1:
        return able[0]
    if column is None or column not in able:
        raise SalmapError(
            f"{table}: choose the column that holds the pictures or their addresses with "
            f"--column: {', '.join(able)}."
        )
    return column


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _content(value: object, folder: str) -> bytes | str:
    if isinstance(value, dict):
        return value["bytes"] or (_beside(folder, value["path"]) if value.get("path") else b"")
    return value if isinstance(value, bytes) else b""


def _beside(folder: str, address: str) -> str:
    """An address as it stands or, if it is relative, below the table's folder."""
    if "://" in address or PurePosixPath(address).is_absolute():
        return address
    return f"{folder}/{address}"
