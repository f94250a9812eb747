"""A small server that speaks the Hugging Face Hub's protocol, for the real client to talk to.

Reading: HEAD and GET of `/{repo}/resolve/{revision}/{file}` with ETag, commit, length, redirects of
large files to a second host, and ranges. Writing: create, preupload, LFS and commit, and variables
of Spaces. Faults can be ordered: cut connections, silence, and any status.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants

LARGE_BYTES = 1000


@dataclass
class Repository:
    """Commits in order, each a whole tree of files; `main` is the last."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    sdk: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    def commit(self, files: dict[str, bytes], deleted: Collection[str] = ()) -> str:
        """Add, replace or delete files; the new commit's 40 digits."""
        tree = {**self.tree("main"), **files} if self.commits else dict(files)
        tree = {name: content for name, content in tree.items() if name not in deleted}
        name = hashlib.sha1(f"{len(self.commits)}{sorted(tree)}".encode()).hexdigest()
        self.commits[name] = tree
        return name

    def resolve(self, revision: str) -> str | None:
        if revision == "main":
            return next(reversed(self.commits), None)
        return revision if revision in self.commits else None

    def tree(self, revision: str) -> dict[str, bytes]:
        return self.commits[self.resolve(revision) or ""]


@dataclass
class Request:
    """A request as it came."""

    method: str
    path: str
    host: str
    token: str | None
    range: str | None


@dataclass
class Hub:
    """The server's whole state; tests read and change it.

    Attributes:
        url: where it listens.
        token: the only one that is accepted.
        repositories: by name; those of Spaces begin with "spaces/".
        cuts: each says after how many bytes one of the next downloads breaks off.
        status: answer everything with this status.
        silent: never answer.
        read_only: the token may not write.
    """

    url: str = ""
    cdn_url: str = ""
    token: str = "hf_right"
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    status: int = 0
    silent: bool = False
    read_only: bool = False

    def add(self, name: str, files: dict[str, bytes], **flags: bool) -> str:
        """Make a repository, or add to it; the commit."""
        repository = self.repositories.setdefault(name, Repository(**flags))
        for content in files.values():
            self.stored[hashlib.sha256(content).hexdigest()] = content
        return repository.commit(files)

    def seen(self, method: str, part: str = "") -> list[Request]:
        """The requests of a kind whose path contains `part`."""
        return [r for r in self.requests if r.method == method and part in r.path]


