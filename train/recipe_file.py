"""Recipes from TOML files and from options on the command line."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from salmap.errors import TrainingError

from .recipe import FinetuneSettings, FrozenSettings, Recipe

#: the recipes that come with Salmap
FOLDER = Path(__file__).parent / "recipes"
TABLES: dict[str, type] = {"frozen": FrozenSettings, "finetune": FinetuneSettings}
_FIELDS = {
    name: {field.name for field in dataclasses.fields(kind)}
    for name, kind in {"": Recipe, **TABLES}.items()
}
_REQUIRED = [
    field.name
    for field in dataclasses.fields(Recipe)
    if field.default is field.default_factory is dataclasses.MISSING
]
#: settings of flat recipes that more became of than a table's prefix shows
_MOVED = {
    "finetune_warmup": ("warmup",),
    "finetune_precision": ("frozen.precision", "finetune.precision"),
}


def parse_settings(options: Iterable[str]) -> dict[str, Any]:
    """Settings, nested as in TOML, from options such as "size=256" and "finetune.batch=4".

    Values are written as in TOML; what is not TOML is text, so quotes may be left out.

    Raises:
        TrainingError: if an option has another form, or its setting has moved.
    """
    settings: dict[str, Any] = {}
    for option in options:
        name, sign, text = (part.strip() for part in option.partition("="))
        if not sign or not name or not text:
            raise TrainingError(f"--set takes SETTING=VALUE, such as size=256, not '{option}'.")
        if places := _new_places(name):
            now = " and ".join(f"--set {place}={text}" for place in places)
            raise TrainingError(f"The setting {name} has moved: write {now}.")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        table, _, key = name.rpartition(".")
        if table in TABLES:
            value = {key: value}
        settings = _merged(settings, {table if table in TABLES else name: value})
    return settings


def find_recipe(name: str | Path) -> Path:
    """The file of a recipe: one of Salmap's own by its name, such as "app", or any by its path."""
    bundled = FOLDER / f"{name}.toml"
    return bundled if bundled.parent == FOLDER and bundled.is_file() else Path(name)


def read_recipe(path: str | Path, settings: Mapping[str, Any] | None = None) -> Recipe:
    """Read a recipe.

    Args:
        path: a TOML file, or the name of one of Salmap's own recipes.
        settings: replace those of the file, nested as in it; see `parse_settings`.

    Raises:
        TrainingError: naming the file and the setting that is missing, unknown, moved or out of
            range.
    """
    path = find_recipe(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        ours = ", ".join(sorted(file.stem for file in FOLDER.glob("*.toml")))
        raise TrainingError(
            f"There is no recipe {path}. Give a TOML file, or the name of one of Salmap's: {ours}."
        ) from error
    except OSError as error:
        raise TrainingError(f"The recipe {path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"The recipe {path} is not valid TOML: {error}.") from error
    _refuse_moved(path, values)
    values = _merged(values, settings or {})
    _refuse_unknown(path, values)
    if missing := [name for name in _REQUIRED if name not in values]:
        raise TrainingError(f"The recipe {path} must also set {' and '.join(missing)}.")
    tables = {
        name: kind(**{key: _tuple(value) for key, value in values[name].items()})
        for name, kind in TABLES.items()
        if name in values
    }
    return Recipe(**values | tables)


def _merged(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with those of `others` in their place; a stage's table is merged key by key."""
    tables = {
        name: values.get(name, {}) | others[name]
        for name in TABLES
        if isinstance(values.get(name, {}), dict) and isinstance(others.get(name), dict)
    }
    return {**values, **others, **tables}


def _refuse_moved(path: Path, values: Mapping[str, Any]) -> None:
    moved = {name: places for name in values if (places := _new_places(name))}
    if moved:
        rows = ", ".join(
            f"{name} -> {' and '.join(_in_toml(place) for place in places)}"
            for name, places in moved.items()
        )
        raise TrainingError(
            f"The recipe {path} is in the old flat form. Settings of one stage now stand in its "
            f"table; write: {rows}."
        )


def _new_places(name: str) -> tuple[str, ...]:
    """Where a setting of flat recipes stands now, such as "finetune.batch"; none if it stayed."""
    if name in _MOVED:
        return _MOVED[name]
    stage, _, rest = name.partition("_")
    if rest in _FIELDS.get(stage, ()):
        return (f"{stage}.{rest}",)
    if name in _FIELDS["finetune"] and name not in _FIELDS["frozen"]:
        return (f"finetune.{name}",)
    return ()


def _in_toml(place: str) -> str:
    table, _, name = place.rpartition(".")
    return f"[{table}] {name}" if table else name


def _refuse_unknown(path: Path, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - _FIELDS[""])
    for table in TABLES:
        inside = values.get(table, {})
        if not isinstance(inside, dict):
            raise TrainingError(f"The recipe {path} needs a table [{table}], not {inside!r}.")
        unknown += sorted(f"{table}.{name}" for name in set(inside) - _FIELDS[table])
    if unknown:
        raise TrainingError(f"The recipe {path} has unknown settings: {', '.join(unknown)}.")


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
