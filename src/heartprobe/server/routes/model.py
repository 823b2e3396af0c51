"""`GET /v1/model`, and synthetic patients to try it on."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse, Response

from heartprobe.server.described import errors
from heartprobe.server.errors import RequestError
from heartprobe.server.examples import EXAMPLES, POSITION_NAMES, Examples
from heartprobe.server.model_facts import model_facts
from heartprobe.server.schemas import ExampleAnswer, ModelAnswer
from heartprobe.server.service import Service


def model(service: Service, dependencies: list[Any], statuses: list[int]) -> APIRouter:
    """Return the router."""
    router = APIRouter(dependencies=dependencies, tags=["model"])
    examples = Examples()
    facts = model_facts(service)

    @router.get(
        "/v1/model", response_model=ModelAnswer, responses=errors([*statuses, 500, 503]), summary="What the model is"
    )
    async def describe() -> JSONResponse:
        """Return what it was made from, how well it did, and what it is not good for."""
        return JSONResponse(facts)

    @router.get(
        "/v1/examples",
        response_model=list[ExampleAnswer],
        responses=errors([*statuses, 500, 503]),
        summary="Synthetic patients to try",
    )
    async def list_examples() -> JSONResponse:
        """Return three patients who do not exist, with eight recordings each."""
        return JSONResponse(examples.listing())

    @router.get(
        "/v1/examples/{example_id}/{position}.wav",
        response_class=Response,
        responses={200: {"content": {"audio/wav": {}}}, **errors([*statuses, 422, 500, 503])},
        summary="A recording of a synthetic patient",
    )
    async def example(
        example_id: Annotated[str, Path(examples=[EXAMPLES[0].id])],
        position: Annotated[str, Path(examples=[POSITION_NAMES[0]])],
    ) -> Response:
        """Return a wav file."""
        content = await asyncio.to_thread(examples.find, example_id, position)
        if content is None:
            raise RequestError(404, "not-found", "There is no such example; /v1/examples lists them.")
        return Response(content, media_type="audio/wav")

    return router
