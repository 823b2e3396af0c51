"""A stand-in for the Hugging Face hub on loopback: enough of its protocol to publish models and to fetch them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import yaml


@dataclass
class Repository:
    """One repository, all on the branch `main`.

    Attributes:
        is_private: Whether only those with a token of its owner see it.
        commits: Files by name, by commit, the newest last.
        ignored: Patterns of files that its .gitignore keeps out.
    """

    is_private: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def commit(self, files: Mapping[str, bytes]) -> str:
        """Hold these files from now on."""
        content = repr((len(self.commits), sorted(files.items()))).encode()
        name = hashlib.sha1(content).hexdigest()
        self.commits[name] = dict(files)
        return name

    def find(self, revision: str) -> str | None:
        """Return the commit of a branch or commit."""
        return list(self.commits)[-1] if revision == "main" else revision if revision in self.commits else None


@dataclass
class PublishingHub:
    """What the hub holds and what it was asked.

    Attributes:
        tokens: The name that each token may write for.
        repositories: By `OWNER/NAME`.
        requests: `METHOD path` of everything that was asked, in order.
        large: Contents of large files by SHA-256.
    """

    tokens: dict[str, str] = field(default_factory=lambda: {"hf_lab": "lab", "hf_other": "other"})
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    large: dict[str, bytes] = field(default_factory=dict)
    endpoint: str = ""

    def newest(self, name: str) -> dict[str, bytes]:
        """Return the files of a repository as they are now."""
        repository = self.repositories[name]
        commit = repository.find("main")
        assert commit is not None
        return repository.commits[commit]

    @contextmanager
    def serve(self) -> Iterator[PublishingHub]:
        """Answer on a free port of the loopback interface."""
        hub = self

        class Handler(_Handler):
            state = hub

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _RefusalError(Exception):
    def __init__(self, status: int, code: str = "", **body: str) -> None:
        self.status, self.code, self.body = status, code, body


class _Handler(BaseHTTPRequestHandler):
    state: PublishingHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *args: object) -> None:
        """Stay silent."""

    def _answer(self) -> None:
        self.state.requests.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        try:
            if "/resolve/" in path:
                return self._resolve(path)
            answer = self._told(path, body)
        except _RefusalError as refusal:
            headers = {"X-Error-Code": refusal.code} if refusal.code else {}
            return self._send(refusal.status, json.dumps(refusal.body).encode(), headers)
        return self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _told(self, path: str, body: bytes) -> Any:
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return self._validate(json.loads(body)["content"])
        if path.endswith(".git/info/lfs/objects/batch"):
            self._writable(path.strip("/").removesuffix(".git/info/lfs/objects/batch"))
            return {"objects": [self._upload_action(one) for one in json.loads(body)["objects"]]}
        if path.startswith("/lfs/"):
            assert hashlib.sha256(body).hexdigest() == path.removeprefix("/lfs/")
            self.state.large[path.removeprefix("/lfs/")] = body
            return {}
        parts = path.removeprefix("/api/models/").split("/")
        name, action, revision = "/".join(parts[:2]), *(parts[2:4] if parts[2:] else ("revision", "main"))
        if action == "preupload":
            self._writable(name)
            return {"files": [self._mode(name, file) for file in json.loads(body)["files"]]}
        if action == "commit":
            self._writable(name)
            return self._commit(name, [json.loads(line) for line in body.splitlines()])
        return self._info(name, revision)

    def _who(self) -> str:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.state.tokens:
            raise _RefusalError(401)
        return self.state.tokens[token]

    def _writable(self, name: str) -> Repository:
        if self._who() != name.partition("/")[0]:
            raise _RefusalError(403)
        return self._readable(name)

    def _readable(self, name: str) -> Repository:
        repository = self.state.repositories.get(name)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if repository is None or (repository.is_private and self.state.tokens.get(token) != name.partition("/")[0]):
            raise _RefusalError(401, "RepoNotFound")
        return repository

    def _create(self, wanted: dict[str, Any]) -> Any:
        if wanted["organization"] != self._who():
            raise _RefusalError(403)
        name = f"{wanted['organization']}/{wanted['name']}"
        if name in self.state.repositories:
            raise _RefusalError(409, url=f"{self.state.endpoint}/{name}")
        self.state.repositories[name] = Repository(wanted.get("visibility") == "private" or bool(wanted.get("private")))
        self.state.repositories[name].commit({".gitattributes": b"*.safetensors filter=lfs\n"})
        return {"url": f"{self.state.endpoint}/{name}"}

    @staticmethod
    def _validate(content: str) -> Any:
        assert content.startswith("---\n")
        settings = yaml.safe_load(content.split("---\n")[1])
        assert settings["license"] == "other"
        assert settings["library_name"] == "heartprobe"
        return {"errors": [], "warnings": []}

    def _upload_action(self, wanted: dict[str, Any]) -> Any:
        href = f"{self.state.endpoint}/lfs/{wanted['oid']}"
        return {"oid": wanted["oid"], "size": wanted["size"], "actions": {"upload": {"href": href}}}

    def _mode(self, name: str, file: dict[str, Any]) -> Any:
        ignored = any(fnmatch(file["path"], pattern) for pattern in self.state.repositories[name].ignored)
        mode = "lfs" if file["path"].endswith(".safetensors") else "regular"
        return {"path": file["path"], "uploadMode": mode, "shouldIgnore": ignored, "oid": None}

    def _commit(self, name: str, lines: list[dict[str, Any]]) -> Any:
        files = dict(self.state.newest(name))
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.state.large[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        commit = self.state.repositories[name].commit(files)
        return {"commitUrl": f"{self.state.endpoint}/{name}/commit/{commit}", "commitOid": commit}

    def _info(self, name: str, revision: str) -> Any:
        repository = self._readable(name)
        commit = repository.find(revision)
        if commit is None:
            raise _RefusalError(404, "RevisionNotFound")
        siblings = [{"rfilename": path} for path in sorted(repository.commits[commit])]
        facts = {"_id": name, "id": name, "sha": commit, "private": repository.is_private, "siblings": siblings}
        return facts | {"tags": [], "downloads": 0, "likes": 0}

    def _resolve(self, path: str) -> None:
        # /OWNER/NAME/resolve/REVISION/FILE
        parts = path.lstrip("/").split("/")
        name, revision, filename = "/".join(parts[:2]), parts[3], "/".join(parts[4:])
        repository = self._readable(name)
        commit = repository.find(revision)
        if commit is None:
            raise _RefusalError(404, "RevisionNotFound")
        if filename not in repository.commits[commit]:
            raise _RefusalError(404, "EntryNotFound")
        content = repository.commits[commit][filename]
        self._send(200, content, {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": commit})

    def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
