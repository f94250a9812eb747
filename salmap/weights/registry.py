"""The models that Salmap knows by name, and where their weights come from. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where weights come from."""

    BUILT_IN = "built in"
    BUNDLED = "bundled"
    HUB = "Hub"
    FOLDER = "your models"


@dataclass(frozen=True)
class ModelEntry:
    """A model with a name.

    Attributes:
        name: what `salmap.load` takes.
        description: one sentence for people who choose.
        source: where the weights come from.
        sha256: of the weight file, checked when it is first loaded; "" for none.
        repository: "owner/name" on the Hub, when `source` is the Hub.
        revision: commit there, 40 hexadecimal digits.
        file: name of the weight file; `<name>.safetensors` when empty.
        size_bytes: of the weight file.
        license: of the weights, an SPDX name where there is one.
    """

    name: str
    description: str
    source: Source
    sha256: str = ""
    repository: str = ""
    revision: str = ""
    file: str = ""
    size_bytes: int = 0
    license: str = "Apache-2.0"

    @property
    def file_name(self) -> str:
        """Name of the weight file, in `assets/` or in its repository."""
        return self.file or f"{self.name}.safetensors"


#: what `salmap.load()` and the command line take when no model is named
DEFAULT_MODEL = "lite"

_ENTRIES = (
    ModelEntry(
        "center-bias",
        "The habit of looking at the middle, whatever the picture shows.",
        Source.BUNDLED,
        sha256="d9489d11f41f8a0f1e865ad99df3e9768c9e8c9951bd10af07b9bfe2ba102128",
        size_bytes=8_688,
    ),
    ModelEntry(
        "itti-koch", "Classic contrast-based method (Itti, Koch and Niebur 1998).", Source.BUILT_IN
    ),
    ModelEntry(
        "large",
        "The most accurate network: two encoders, slower than lite.",
        Source.BUNDLED,
        sha256="fb47e4642269f0f562c02d006ddaeaff2de7895f6c3d2ec7b9abf7ae05557970",
        size_bytes=53_345_050,
    ),
    ModelEntry(
        "lite",
        "A small network, fast on any computer.",
        Source.BUNDLED,
        sha256="0d988ae7aed567877fccbf20d180fac874136cf3bea5946280e9e025a566fc91",
        size_bytes=9_061_118,
    ),
    ModelEntry(
        "resnet50",
        "A ResNet-50, the encoder used in many papers: slower than lite, no more accurate.",
        Source.BUNDLED,
        sha256="edd5d906c4e57b2080eb8dcf57a8a0dfa88a15d2973d78cdd85fd22f36a065ad",
        size_bytes=47_754_694,
        license="Apache-2.0 AND BSD-2-Clause",
    ),
    ModelEntry(
        "spectral-residual", "Classic contrast-based method (Hou and Zhang 2007).", Source.BUILT_IN
    ),
    ModelEntry(
        "tiny",
        "The quickest network, for cameras and video: a little less accurate than lite.",
        Source.BUNDLED,
        sha256="81460270393e5247c29b1f12ba3b8fd8e761a62780d11a53f01fca4a8c00ce43",
        size_bytes=6_214_790,
    ),
)
REGISTRY = {entry.name: entry for entry in _ENTRIES}
