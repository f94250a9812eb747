"""Weight files on the Hugging Face Hub: `hf://owner/repo[@revision][/file]`.

huggingface_hub downloads and caches them (and respects HF_HOME, HF_TOKEN, HF_ENDPOINT and
HF_HUB_OFFLINE); this module calls it in an order that fails quickly, and says what failed.
"""

from __future__ import annotations

import errno
import io
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url
from huggingface_hub.errors import (
    DisabledRepoError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm.auto import tqdm

from salmap.errors import WeightsError

logger = logging.getLogger(__name__)

PREFIX = "hf://"
DEFAULT_FILE = "model.safetensors"
#: how long the Hub may take to say that it is there
PROBE_TIMEOUT_S = 3.0
#: what huggingface_hub raises on purpose, its transport's errors, and Xet's
HUB_ERRORS = (HTTPError, OSError, ValueError, RuntimeError)

#: called with (bytes done, bytes in all or None)
ProgressCallback = Callable[[int, int | None], None]


@dataclass(frozen=True)
class HubFile:
    """One file of one revision of a repository on the Hub; `str()` gives its `hf://` name."""

    repository: str
    revision: str = "main"
    file: str = DEFAULT_FILE

    def __str__(self) -> str:
        revision = "" if self.revision == "main" else f"@{self.revision}"
        return f"{PREFIX}{self.repository}{revision}/{self.file}"

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, so that the file can never change."""
        return re.fullmatch(r"[0-9a-f]{40}", self.revision) is not None


def parse(text: str, file: str = DEFAULT_FILE) -> HubFile:
    """Read `hf://owner/repo[@revision][/file]`; slashes in a revision are written as %2F.

    Args:
        text: what the user wrote; the `hf://` may be left out.
        file: the file that is meant when none is named.

    Raises:
        WeightsError: if it is not a valid name.
    """
    match = re.fullmatch(
        r"(?:hf://)?(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.%-]+))?(?:/(?P<file>.+))?/?",
        text.strip(),
    )
    if match is None or ".." in (match["file"] or ""):
        raise WeightsError(
            f"'{text}' is not a valid Hub name: write hf://owner/repo[@revision][/file]."
        )
    revision = unquote(match["revision"] or "main")
    return HubFile(match["repository"], revision, match["file"] or file)


def fetch(wanted: HubFile, progress: ProgressCallback | None = None) -> Path:
    """The path of a file from the Hub, downloaded unless the cache has it.

    A pinned file in the cache needs no network. Another one is looked up on the Hub, and the
    cached copy is taken when the Hub does not answer.

    Args:
        wanted: which file.
        progress: called as bytes arrive; by default a bar is drawn on stderr.

    Raises:
        WeightsError: saying what failed and what to do.
    """
    try:
        cached = _cached(wanted)
        if cached and (wanted.is_pinned or constants.is_offline_mode()):
            return cached
        try:
            size = _probe(wanted)
        except HUB_ERRORS as error:
            if cached is None:
                raise
            logger.warning("%s: the cached copy is used (%s)", wanted, _reason(error, wanted))
            return cached
        return _download(wanted, size, progress)
    except HUB_ERRORS as error:
        raise WeightsError(f"{wanted}: {_reason(error, wanted)}") from error


def why_unavailable(wanted: HubFile) -> str:
    """Why `fetch` could not get a file and what to do, in words; empty if it could."""
    try:
        if _cached(wanted) is None:
            _probe(wanted)
    except HUB_ERRORS as error:
        return _reason(error, wanted)
    return ""


def _cached(wanted: HubFile) -> Path | None:
    try:
        return Path(
            hf_hub_download(
                wanted.repository, wanted.file, revision=wanted.revision, local_files_only=True
            )
        )
    except LocalEntryNotFoundError:
        return None


def _probe(wanted: HubFile) -> int | None:
    """Ask once, without retries, whether the file is available; its size in bytes."""
    url = hf_hub_url(wanted.repository, wanted.file, revision=wanted.revision)
    metadata = get_hf_file_metadata(url, timeout=PROBE_TIMEOUT_S)
    if metadata.commit_hash is None or metadata.etag is None:
        raise FileMetadataError("The answer lacks a commit or an ETag.")
    return metadata.size


def _download(wanted: HubFile, size: int | None, progress: ProgressCallback | None) -> Path:
    logger.info("downloading %s (%.1f MB)", wanted, (size or 0) / 1e6)
    try:
        path = hf_hub_download(
            wanted.repository,
            wanted.file,
            revision=wanted.revision,
            tqdm_class=None if progress is None else _bar_class(progress),
        )
    except HfHubHTTPError:
        raise
    except (HTTPError, LocalEntryNotFoundError, RuntimeError) as error:
        raise WeightsError(
            f"{wanted}: the download broke off repeatedly. Check your connection and try again."
        ) from error
    return Path(path)


def _reason(error: Exception, wanted: HubFile) -> str:  # noqa: PLR0911  (one line per failure)
    """What went wrong and what to do, for a file that is not available."""
    page = f"{constants.ENDPOINT}/{wanted.repository}"
    match error:
        case OfflineModeIsEnabled():
            return (
                "it is not in the cache, and offline mode (HF_HUB_OFFLINE) is on. "
                "Unset it, or load the model once with a network."
            )
        case HFValidationError():
            return "this is not a valid Hub name: write hf://owner/repo[@revision][/file]."
        case GatedRepoError():
            return (
                f"the repository is gated: accept its terms at {page}, then set HF_TOKEN to a "
                "token of your account (https://huggingface.co/settings/tokens)."
            )
        case RepositoryNotFoundError():
            return (
                "there is no such repository, or it is private. Check the name; for a private one "
                "set HF_TOKEN to a token that may read it."
            )
        case RevisionNotFoundError():
            return f"the repository has no revision '{wanted.revision}'. See {page}/commits/main."
        case RemoteEntryNotFoundError():
            return f"the repository has no file '{wanted.file}' there. See {page}/tree/main."
        case DisabledRepoError():
            return f"the Hub has disabled this repository. See {page}."
        case HfHubHTTPError():
            return _http_reason(error.response.status_code)
        case FileMetadataError():
            return f"{constants.ENDPOINT} does not respond like the Hub. Check HF_ENDPOINT."
        case HTTPError():
            return (
                f"{constants.ENDPOINT} can't be reached. Check your network, or use a bundled "
                "model or a file."
            )
        case OSError():
            return _disk_reason(error)
    return f"the download failed ({error}). Try again."


def _http_reason(status: int) -> str:
    if status == 401:
        return "the Hub refuses your token. Set HF_TOKEN to a valid one, or unset it."
    if status == 403:
        return "the Hub forbids access. Set HF_TOKEN to a token that may read this repository."
    if status == 429:
        return "the Hub is refusing too many requests (429). Wait a few minutes, or set HF_TOKEN."
    return f"the Hub answered with status {status}. Try again later."


def _disk_reason(error: OSError) -> str:
    cache = constants.HF_HUB_CACHE
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk with {cache} is full. Free some space there, or set HF_HOME elsewhere."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{cache} is not writable. Set HF_HOME to a folder that is."
    if error.errno is None:
        return "the download was interrupted and is not complete. Try again."
    return f"the download failed ({error.strerror}). Try again."


def _bar_class(report: ProgressCallback) -> type[tqdm]:
    """A bar that is not drawn but tells `report`; one that Xet downloads can share."""

    class Bar(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "file": io.StringIO(), "disable": False})

        def update(self, n: float | None = 1) -> None:
            super().update(n)
            report(int(self.n), None if self.total is None else int(self.total))

        def update_transfer(self, n: float) -> None: ...

        def set_transfer_postfix_str(self, text: str, refresh: bool = True) -> None: ...

    return Bar