@contextmanager
def serve() -> Iterator[Hub]:
    """A running server."""
    hub = Hub()
    handler = type("BoundHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    hub.cdn_url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        hub.silent = False
        server.shutdown()
        server.server_close()
        thread.join()


def isolate(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Leave this process's Hub client no token, an empty cache in `folder`, and no patience."""
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(folder / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("time.sleep", lambda _: None)


#: what keeps the Hub from taking what is sent -> what people are told
REFUSALS = {
    "no token": "https://huggingface.co/settings/tokens",
    "wrong token": "does not accept your token",
    "read only": "may not write there",
    "payment required": "requires a paid plan",
    "out of order": "status 500",
    "unreachable": "Check your network",
}


def make_trouble(hub: Hub, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    """Let one of `REFUSALS` happen."""
    match trouble:
        case "no token":
            monkeypatch.delenv("HF_TOKEN")
        case "wrong token":
            monkeypatch.setenv("HF_TOKEN", "hf_wrong")
        case "read only":
            hub.read_only = True
        case "payment required":
            hub.status = 402
        case "out of order":
            hub.status = 500
        case _:
            connect(monkeypatch, "http://127.0.0.1:9")


def connect(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Have this process's Hub client talk to the server at `url`."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


class Handler(BaseHTTPRequestHandler):
    """One request; connections are not kept."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._handle()

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def _handle(self) -> None:
        self.route = unquote(urlsplit(self.path).path)
        self.sent_token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        host, wanted = self.headers.get("Host", ""), self.headers.get("Range")
        request = Request(self.command, self.route, host, self.sent_token, wanted)
        self.hub.requests.append(request)
        while self.hub.silent:
            time.sleep(0.01)
        if self.hub.status:
            self._answer(self.hub.status, b"out of order")
        elif self.route.startswith("/cdn/"):
            self._send_file(self.hub.stored[self.route.removeprefix("/cdn/")])
        elif "/resolve/" in self.route:
            self._resolve()
        elif self.sent_token != self.hub.token and not self.route.startswith("/lfs/"):
            self._error(401, "", "Invalid username or password.")
        elif self.command != "GET" and self.hub.read_only and "validate" not in self.route:
            self._error(403, "", "You don't have the rights to do that")
        else:
            self._write()

    def _resolve(self) -> None:
        name, _, rest = self.route.strip("/").partition("/resolve/")
        revision, _, file = rest.partition("/")
        repository = self.hub.repositories.get(name)
        trusted = self.sent_token == self.hub.token
        if repository is None or (repository.private and not trusted):
            return self._error(401 if self.sent_token is None else 404, "RepoNotFound")
        if repository.gated and not trusted:
            return self._error(403 if self.sent_token else 401, "GatedRepo", "Access is restricted")
        commit = repository.resolve(revision)
        if commit is None:
            return self._error(404, "RevisionNotFound")
        content = repository.tree(commit).get(file)
        if content is None:
            return self._error(404, "EntryNotFound", commit=commit)
        if len(content) < LARGE_BYTES:
            etag = f'"{_blob_id(content)}"'
            return self._send_file(content, {"ETag": etag, "X-Repo-Commit": commit})
        oid = hashlib.sha256(content).hexdigest()
        headers = {
            "Location": f"{self.hub.cdn_url}/cdn/{oid}",
            "X-Linked-ETag": f'"{oid}"',
            "X-Linked-Size": str(len(content)),
            "X-Repo-Commit": commit,
        }
        return self._answer(302, b"", headers)

    def _send_file(self, content: bytes, headers: dict[str, str] | None = None) -> None:
        start = 0
        status = 200
        headers = dict(headers or {})
        if wanted := self.headers.get("Range"):
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        cut = self.hub.cuts.pop(0) if self.command == "GET" and self.hub.cuts else None
        self._answer(status, content[start:], headers, cut)

    def _write(self) -> None:
        body = self.body
        if self.route == "/api/repos/create":
            self._create(json.loads(body))
        elif self.route == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []})
        elif "/preupload/" in self.route:
            files = json.loads(body)["files"]
            self._json({"files": [self._mode(file) for file in files]})
        elif self.route.endswith("/info/lfs/objects/batch"):
            objects = json.loads(body)["objects"]
            self._json({"transfer": "basic", "objects": [self._lfs_action(o) for o in objects]})
        elif self.route.endswith("/info/lfs/verify"):
            self._verify(json.loads(body))
        elif self.route.startswith("/lfs/"):
            self._store(self.route.removeprefix("/lfs/"), body)
        elif self.route.endswith("/tree/main"):
            self._list(self._repository())
        elif self.route.endswith("/variables"):
            self._set_variable(self._repository(), json.loads(body))
        elif self.command == "GET":
            self._describe()
        else:
            self._commit([json.loads(line) for line in body.splitlines()])

    def _name(self) -> str:
        """The repository that /api/models/owner/name... or /api/spaces/owner/name... is about."""
        kind, owner, name = self.route.split("/")[2:5]
        return f"{owner}/{name}" if kind == "models" else f"{kind}/{owner}/{name}"

    def _repository(self) -> Repository:
        return self.hub.repositories[self._name()]

    def _create(self, wanted: dict[str, Any]) -> None:
        name = f"{wanted['organization']}/{wanted['name']}"
        if wanted.get("type") == "space":
            name = f"spaces/{name}"
        url = {"url": f"{self.hub.url}/{name}"}
        if name in self.hub.repositories:
            return self._json({"error": "You already created this repo", **url}, 409)
        private = wanted.get("visibility") == "private"
        repository = Repository(private=private, sdk=wanted.get("sdk", ""))
        if repository.sdk:
            repository.commit({".gitattributes": b"*.safetensors filter=lfs\n"})
        self.hub.repositories[name] = repository
        return self._json(url)

    def _describe(self) -> None:
        name = self._name()
        repository = self.hub.repositories.get(name)
        if repository is None:
            return self._error(404, "RepoNotFound")
        return self._json({"id": name.removeprefix("spaces/"), "private": repository.private})

    def _list(self, repository: Repository) -> None:
        tree = repository.tree("main").items()
        self._json(
            [{"type": "file", "path": p, "size": len(c), "oid": _blob_id(c)} for p, c in tree]
        )

    def _set_variable(self, repository: Repository, wanted: dict[str, str]) -> None:
        repository.variables[wanted["key"]] = wanted["value"]
        self._json({key: {"value": value} for key, value in repository.variables.items()})

    def _mode(self, file: dict[str, Any]) -> dict[str, Any]:
        mode = "regular" if file["size"] < LARGE_BYTES or file["path"].endswith(".md") else "lfs"
        return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}

    def _lfs_action(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted["oid"] in self.hub.stored:
            return wanted
        upload = {"href": f"{self.hub.url}/lfs/{wanted['oid']}"}
        verify = {"href": f"{self.hub.url}{self.route.removesuffix('objects/batch')}verify"}
        return {**wanted, "actions": {"upload": upload, "verify": verify}}

    def _verify(self, wanted: dict[str, Any]) -> None:
        there = len(self.hub.stored.get(wanted["oid"], b"")) == wanted["size"]
        return self._json({}) if there else self._error(404, "", "Not there, or of another size")

    def _store(self, oid: str, content: bytes) -> None:
        if hashlib.sha256(content).hexdigest() != oid:
            return self._error(400, "", "The content does not have this SHA-256")
        self.hub.stored[oid] = content
        return self._answer(200, b"")

    def _commit(self, lines: list[dict[str, Any]]) -> None:
        files = {}
        deleted = []
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.stored[value["oid"]]
            elif line["key"] == "deletedFile":
                deleted.append(value["path"])
        commit = self._repository().commit(files, deleted)
        url = f"{self.hub.url}/{self._name()}/commit/{commit}"
        self._json({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def _json(self, value: Any, status: int = 200) -> None:
        self._answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: str, message: str = "", commit: str = "") -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message, "X-Repo-Commit": commit}
        self._answer(status, b"", {key: value for key, value in headers.items() if value})

    def _answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(body if cut is None else body[:cut])


def _blob_id(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()
