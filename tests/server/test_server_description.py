"""What the API says of itself, held against what it does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks

from heartprobe.predict import Predictor
from heartprobe.server import Settings, create_app
from served import silence, wav

OPERATIONS = {
    ("get", "/healthz"): {200, 404, 405, 500},
    ("get", "/metrics"): {200, 404, 405, 500},
    ("get", "/readyz"): {200, 404, 405, 500, 503},
    ("get", "/v1/examples"): {200, 404, 405, 500, 503},
    ("get", "/v1/examples/{example_id}/{position}.wav"): {200, 404, 405, 422, 500, 503},
    ("get", "/v1/model"): {200, 404, 405, 500, 503},
    ("post", "/v1/explanations"): {200, 400, 404, 405, 408, 413, 415, 422, 429, 500, 503},
    ("post", "/v1/predictions"): {200, 400, 404, 405, 408, 413, 415, 422, 429, 500, 503},
}


@pytest.fixture(scope="module")
def description(client: TestClient) -> Any:
    return client.get("/openapi.json").json()


def operations(description: Any) -> dict[tuple[str, str], Any]:
    return {
        (method, path): operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_and_every_status_is_described(description: Any) -> None:
    found = {
        key: {int(status) for status in operation["responses"]} for key, operation in operations(description).items()
    }
    assert found == OPERATIONS


def test_every_error_has_an_example_of_its_form(description: Any) -> None:
    for operation in operations(description).values():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                content = response["content"]["application/json"]
                assert content["example"]["error"].keys() == {"kind", "message"}
                assert content["schema"] == {"$ref": "#/components/schemas/ErrorAnswer"}
    busy = operations(description)["post", "/v1/predictions"]["responses"]["429"]
    assert "Retry-After" in busy["headers"]


def test_forms_name_every_field_and_the_limits(description: Any) -> None:
    body = operations(description)["post", "/v1/predictions"]["requestBody"]["content"]["multipart/form-data"]
    fields = body["schema"]["properties"]
    assert list(fields) == ["files", "positions", "age", "sex", "smoker", "lives", "use_poor"]
    assert (fields["files"]["minItems"], fields["files"]["maxItems"]) == (1, 8)
    assert "25 MB each, 100 MB together, 120 s long" in fields["files"]["description"]
    assert fields["positions"]["items"]["enum"][:2] == ["sup_Mit", "sup_Tri"]
    assert body["example"]


def test_token_is_described_where_it_is_asked_for(description: Any, predictor: Predictor) -> None:
    assert "securitySchemes" not in description["components"]
    guarded = create_app(predictor, Settings(token="s3cret")).openapi()
    assert guarded["components"]["securitySchemes"]["TokenCheck"]["scheme"] == "bearer"
    secured = {key for key, operation in operations(guarded).items() if "security" in operation}
    assert secured == set(OPERATIONS) - {("get", "/healthz"), ("get", "/readyz")}
    assert all("401" in operations(guarded)[key]["responses"] for key in secured)


def test_wrong_name_is_described_where_it_is_refused(description: Any, predictor: Predictor) -> None:
    own = create_app(predictor, Settings(hosts=frozenset({"localhost"}))).openapi()
    assert all("421" in operation["responses"] for operation in operations(own).values())
    assert not any("421" in operation["responses"] for operation in operations(description).values())


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/model", "/v1/examples"])
def test_answers_are_as_described(client: TestClient, description: Any, path: str) -> None:
    check(description, "get", path, client.get(path))


def test_predictions_and_explanations_are_as_described(client: TestClient, description: Any) -> None:
    """Of all kinds of recordings: good, silent, broken, no audio."""
    sounds = [("a.wav", wav()), ("s.wav", silence()), ("b.wav", b"RIFF"), ("c.wav", wav(70, 2.0))]
    response = client.post("/v1/predictions", files=[("files", sound) for sound in sounds])
    check(description, "post", "/v1/predictions", response)
    response = client.post("/v1/explanations", files={"file": sounds[0]}, data={"label": "N"})
    check(description, "post", "/v1/explanations", response)


def check(description: Any, method: str, path: str, response: Any) -> None:
    assert response.status_code == 200
    schema = operations(description)[method, path]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema_rs.validate({**schema, "components": description["components"]}, response.json())


@pytest.fixture(scope="module")
def schema(app: FastAPI) -> Any:
    """The description as schemathesis reads it, from an application that does not end after every request."""

    async def lasting(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for part in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{part}.complete"})

    return schemathesis.openapi.from_asgi("/openapi.json", lasting)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("method_and_path", OPERATIONS)
def test_generated_requests(schema: Any, method_and_path: tuple[str, str], mode: GenerationMode) -> None:
    """Well-formed and not: no 5xx, and every answer has a status, a type, headers and a form that are described."""
    ask_generated(schema, method_and_path, mode, examples=15)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("method_and_path", OPERATIONS)
def test_many_generated_requests(schema: Any, method_and_path: tuple[str, str], mode: GenerationMode) -> None:
    ask_generated(schema, method_and_path, mode, examples=300)


def ask_generated(schema: Any, method_and_path: tuple[str, str], mode: GenerationMode, *, examples: int) -> None:
    method, path = method_and_path
    operation = schema[path][method.upper()]
    # Random bytes are no sound, so that what is well-formed need not be accepted.
    excluded = [checks.positive_data_acceptance, checks.negative_data_rejection]
    answered: Counter[int] = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        answered[case.call_and_validate(excluded_checks=excluded).status_code] += 1

    try:
        one()
    except Unsatisfiable:
        # Nothing can be wrong about a request that has no parts.
        assert mode is GenerationMode.NEGATIVE
        assert method == "get"
    assert max(answered, default=0) < 500
