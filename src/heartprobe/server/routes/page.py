"""`/` and `/page/...`: the page for people. It asks for no token; what it asks the API does."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from heartprobe.server.described import message_of
from heartprobe.server.errors import RequestError
from heartprobe.server.page_files import PageFile


def page(files: Mapping[str, PageFile]) -> APIRouter:
    """Return the router; its addresses are no part of the API's description."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        return _answer(request, files.get("index.html"))

    @router.api_route("/page/{path:path}", methods=["GET", "HEAD"])
    async def file(request: Request, path: str) -> Response:
        return _answer(request, files.get(path))

    return router


def _answer(request: Request, found: PageFile | None) -> Response:
    if found is None:
        raise RequestError(404, *message_of(404))
    # Kept by the browser, which asks each time whether it is still right.
    headers = {"Cache-Control": "no-cache", "ETag": found.etag}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
