"""From a model's name to its weights: bundled, in the user's folder, on the Hub, or a path.

Environment:
    SALMAP_WEIGHTS_REPO: a Hub repository `owner/repo[@revision]` from which all weights are taken,
        each as `<name>.safetensors`. Without it, or if it fails, the bundled ones are used.
    SALMAP_MODELS_DIR: folder of the user's own models; each `.safetensors` file in it is a model
        named after its stem.
"""

from __future__ import annotations

import difflib
import hashlib
import logging
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from salmap.errors import ModelError, WeightsError
from salmap.weights.registry import REGISTRY, ModelEntry, Source

if TYPE_CHECKING:
    from salmap.weights.hub import ProgressCallback

logger = logging.getLogger(__name__)

SUFFIX = ".safetensors"
#: of files that may lie beside a network's weights; see `salmap.weights.familiarity` and `timing`
FAMILIARITY_SUFFIX = f".familiarity{SUFFIX}"
TIMING_SUFFIX = f".timing{SUFFIX}"
HUB_PREFIX = "hf://"
LFS_POINTER_START = b"version https://git-lfs"

#: (path, size, time of change, checksum) of files that passed the check
_verified: set[tuple[str, int, int, str]] = set()


@dataclass(frozen=True)
class ResolvedWeights:
    """A weight file that was found.

    Attributes:
        path: of the file.
        fallback_reason: why it is the bundled file although SALMAP_WEIGHTS_REPO names another;
            empty if it is not.
    """

    path: Path
    fallback_reason: str = ""


def list_models() -> list[str]:
    """Names of the models that `load` can load, registered and the user's own, sorted."""
    return [entry.name for entry in all_models() if not why_missing(entry)]


def all_models() -> list[ModelEntry]:
    """Every registered model and the user's own, sorted by name."""
    own = {
        path.stem: ModelEntry(
            path.stem,
            f"Your model in {path.parent}.",
            Source.FOLDER,
            size_bytes=path.stat().st_size,
            license="unknown",
        )
        for path in models_folder().glob(f"*{SUFFIX}")
        if path.is_file() and not path.name.endswith((FAMILIARITY_SUFFIX, TIMING_SUFFIX))
    }
    return sorted({**own, **REGISTRY}.values(), key=lambda entry: entry.name)


def origin(entry: ModelEntry) -> str:
    """Where the weights of a model come from, in words."""
    repository = _weights_repository()
    if entry.source is Source.FOLDER:
        return str(models_folder())
    if repository and entry.source is not Source.BUILT_IN:
        return f"{repository}/{entry.name}{SUFFIX} on the Hub"
    if entry.source is Source.HUB:
        return f"{entry.repository} on the Hub, commit {entry.revision[:8]}"
    return str(entry.source)


def why_missing(entry: ModelEntry) -> str:
    """Why this installation has no weights of a model and where to get them; empty if it has."""
    if entry.source is not Source.BUNDLED or _weights_repository() or _bundled(entry).is_file():
        return ""
    return _missing(entry)


def _missing(entry: ModelEntry) -> str:
    return (
        f"There is no {entry.file_name} in {assets_folder()}: an installed Salmap carries the "
        "small models only. Run Salmap from a checkout of its repository, set SALMAP_WEIGHTS_REPO "
        "to a Hub repository that has the file, or give its path or hf://owner/repo as the model."
    )


def local_file(entry: ModelEntry) -> Path | None:
    """The weight file of a model where it is in a folder, not on the Hub."""
    if entry.source is Source.FOLDER:
        return models_folder() / f"{entry.name}{SUFFIX}"
    if entry.source is Source.BUNDLED and not _weights_repository():
        return _bundled(entry)
    return None


def models_folder() -> Path:
    """Where the user's own models are; it need not exist."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    folder = os.environ.get("SALMAP_MODELS_DIR") or Path(data) / "salmap" / "models"
    return Path(folder).expanduser()


def short_name(model: str | Path) -> str:
    """How a model is called in a list: its name, its Hub name, or its file's stem."""
    text = str(model)
    return Path(text).stem if text.endswith(SUFFIX) and not text.startswith(HUB_PREFIX) else text


