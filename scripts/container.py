"""The Dockerfile's steps in a folder, for machines without a container engine.

The folder stands for the root of the image: `/app` is its folder `app`, and so on. Files are
copied as .dockerignore says; commands before USER run as who you are, those after it as an
ordinary user if you are root. Two steps differ: `useradd` makes the home folder but no account, and
`pip` runs only with `install=True`, in a new virtual environment; else the packages of the Python
that runs this are used.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from salmap.publish.space import files_to_send

logger = logging.getLogger(__name__)

UID = 1000


class Container:
    """An image while it is built, and what runs in it.

    Attributes:
        root: the folder that stands for `/`.
        environment: what the Dockerfile's ENV and ARG lines say, with paths inside `root`.
        health_check, command: what the Dockerfile says.
    """

    def __init__(self, root: Path, source: Path, install: bool = False) -> None:
        self.root = root
        self.source = source
        self.install = install
        self.environment: dict[str, str] = {}
        self.arguments: dict[str, str] = {}
        self.health_check: list[str] = []
        self.command: list[str] = []
        self._folder = root
        self._as_user = False
        self._bin = Path(sys.executable).parent

    def build(self, python: str = sys.executable) -> None:
        """Do what the Dockerfile says.

        Args:
            python: makes the virtual environment if there is one; the ordinary user must be able
                to run it.

        Raises:
            subprocess.CalledProcessError: if a command fails.
            ValueError: if there is an instruction that is not understood.
        """
        if self.install:
            subprocess.run([python, "-m", "venv", str(self.root / "venv")], check=True)
            self._bin = self.root / "venv" / "bin"
        for instruction, text in read_dockerfile(self.source / "Dockerfile"):
            logger.info("%s %s", instruction, textwrap.shorten(text, 90, placeholder=" ..."))
            self._do(instruction, text)

    def _do(self, instruction: str, text: str) -> None:
        match instruction:
            case "FROM" | "EXPOSE":
                pass
            case "ARG":
                name, _, default = text.partition("=")
                self.arguments[name] = os.environ.get(name, default.strip('"'))
            case "ENV":
                pairs = (pair.partition("=") for pair in shlex.split(text))
                self.environment |= {name: self._inside(value) for name, _, value in pairs}
            case "WORKDIR":
                self._folder = Path(self._inside(text))
                self._folder.mkdir(parents=True, exist_ok=True)
            case "COPY":
                self._copy(*text.split())
            case "USER":
                self._protect()
                self._as_user = True
            case "RUN" if text.startswith("apt-get"):
                pass  # system packages are those of this machine
            case "RUN":
                self._run_step(text)
            case "HEALTHCHECK":
                self.health_check = json.loads(text.partition("CMD ")[2])
            case "CMD":
                self.command = json.loads(text)
            case _:
                raise ValueError(f"The Dockerfile's {instruction} is not understood.")

    def _inside(self, value: str) -> str:
        """Absolute paths are meant inside the image."""
        return f"{self.root}{value}" if value.startswith("/") else value

    def _copy(self, wanted: str, _: str) -> None:
        """Only copies to the working folder are understood."""
        for name in files_to_send(self.source):
            if wanted in (".", name):
                (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.source / name, self._folder / name)

    def _protect(self) -> None:
        """Nobody may write to what was copied, not even its owner."""
        for path in (self._folder, *self._folder.rglob("*")):
            path.chmod(path.stat().st_mode & ~0o222)

    def _run_step(self, text: str) -> None:
        if text.startswith("useradd "):
            home = self.root / "home" / text.rsplit(maxsplit=1)[-1]
            home.mkdir(parents=True)
            if os.geteuid() == 0:
                os.chown(home, UID, UID)
        elif not text.startswith("pip ") or self.install:
            step = self.start(["sh", "-c", text], self.arguments | _settings_of_pip())
            if step.wait() != 0:
                raise subprocess.CalledProcessError(step.returncode, text)
        else:
            logger.info("  left out: the packages of %s are used", sys.executable)

    def start(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: BinaryIO | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a command as the image would, with more in its environment than the image has."""
        path = {"PATH": f"{self._bin}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        return subprocess.Popen(
            [*self._become_user(command[0]), *command],
            cwd=self._folder,
            env=path | self.environment | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
        )

    def _become_user(self, program: str) -> list[str]:
        """What precedes a command of the ordinary user.

        Python may lie where that user can't look, such as in root's home: unless it was installed
        for the container, what runs on it may read, but not write, everything.
        """
        if not self._as_user or os.geteuid() != 0:
            return []
        user = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"]
        if not self.install and (self._bin / program).exists():
            user += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        return user


def read_dockerfile(path: Path) -> list[tuple[str, str]]:
    """Its instructions, each with the rest of its line; continued lines are joined."""
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", "").splitlines()
    split = (line.split(maxsplit=1) for line in lines if line.strip())
    return [(instruction, rest) for instruction, rest in split]


def _settings_of_pip() -> dict[str, str]:
    """What a machine says about how packages are reached."""
    wanted = re.compile("PIP_|SSL_CERT|.*_proxy$", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if wanted.match(name)}
