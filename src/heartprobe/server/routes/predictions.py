"""`POST /v1/predictions`: what the model hears in recordings of one patient."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from heartprobe.server.described import errors, prediction_form
from heartprobe.server.errors import RequestError
from heartprobe.server.form_parts import Upload
from heartprobe.server.model_facts import model_name
from heartprobe.server.patients import DEMOGRAPHICS, demographics_of, recordings_of, refuse_unknown, uses_poor
from heartprobe.server.schemas import PredictionAnswer
from heartprobe.server.service import Answer, PredictionTask, Service
from heartprobe.server.sounds import declared_samples_together, is_no_audio
from heartprobe.server.uploads import read_form
from heartprobe.server.waiting import result_for


def predictions(service: Service, dependencies: list[Any], statuses: list[int]) -> APIRouter:
    """Return the router."""
    router = APIRouter(dependencies=dependencies)
    limits = service.settings.limits
    name = model_name(service)

    @router.post(
        "/v1/predictions",
        response_model=PredictionAnswer,
        responses=errors([*statuses, 400, 408, 413, 415, 422, 429, 500, 503]),
        openapi_extra=prediction_form(limits),
        summary="Predict one patient from one to eight recordings",
        tags=["model"],
    )
    async def predict(request: Request) -> JSONResponse:
        """Answer about the patient and about each recording.

        A recording that cannot be used is named in a 200 answer with what is wrong with it, and left out of the
        patient's answer.
        """
        with service.room.share() as share:
            form = await read_form(
                request,
                limits,
                share,
                files_in="files",
                fields=("positions", *DEMOGRAPHICS, "use_poor"),
                most_files=limits.files,
            )
            task = PredictionTask(recordings_of(form), demographics_of(form), uses_poor(form))
            refuse_unknown(task.demographics, service.predictor.demographic_fields)
            samples = await asyncio.to_thread(declared_samples_together, form.files, limits)
            answer = await result_for(request, service.predictions.submit(task, weight=samples, share=share))
        _refuse_what_is_no_audio(answer, form.files)
        said = {key: value for key, value in answer.items() if key != "patient_id"}
        return JSONResponse({"model": name, **said})

    return router


def _refuse_what_is_no_audio(answer: Answer, uploads: Sequence[Upload]) -> None:
    kinds = [
        next((finding["kind"] for finding in recording["findings"] if finding["is_problem"]), None)
        for recording in answer["recordings"]
    ]
    if all(map(is_no_audio, kinds, uploads)):
        first = answer["recordings"][0]["problem"]
        raise RequestError(415, "no-audio", first + _neither([upload.name for upload in uploads[1:]]))


def _neither(names: Sequence[str]) -> str:
    """Return the sentence that these files are no sound either; nothing where there are none."""
    if not names:
        return ""
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f" {listed} {'holds' if len(names) == 1 else 'hold'} no sound either."
