"""What watches over a server asks: whether it lives, whether it answers, how much it does."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from heartprobe.server.described import errors
from heartprobe.server.errors import stopping
from heartprobe.server.schemas import StateAnswer
from heartprobe.server.service import Service


def operations(service: Service, dependencies: list[Any], statuses: list[int]) -> APIRouter:
    """Return the router; only the metrics ask for the token."""
    router = APIRouter(tags=["operation"])
    open_to_all = [status for status in statuses if status != 401]

    @router.get(
        "/healthz",
        response_model=StateAnswer,
        responses=errors([*open_to_all, 500]),
        summary="Whether the server lives",
    )
    async def healthz() -> JSONResponse:
        """Answer, also while the server stops."""
        return JSONResponse({"status": "ok"})

    @router.get(
        "/readyz",
        response_model=StateAnswer,
        responses=errors([*open_to_all, 500, 503]),
        summary="Whether predictions are made",
    )
    async def readyz() -> JSONResponse:
        """Answer 503 from the moment that the server is told to stop."""
        if not service.is_ready:
            raise stopping()
        return JSONResponse({"status": "ready"})

    @router.get(
        "/metrics",
        dependencies=dependencies,
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, **errors([*statuses, 500])},
        summary="Counters for Prometheus",
    )
    async def metrics() -> Response:
        """Return requests, times, queue, batches and memory as text."""
        return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router
