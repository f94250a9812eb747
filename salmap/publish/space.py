"""The app to a Hugging Face Space with the Docker runtime: what is sent, and sending it.

A Space holds what `.dockerignore` lets into the image, the Dockerfile and the README, whose front
matter configures it. The client sends large and binary files by Git LFS.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    constants,
    get_token,
    metadata_load,
)

from salmap.errors import SalmapError
from salmap.publish.model import refusal
from salmap.weights import hub

#: what a Space needs besides the files of the image
_FOR_THE_BUILD = (".dockerignore", "Dockerfile", "README.md")
#: by this file a Space is known to hold Salmap
_MARK = "salmap/version.py"
#: what the Hub itself puts into a new Space
_FROM_THE_HUB = {".gitattributes", "README.md"}
_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class Plan:
    """What will be sent, and where to.

    Attributes:
        source: the checkout.
        space: "owner/name".
        private: whether only the owner may see it.
        files: paths below `source`, with slashes, sorted.
        variables: settings of the Space; its build and its app read them from the environment.
    """

    source: Path
    space: str
    private: bool
    files: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)

    def summary(self) -> str:
        """What deploying does, for people."""
        sizes = {file: (self.source / file).stat().st_size for file in self.files}
        kind = "private" if self.private else "public"
        lines = [f"Would create the {kind} Space {link(self.space)} if there is none, and"]
        lines += [f"set its variable {key} to {value}" for key, value in self.variables.items()]
        lines += [f"upload {len(sizes)} files from {self.source}, {_size(sum(sizes.values()))}:"]
        lines += [f"  {_size(size):>9}  {file}" for file, size in sizes.items()]
        return "\n".join(lines)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e6 else f"{size_bytes / 1e3:.1f} kB"


def link(space: str) -> str:
    """The web page of a Space."""
    return f"{constants.ENDPOINT}/spaces/{space}"


def plan(
    space: str,
    private: bool = False,
    weights_repo: str = "",
    wheel_index: str = "",
    source: Path | None = None,
) -> Plan:
    """Gather what a Space needs; nothing is sent.

    Args:
        space: "owner/name".
        private: whether only the owner may see it.
        weights_repo: "owner/name[@revision]" on the Hub, from where the Space takes all weights
            instead of the bundled ones.
        wheel_index: one more index for pip while the image is built, such as one with a CPU-only
            torch.
        source: the checkout; by default the one that this file is in.

    Raises:
        SalmapError: if a name is none, or if the checkout lacks what a Space needs.
    """
    if re.fullmatch(r"[\w.-]+/[\w.-]+", space) is None:
        raise SalmapError(f"'{space}' is no Space: write owner/name.")
    source = source or Path(__file__).resolve().parents[2]
    variables = {}
    if weights_repo:
        hub.parse(weights_repo)
        variables["SALMAP_WEIGHTS_REPO"] = weights_repo
    if wheel_index:
        variables["PIP_EXTRA_INDEX_URL"] = wheel_index
    for file in _FOR_THE_BUILD:
        if not (source / file).is_file():
            raise SalmapError(f"{source} has no {file}: deploy from a checkout of the repository.")
    if (metadata_load(source / "README.md") or {}).get("sdk") != "docker":
        raise SalmapError(
            f"{source / 'README.md'} does not begin with a Space's settings ('sdk: docker', ...): "
            "docs/spaces.md shows them."
        )
    files = sorted({*image_files(source), *_FOR_THE_BUILD})
    return Plan(source, space, private, tuple(files), variables)


def image_files(source: Path) -> list[str]:
    """What `.dockerignore` lets into the image: paths below `source`, with slashes, sorted.

    Of its syntax, character classes and escapes are not understood.
    """
    lines = (source / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    compiled = [(_regex(rule.removeprefix("!")), not rule.startswith("!")) for rule in rules]
    exceptions = [rule[1:] for rule in rules if rule.startswith("!")]

    def ignored(path: str) -> bool:
        verdicts = [ignore for regex, ignore in compiled if regex.fullmatch(path)]
        return bool(verdicts) and verdicts[-1]

    def hopeless(folder: str) -> bool:
        return ignored(folder) and not any(e.startswith(f"{folder}/") for e in exceptions)

    found = []
    for parent, folders, files in os.walk(source):
        here = Path(parent).relative_to(source)
        folders[:] = [name for name in folders if not hopeless((here / name).as_posix())]
        found += [path for name in files if not ignored(path := (here / name).as_posix())]
    return sorted(found)


def _regex(rule: str) -> re.Pattern[str]:
    """A rule of `.dockerignore`; one that matches a folder matches all that is in it."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", rule.strip("/"))
    return re.compile("".join(_WILDCARDS.get(part) or re.escape(part) for part in parts) + "(/.*)?")


def deploy(plan: Plan) -> str:
    """Create the Space if there is none, set its variables, and make it hold the plan's files.

    Files that an earlier version of Salmap had are deleted there. The Hub then builds the image.

    Returns:
        The link to the Space.

    Raises:
        SalmapError: if there is no token, if the Space is another app's or public against the
            plan, or if the Hub can't be reached or refuses.
    """
    if get_token() is None:
        raise SalmapError(
            "Deploying needs a Hub token with write access: make one at "
            "https://huggingface.co/settings/tokens and set HF_TOKEN to it."
        )
    api = HfApi()
    try:
        api.create_repo(
            plan.space, repo_type="space", space_sdk="docker", private=plan.private, exist_ok=True
        )
        stale = _stale_files(api, plan)
        for key, value in plan.variables.items():
            api.add_space_variable(plan.space, key, value)
        api.create_commit(
            plan.space,
            repo_type="space",
            operations=[
                *(CommitOperationDelete(file) for file in stale),
                *(CommitOperationAdd(file, str(plan.source / file)) for file in plan.files),
            ],
            commit_message="Deploy Salmap",
        )
    except hub.HUB_ERRORS as error:
        raise SalmapError(refusal(error, plan.space)) from error
    return link(plan.space)


def _stale_files(api: HfApi, plan: Plan) -> list[str]:
    """What the Space holds and the plan does not.

    Raises:
        SalmapError: if the Space must be left alone.
    """
    if plan.private and not api.space_info(plan.space).private:
        raise SalmapError(
            f"{link(plan.space)} exists and is public. Make it private there first, choose "
            "another name, or leave out --private."
        )
    there = set(api.list_repo_files(plan.space, repo_type="space"))
    if _MARK not in there and there - _FROM_THE_HUB:
        raise SalmapError(
            f"{link(plan.space)} holds something else than Salmap, which would be deleted. "
            "Choose another name."
        )
    return sorted(there - set(plan.files) - {".gitattributes"})
