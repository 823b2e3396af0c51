"""The application: its routes, and how it answers what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from heartprobe import __version__
from heartprobe.predict import Predictor
from heartprobe.server.described import DESCRIPTION, TITLE, message_of
from heartprobe.server.errors import RequestError, error_response
from heartprobe.server.front_door import FrontDoor
from heartprobe.server.page_files import read_page
from heartprobe.server.routes.explanations import explanations
from heartprobe.server.routes.model import model
from heartprobe.server.routes.operations import operations
from heartprobe.server.routes.page import page
from heartprobe.server.routes.predictions import predictions
from heartprobe.server.service import Service
from heartprobe.server.settings import Settings
from heartprobe.server.token import TokenCheck


def create_app(predictor: Predictor, settings: Settings | None = None) -> FastAPI:
    """Return the application of a model.

    Its threads run from here on, and end with the application's lifespan. `app.state.service` holds them.

    Args:
        predictor: An opened model.
        settings: Limits and token.
    """
    service = Service(predictor, settings or Settings())
    app = FastAPI(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=_lifespan,
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    token = service.settings.token
    dependencies = [Depends(TokenCheck(token))] if token is not None else []
    statuses = [404, 405]
    statuses += [401] if token is not None else []
    statuses += [421] if service.settings.hosts is not None else []
    for routes in (predictions, explanations, model, operations):
        app.include_router(routes(service, dependencies, statuses))
    app.include_router(page(read_page()))
    app.add_middleware(FrontDoor, service=service)
    app.add_exception_handler(HTTPException, _refused_by_the_framework)
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.service.end()


async def _refused_by_the_framework(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code if error.status_code in (404, 405) else 400
    kind, message = message_of(status)
    return error_response(status, kind, message, headers=error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    return RequestError(422, "fields", f"{where}: {problem['msg']}.").response()
