"""The app to a Hugging Face Space with the Docker runtime: what is sent, and sending it.

A Space holds what goes into the image (`.dockerignore` says the same), the Dockerfile and the
README, whose front matter configures it. The Hub's client sends large files by Git LFS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from huggingface_hub import HfApi, constants, get_token, metadata_load
from huggingface_hub.utils import filter_repo_objects

from salmap.errors import SalmapError
from salmap.publish.model import refusal
from salmap.weights import hub

#: what the image holds, as patterns in which `*` stands for any characters, slashes included
IN_THE_IMAGE = (
    "LICENSE",
    "app.py",
    "requirements.txt",
    ".streamlit/config.toml",
    "assets/*",
    "salmap/*",
    "train/*",
)
#: what a Space needs besides
_FOR_THE_BUILD = (".dockerignore", "Dockerfile", "README.md")
_SENT = [*IN_THE_IMAGE, *_FOR_THE_BUILD]
_NOT_SENT = ["*__pycache__/*"]
#: by this file a Space is known to hold Salmap
_MARK = "salmap/version.py"
#: what the Hub itself puts into a new Space
_FROM_THE_HUB = {".gitattributes", "README.md"}


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
    source: Path | None = None,
) -> Plan:
    """Collect what a Space needs; nothing is sent.

    Args:
        space: "owner/name".
        private: whether only the owner may see it.
        weights_repo: "owner/name[@revision]" on the Hub, from which the Space takes all
            weights instead of the bundled ones.
        source: the checkout; by default the one that contains this file.

    Raises:
        SalmapError: if a name is not valid, or if the checkout lacks what a Space needs.
    """
    if re.fullmatch(r"[\w.-]+/[\w.-]+", space) is None:
        raise SalmapError(f"'{space}' is not the name of a Space: write owner/name.")
    source = source or Path(__file__).resolve().parents[2]
    variables = {}
    if weights_repo:
        hub.parse(weights_repo)
        variables["SALMAP_WEIGHTS_REPO"] = weights_repo
    for file in _FOR_THE_BUILD:
        if not (source / file).is_file():
            raise SalmapError(f"{source} has no {file}: deploy from a checkout of the repository.")
    if (metadata_load(source / "README.md") or {}).get("sdk") != "docker":
        raise SalmapError(
            f"{source / 'README.md'} does not begin with a Space's settings ('sdk: docker', ...): "
            "docs/spaces.md shows them."
        )
    return Plan(source, space, private, tuple(files_to_send(source)), variables)


def files_to_send(source: Path) -> list[str]:
    """What a Space gets of a checkout: paths below `source`, with slashes, sorted."""
    paths = (path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file())
    return sorted(filter_repo_objects(paths, allow_patterns=_SENT, ignore_patterns=_NOT_SENT))


def deploy(plan: Plan) -> str:
    """Create the Space if there is none, set its variables, and make it hold the plan's files.

    Files that an earlier version of Salmap had are deleted there. The Hub then builds the image.

    Returns:
        The link to the Space.

    Raises:
        SalmapError: if there is no token, if the Space holds another app or is public although the
            plan says private, or if the Hub can't be reached or refuses.
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
        _check_target(api, plan)
        for key, value in plan.variables.items():
            api.add_space_variable(plan.space, key, value)
        api.upload_folder(
            repo_id=plan.space,
            repo_type="space",
            folder_path=plan.source,
            allow_patterns=_SENT,
            ignore_patterns=_NOT_SENT,
            delete_patterns="*",
            commit_message="Deploy Salmap",
        )
    except hub.HUB_ERRORS as error:
        raise SalmapError(refusal(error, plan.space)) from error
    return link(plan.space)


def _check_target(api: HfApi, plan: Plan) -> None:
    """Refuse a Space that must be left alone.

    Raises:
        SalmapError: if it is public although the plan says private, or holds another app.
    """
    if plan.private and not api.space_info(plan.space).private:
        raise SalmapError(
            f"{link(plan.space)} exists and is public. Make it private there first, choose "
            "another name, or leave out --private."
        )
    there = set(api.list_repo_files(plan.space, repo_type="space"))
    if _MARK not in there and there - _FROM_THE_HUB:
        raise SalmapError(
            f"{link(plan.space)} holds something other than Salmap, which would be deleted. "
            "Choose another name."
        )