def resolve(
    model: str | Path, progress: ProgressCallback | None = None, use_hub: bool = True
) -> ResolvedWeights | None:
    """The weight file of a model, downloaded if necessary; None for a model without weights.

    See `salmap.load` for the arguments and errors.
    """
    text = str(model)
    if text.startswith(HUB_PREFIX):
        return ResolvedWeights(_from_hub(text, progress))
    if text in REGISTRY:
        return _registered(REGISTRY[text], progress, use_hub)
    own = models_folder() / f"{text}{SUFFIX}"
    if Path(text).name == text and own.is_file():
        return ResolvedWeights(own)
    path = Path(text).expanduser()
    if path.suffix == SUFFIX or path.exists():
        return ResolvedWeights(path)
    raise ModelError(f"There is no model '{text}'. {_suggestion(text)}")


def _registered(
    entry: ModelEntry, progress: ProgressCallback | None, use_hub: bool
) -> ResolvedWeights | None:
    repository, reason = _weights_repository(), ""
    if entry.source is Source.BUILT_IN:
        return None
    if repository and use_hub:
        try:
            return ResolvedWeights(_from_hub(repository, progress, f"{entry.name}{SUFFIX}"))
        except WeightsError as error:
            if entry.source is not Source.BUNDLED or not _bundled(entry).is_file():
                raise
            reason = f"{error} The bundled weights of '{entry.name}' are used."
            logger.warning(reason)
    if entry.source is Source.HUB:
        reference = f"{HUB_PREFIX}{entry.repository}@{entry.revision}/{entry.file_name}"
        path = _from_hub(reference, progress)
    else:
        path = _bundled(entry)
        if not path.is_file():
            raise WeightsError(_missing(entry))
    _verify(path, entry.sha256)
    return ResolvedWeights(path, reason)


def _bundled(entry: ModelEntry) -> Path:
    return assets_folder() / entry.file_name


def _weights_repository() -> str:
    return os.environ.get("SALMAP_WEIGHTS_REPO", "").strip()


def assets_folder() -> Path:
    """Where the bundled weights are: inside an installed package, or next to it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets"


def _from_hub(reference: str, progress: ProgressCallback | None, file: str | None = None) -> Path:
    """Fetch a reference, or `file` from the repository it names; check what the Hub promised."""
    from salmap.weights import hub  # noqa: PLC0415  (keeps its client out of every start)

    wanted = hub.parse(reference)
    path = hub.fetch(wanted if file is None else replace(wanted, file=file), progress)
    blob = path.resolve().name
    if re.fullmatch(r"[0-9a-f]{64}", blob):  # the cache names large files by their SHA-256
        _verify(path, blob)
    return path


def _verify(path: Path, sha256: str) -> None:
    """Refuse a file whose checksum is wrong; each file is read once in a process.

    Raises:
        WeightsError: saying what to do.
    """
    path = path.resolve()
    status = path.stat()
    key = (str(path), status.st_size, status.st_mtime_ns, sha256)
    if key in _verified:
        return
    with path.open("rb") as file:
        start = file.read(len(LFS_POINTER_START))
        file.seek(0)
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if start == LFS_POINTER_START:
        raise WeightsError(f"{path} is a Git LFS pointer, not the file: run 'git lfs pull'.")
    if found != sha256:
        raise WeightsError(
            f"{path} is damaged or was changed: its SHA-256 is {found[:12]}..., not "
            f"{sha256[:12]}... Delete it and get it again."
        )
    _verified.add(key)


def _suggestion(name: str) -> str:
    """What the user may have meant by an unknown name."""
    names = list_models()
    close = difflib.get_close_matches(name, names, n=1)
    meant = f"Did you mean '{close[0]}'? " if close else ""
    return (
        f"{meant}Available models: {', '.join(names)}. "
        "A path to a .safetensors file or hf://owner/repo works, too."
    )
