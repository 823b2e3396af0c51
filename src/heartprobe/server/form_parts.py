"""The parts of a form, put together from the pieces in which they arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from python_multipart.multipart import parse_options_header

from heartprobe.errors import did_you_mean
from heartprobe.server.errors import too_large, unfit
from heartprobe.server.settings import Limits

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

#: Characters of a file's name that are echoed; file systems have at most 255 bytes.
_LONGEST_NAME: Final = 200

#: Bytes of the value of a field; the longest that means anything has seven.
_LONGEST_FIELD: Final = 100

#: Fields beside the files: eight positions, and some more than there are others.
_MOST_FIELDS: Final = 24


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file."""

    name: str
    content: bytes = field(repr=False)


@dataclass(slots=True, eq=False)
class PartCollector:
    """Takes the parts from a parser, piece by piece, and refuses at once what is too much.

    Attributes:
        limits: What a file may be.
        files_in: The name of parts that are files.
        known: The names of all others.
        most_files: How many files there may be.
        files: Those that are complete.
        fields: Names and values of the others.
        is_complete: Whether the last boundary has come.
    """

    limits: Limits
    files_in: str
    known: frozenset[str]
    most_files: int
    files: list[Upload] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)
    is_complete: bool = False
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: str = ""
    _name: str = ""
    _file_name: str = ""
    _pieces: list[bytes] = field(default_factory=list)
    _n_bytes: int = 0

    def callbacks(self) -> MultipartCallbacks:
        """Return what the parser is to call."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_part_end": self._end,
            "on_end": self._complete,
        }

    def _begin(self) -> None:
        self._disposition, self._pieces, self._n_bytes = "", [], 0

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value.decode("latin-1")
        self._header.clear()
        self._value.clear()

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._file_name = options.get(b"filename", b"").decode("utf-8", "replace")
        if self._name == self.files_in:
            if len(self.files) == self.most_files:
                raise unfit("files", f"More than {self.most_files} files are given; {self._expected_files()}.")
        elif self._name not in self.known:
            hint = did_you_mean(self._name, (self.files_in, *self.known))
            shown = shown_name(self._name) or "without a name"
            expected = ", ".join((self.files_in, *sorted(self.known)))
            raise unfit("fields", f"The field {shown} is unknown.{hint} Expected {expected}.")
        elif len(self.fields) == _MOST_FIELDS:
            raise unfit("fields", f"The form has more than {_MOST_FIELDS} fields beside its files; give each once.")

    def _expected_files(self) -> str:
        return "one was expected" if self.most_files == 1 else "a patient has one recording for each position"

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._n_bytes += end - start
        is_file = self._name == self.files_in
        if is_file and self._n_bytes > self.limits.file_bytes:
            which = shown_name(self._file_name) or f"Number {len(self.files) + 1}"
            raise too_large(
                f"{which} is larger than the {self.limits.file_mb:g} MB that a file may have; "
                "send a shorter recording, or one at a lower rate."
            )
        if not is_file and self._n_bytes > _LONGEST_FIELD:
            raise unfit("fields", f"The field {self._name} is longer than {_LONGEST_FIELD} bytes.")
        self._pieces.append(data[start:end])

    def _end(self) -> None:
        content = b"".join(self._pieces)
        self._pieces = []
        if self._name == self.files_in:
            self.files.append(Upload(shown_name(self._file_name) or f"recording-{len(self.files) + 1}", content))
        else:
            self.fields.append((self._name, content.decode("utf-8", "replace")))

    def _complete(self) -> None:
        self.is_complete = True


def shown_name(name: str) -> str:
    """Return the last part of a path, without what is no text, as an answer may show it."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(character if character.isprintable() else "�" for character in last)[:_LONGEST_NAME]
