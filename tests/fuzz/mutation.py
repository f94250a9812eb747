"""Files damaged, or forged, by chance: the same ones for the same seed."""

from __future__ import annotations

import io
import json
import random
import re
import stat
import warnings
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

#: numbers that programs trip over, in text
_NUMBERS = (
    *("", "0", "-1", "1e999", "-1e308", "nan", "inf", "1,5", "0x10", "4294967296", "9" * 40),
    *(".", "1.2.3", "--1", "1e-400", "٣", "½"),
)
_SEPARATORS = (",", ";", "\t", " ", "|", "\n", "\r\n", "\r", '"', "'", "\0", ",,", "=", "\ufeff")
_WORDS = ("x", "image", "", "../../x", "=1+1", "\u202e", "a" * 5000, "<b>", "None", "time", "é")
_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift_jis")
_VALUES = (
    None,
    True,
    0,
    -1,
    1,
    3,
    7,
    0.5,
    1e300,
    10**12,
    2**31,
    "",
    "x",
    "../x",
    [],
    [1],
    {},
    [{}],
)
_BYTES = (0, 1, 0x7F, 0x80, 0xFF)
_SIZES = (0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 65_500, 7_000)

#: names of files in a ZIP that mean harm, or only trouble
_PATHS = (
    *("../a.png", "images/../../a.png", "/a.png", "C:\\a.png", "..\\a.png", "images\\b.png"),
    *("Images/cat.jpg", "images/", "images", "maps/cat.png", "fixations.csv", "fixations/a.tsv"),
    *("images/" + "a" * 300 + ".png", "a/" * 200 + "a.png", "", ".", "images/\ue000.png", "a.npy"),
)
_LINK = (stat.S_IFLNK | 0o777) << 16
_HOW_MANY = (1, 1, 1, 2, 3, 6)

Mutation = Callable[[bytearray, random.Random], None]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Bytes after a few changes."""
    changed = bytearray(data)
    for _ in range(chance.choice(_HOW_MANY)):
        chance.choice(_OF_BYTES)(changed, chance)
    return bytes(changed)


def mutated_table(data: bytes, chance: random.Random) -> bytes:
    """A table of fixations, of text or not, after a few changes."""
    return mutated(data, chance) if b"\0" in data else mutated_text(data, chance)


def mutated_text(data: bytes, chance: random.Random) -> bytes:
    """A file of text after a few changes of what it says, and perhaps of its encoding."""
    parts = re.split(r"([-+.\w]+)", data.decode())
    for _ in range(chance.choice(_HOW_MANY)):
        place = chance.randrange(len(parts))
        words = _NUMBERS if chance.random() < 0.5 else _WORDS
        parts[place] = chance.choice(words if place % 2 else _SEPARATORS)
    text = "".join(parts)
    if chance.random() < 0.2:
        old, new = chance.sample((",", ";", "\t", ".", "\n"), 2)
        text = text.replace(old, new)
    encoding = chance.choice(_ENCODINGS) if chance.random() < 0.2 else "utf-8"
    encoded = text.encode(encoding, errors="replace")
    return mutated(encoded, chance) if chance.random() < 0.2 else encoded


def mutated_archive(data: bytes, chance: random.Random) -> bytes:
    """A ZIP packed anew with other names, contents or attributes, or with changed bytes."""
    if chance.random() < 0.4:
        return mutated(data, chance)
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as forged:
        warnings.simplefilter("ignore")  # two files of one name
        with zipfile.ZipFile(io.BytesIO(data)) as good:
            members = [(info, good.read(info)) for info in good.infolist()]
        more = chance.choices(members, k=chance.randint(0, 2))
        for info, content in [*members, *more]:
            name = chance.choice(_PATHS) if chance.random() < 0.15 else info.filename
            new = zipfile.ZipInfo(name)
            new.compress_type = info.compress_type
            new.external_attr = _LINK if chance.random() < 0.05 else info.external_attr
            forged.writestr(new, mutated(content, chance) if chance.random() < 0.3 else content)
    return mutated(stream.getvalue(), chance) if chance.random() < 0.2 else stream.getvalue()


def mutated_weights(data: bytes, chance: random.Random) -> bytes:
    """A safetensors file with one value of its header forged, or with other changes."""
    if chance.random() < 0.2:
        return mutated(data, chance)
    end = 8 + int.from_bytes(data[:8], "little")
    header = data[8:end]
    if chance.random() < 0.2:
        header = mutated_text(header, chance)
    else:
        content = json.loads(header)
        metadata = content.pop("__metadata__")
        key, text = metadata.popitem()
        about = json.loads(text)
        _forge(chance.choice((about, about["config"], content)), chance)
        content["__metadata__"] = {key: json.dumps(about)}
        header = json.dumps(content).encode()
    return len(header).to_bytes(8, "little") + header + data[end:]


def _forge(content: Any, chance: random.Random) -> None:
    """Replace one value, however deep it lies,."""
    while content:
        key = chance.choice(list(content) if isinstance(content, dict) else range(len(content)))
        if not isinstance(content[key], dict | list) or chance.random() < 0.2:
            content[key] = chance.choice(_VALUES)
            return
        content = content[key]


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _set(data: bytearray, chance: random.Random) -> None:
    if data:
        data[_place(data, chance)] = chance.choice(_BYTES)


def _set_number(data: bytearray, chance: random.Random) -> None:
    """A number of two or four bytes, such as a size or a length."""
    width = chance.choice((2, 4))
    number = chance.choice(_SIZES) % (1 << 8 * width)
    start = _place(data, chance)
    data[start : start + width] = number.to_bytes(width, chance.choice(("big", "little")))


def _cut_off(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _cut_out(data: bytearray, chance: random.Random) -> None:
    start = _place(data, chance)
    del data[start : start + _length(chance)]


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = _place(data, chance)
    data[start:start] = data[start : start + _length(chance)] * chance.choice((1, 2, 50))


def _insert(data: bytearray, chance: random.Random) -> None:
    start = _place(data, chance)
    data[start:start] = chance.randbytes(_length(chance))


def _move(data: bytearray, chance: random.Random) -> None:
    start, length = _place(data, chance), _length(chance)
    part = data[start : start + length]
    del data[start : start + length]
    target = _place(data, chance)
    data[target:target] = part


def _place(data: Sequence[int], chance: random.Random) -> int:
    """A place in a file: as often among the first 200 bytes, where headers are, as anywhere."""
    end = min(len(data), 200) if chance.random() < 0.5 else len(data)
    return chance.randrange(end) if end else 0


def _length(chance: random.Random) -> int:
    return chance.choice((1, 2, 4, 12, 100, 1000))


_OF_BYTES: tuple[Mutation, ...] = (
    *(_flip, _flip, _set, _set_number, _set_number),
    *(_cut_off, _cut_out, _repeat, _insert, _move),
)
