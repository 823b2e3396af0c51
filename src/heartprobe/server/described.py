"""The parts of the API's description that the code does not say by itself: forms, errors, examples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from heartprobe.server.patients import POSITIONS
from heartprobe.server.schemas import ErrorAnswer
from heartprobe.server.settings import Limits

TITLE: Final = "heartprobe"

DESCRIPTION: Final = """\
Classifies heart-sound recordings with a trained model. **Research software, not a medical device**: its answer must
not decide about anybody's care.

Recordings are wav, flac, mp3, ogg or aiff files at any rate. They are held in memory while they are worked on, and
nothing of them is stored or logged. Every error is answered as `{"error": {"kind": ..., "message": ...}}`.
"""

#: What every status means here, with an example of its kind and its sentence.
_ERRORS: Final[dict[int, tuple[str, str, str]]] = {
    400: ("The body is no complete form.", "malformed", "The body is no complete form: it ends before its last "
          "boundary. Send it again."),
    401: ("The token is missing or wrong.", "unauthorised", "This server asks for a token; send it as the header "
          "Authorization: Bearer TOKEN."),
    404: ("There is no such thing.", "not-found", "There is nothing at this address; see /openapi.json for what "
          "there is."),
    405: ("The address is there, but not for this method.", "method", "This address cannot be asked in this way; "
          "see /openapi.json."),
    408: ("The body came too slowly.", "too-slow", "The request did not arrive within 60 s; send less, or over a "
          "faster connection."),
    413: ("The request, a file or a sound is too large or too long.", "too-large", "a.wav is larger than the 25 MB "
          "that a file may have; send a shorter recording, or one at a lower rate."),
    415: ("The body is no form, or no file holds audio: an empty one does not.", "no-audio", "a.txt cannot be read as "
          "sound (Format not recognised); a wav or flac file was expected, export it again as one."),
    421: ("The server was asked by a name that is not one of its machine.", "host", "This server answers by the names "
          "127.0.0.1, ::1, localhost; ask it by one of them."),
    422: ("Fields or files do not fit together.", "positions", "2 positions are given for 3 files; give one for each "
          "file in their order (an empty one is taken from the file's name), or none."),
    429: ("As much waits as may.", "busy", "32 requests wait already, as many as may. Try again in 2 s."),
    500: ("A fault of the server, noted in its log.", "failure", "The server failed to answer; that is a fault of its "
          "own, noted in its log as failure 1f0c9a2b."),
    503: ("The server is being stopped, or too many clients are connected.", "stopping", "The server is being stopped "
          "and takes no new requests; try again when it is back."),
}  # fmt: skip

_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Bearer"}},
    429: {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}},
    503: {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}},
}

_POSITION: Final = {"type": "string", "enum": [*POSITIONS, ""]}
_YES_OR_NO: Final = {"type": "string", "enum": ["true", "false", ""]}
_DEMOGRAPHICS: Final[dict[str, Any]] = {
    "age": {"type": "number", "minimum": 0, "maximum": 120, "description": "In years, if the model uses it."},
    "sex": {"type": "string", "enum": ["M", "F", ""], "description": "If the model uses it."},
    "smoker": _YES_OR_NO | {"description": "If the model uses it."},
    "lives": {"type": "string", "enum": ["U", "R", ""], "description": "Urban or rural, if the model uses it."},
}
_FILE: Final = {"type": "string", "format": "binary"}


def errors(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """Return the description of error answers, for the `responses` of a route."""
    described: dict[int | str, dict[str, Any]] = {}
    for status in sorted(statuses):
        meaning, kind, message = _ERRORS[status]
        example = {"error": {"kind": kind, "message": message}}
        described[status] = {
            "model": ErrorAnswer,
            "description": meaning,
            "content": {"application/json": {"example": example}},
        }
        if status in _HEADERS:
            described[status]["headers"] = _HEADERS[status]
    return described


def message_of(status: int) -> tuple[str, str]:
    """Return the kind and the sentence of a status that needs no more than that."""
    _, kind, message = _ERRORS[status]
    return kind, message


def prediction_form(limits: Limits) -> dict[str, Any]:
    """Return the body of a prediction, for the `openapi_extra` of its route."""
    return _form(
        {
            "files": {
                "type": "array",
                "items": _FILE,
                "minItems": 1,
                "maxItems": limits.files,
                "description": f"Recordings of one patient: at most {limits.file_mb:g} MB each, {limits.total_mb:g} MB "
                f"together, {limits.sound_s:g} s long.",
            },
            "positions": {
                "type": "array",
                "items": _POSITION,
                "maxItems": limits.files,
                "description": "None, or one for each file in order: valve area, or posture and valve area; an empty "
                "one is taken from the end of the file's name, such as `_sup_Mit.wav`.",
            },
            **_DEMOGRAPHICS,
            "use_poor": _YES_OR_NO | {"description": "Use recordings of disqualifying quality, too."},
        },
        required=["files"],
        example={"positions": ["sup_Mit", "sup_Aor"], "age": 61},
    )


def explanation_form(labels: Iterable[str]) -> dict[str, Any]:
    """Return the body of an explanation, for the `openapi_extra` of its route."""
    return _form(
        {
            "file": _FILE | {"description": "One recording."},
            "label": {"type": "string", "enum": list(labels)},
            **_DEMOGRAPHICS,
        },
        required=["file", "label"],
        example={"label": next(iter(labels))},
    )


def _form(properties: dict[str, Any], *, required: list[str], example: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    content = {"schema": schema, "example": example}
    # Repeated values are repeated parts, as browsers send them.
    arrays = [name for name, value in properties.items() if value["type"] == "array"]
    if arrays:
        content["encoding"] = {name: {"style": "form", "explode": True} for name in arrays}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": content}}}
