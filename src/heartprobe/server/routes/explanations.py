"""`POST /v1/explanations`: which parts of a recording spoke for a finding."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from heartprobe.errors import AudioError
from heartprobe.explain import LONGEST_S
from heartprobe.server.described import errors, explanation_form
from heartprobe.server.errors import RequestError, unfit
from heartprobe.server.patients import DEMOGRAPHICS, demographics_of, refuse_unknown
from heartprobe.server.schemas import ExplanationAnswer
from heartprobe.server.service import ExplanationTask, Service
from heartprobe.server.sounds import declared_samples, is_no_audio
from heartprobe.server.uploads import Form, read_form
from heartprobe.server.waiting import result_for


def explanations(service: Service, dependencies: list[Any], statuses: list[int]) -> APIRouter:
    """Return the router."""
    router = APIRouter(dependencies=dependencies)
    limits = service.settings.limits
    sounds = replace(limits, sound_s=min(limits.sound_s, LONGEST_S))
    labels = service.predictor.labels

    @router.post(
        "/v1/explanations",
        response_model=ExplanationAnswer,
        responses=errors([*statuses, 400, 408, 413, 415, 422, 429, 500, 503]),
        openapi_extra=explanation_form(labels),
        summary="Explain one label in one recording",
        tags=["model"],
    )
    async def explain(request: Request) -> JSONResponse:
        """Say how the answer changes when a moment or a band of frequencies is taken out of the recording."""
        with service.room.share() as share:
            form = await read_form(
                request, limits, share, files_in="file", fields=("label", *DEMOGRAPHICS), most_files=1
            )
            task = _task_of(form, service)
            await asyncio.to_thread(declared_samples, task.upload, sounds)
            try:
                answer = await result_for(request, service.explanations.submit(task, share=share))
            except AudioError as error:
                if is_no_audio(error.kind, task.upload):
                    raise RequestError(415, "no-audio", str(error)) from None
                raise RequestError(422, error.kind, str(error)) from None
            finally:
                task.given_up.set()
        return JSONResponse(answer)

    return router


def _task_of(form: Form, service: Service) -> ExplanationTask:
    labels = service.predictor.labels
    if not form.files:
        raise unfit("files", "No recording is given; send one audio file in the field file.")
    label = form.one("label")
    if label is None:
        raise unfit("fields", f"No label is given; name one of {', '.join(labels)} in the field label.")
    if label not in labels:
        raise unfit("fields", f"The label {label!r} is not the model's; expected one of {', '.join(labels)}.")
    demographics = demographics_of(form)
    refuse_unknown(demographics, service.predictor.demographic_fields)
    return ExplanationTask(form.files[0], label, demographics)
