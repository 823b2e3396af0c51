"""The model's facts, the examples, explanations, and the files of the page."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient

from heartprobe.audio import decode_audio
from heartprobe.explain import LONGEST_S
from heartprobe.predict import Predictor
from heartprobe.server import Limits, Settings, create_app
from heartprobe.server.examples import EXAMPLES, Examples
from heartprobe.server.page_files import read_page
from heartprobe.signal.quality import assess
from served import silence, wav


def test_model_facts(client: TestClient, bundle: Path) -> None:
    """Without a word on where the files lie."""
    response = client.get("/v1/model")
    facts = response.json()
    decided = json.loads((bundle / "bundle.json").read_text())["decision"]["labels"]
    prevalence = {label: chosen["patients"]["calibration"]["prevalence"] for label, chosen in decided.items()}
    assert facts["id"] == hashlib.sha256((bundle / "bundle.json").read_bytes()).hexdigest()[:16]
    assert facts["labels"][:2] == [
        {"label": "N", "name": "normal", "finding": "abnormal heart", "prevalence": prevalence["N"]},
        {"label": "AS", "name": "aortic stenosis", "finding": "aortic stenosis", "prevalence": prevalence["AS"]},
    ]
    assert facts["name"] is None
    assert facts["encoder"] == {"name": "logmel", "revision": "2"}
    assert (facts["data"]["patients"], facts["data"]["recordings"]) == (16, 128)
    assert facts["is_synthetic"] is True
    assert facts["limits"]["file_bytes"] == 25_000_000
    assert facts["card"].startswith("# ")
    assert [result["label"] for result in facts["results"]] == ["N", "AS", "AR", "MR", "MS"]
    assert facts["results"][1]["auroc"].keys() >= {"value", "low", "high", "reason", "n"}
    assert facts["disclaimer"].startswith("Research software, not a medical device")
    assert str(bundle.parent) not in response.text


def test_facts_of_the_shipped_model() -> None:
    """Its data do not tell who was recorded, so nobody is called a patient; its probabilities hold at one half."""
    with Predictor.shipped() as shipped, TestClient(create_app(shipped)) as client:
        facts = client.get("/v1/model").json()
        answer = client.post("/v1/predictions", files={"files": ("a.wav", wav())}).json()
    assert (facts["data"]["patients"], facts["data"]["recordings"]) == (None, 1790)
    assert (facts["name"], answer["model"]["name"]) == ("normal-abnormal", "normal-abnormal")
    assert [label["prevalence"] for label in facts["labels"]] == [0.5]
    assert answer["patient"]["N"]["prevalence"] == 0.5


def test_examples(client: TestClient) -> None:
    """Three patients who do not exist, each with eight recordings that can be predicted."""
    listing = client.get("/v1/examples").json()
    assert [one["id"] for one in listing] == ["normal", "aortic-stenosis", "mitral-regurgitation"]
    for example in listing:
        assert [one["position"] for one in example["recordings"]] == [
            f"{posture}_{area}" for posture in ("sup", "sit") for area in ("Mit", "Tri", "Pul", "Aor")
        ]
        urls = [one["url"] for one in example["recordings"]]
        sounds = [client.get(url) for url in urls]
        assert {(one.status_code, one.headers["content-type"]) for one in sounds} == {(200, "audio/wav")}
        files = [("files", (url.rpartition("/")[2], one.content)) for url, one in zip(urls, sounds, strict=True)]
        answer = client.post("/v1/predictions", files=files).json()
        assert [one["problem"] for one in answer["recordings"]] == [None] * 8
        assert answer["recordings"][0]["position"] == "sup_Mit"
    assert client.get("/v1/examples/normal/sup_Foot.wav").status_code == 404
    assert client.get("/v1/examples/../sup_Mit.wav").status_code == 404


def test_examples_are_always_the_same_and_plain_to_hear() -> None:
    """Made from a seed, kept when made; a murmur fills the pause between the sounds."""
    kept, anew = Examples(), Examples()
    first = kept.find("aortic-stenosis", "sup_Aor")
    assert first is not None
    assert kept.find("aortic-stenosis", "sup_Aor") is first
    assert anew.find("aortic-stenosis", "sup_Aor") == first
    samples, rate_hz = soundfile.read(io.BytesIO(first))
    assert (len(samples), rate_hz) == (48_000, 4000)
    assert len({kept.find(example.id, "sup_Mit") for example in EXAMPLES}) == 3
    for example in EXAMPLES:
        content = kept.find(example.id, "sup_Mit")
        assert content is not None
        assert assess(decode_audio(content, example.id)).findings == ()


def test_page_is_served_from_its_folder_alone(client: TestClient) -> None:
    """With the type of each file, and a tag by which a browser asks again."""
    page = read_page()
    assert "index.html" in page
    assert client.get("/").content == page["index.html"].content
    for path, file in page.items():
        response = client.get(f"/page/{path}")
        assert (response.content, response.headers["content-type"]) == (file.content, file.media_type)
        assert response.headers["cache-control"] == "no-cache"
        again = client.get(f"/page/{path}", headers={"If-None-Match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    for path in ("..%2fapp.py", "%2e%2e/app.py", "//etc/passwd", "%00", "index.html/", "a" * 5000):
        assert client.get(f"/page/{path}").status_code == 404


def test_page_files_of_unknown_type_are_left_out(tmp_path: Path) -> None:
    for name in ("index.html", "notes.txt", "sub/a.js", ".secret"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert list(read_page(tmp_path)) == ["index.html", "sub/a.js"]


def test_explanation(client: TestClient) -> None:
    """A number for each cell of the recording's time and frequencies."""
    sound = wav(70, 4.0)
    response = client.post("/v1/explanations", files={"file": ("a.wav", sound)}, data={"label": "AS"})
    assert response.status_code == 200
    answer = response.json()
    assert (answer["label"], answer["method"], answer["unit"]) == ("AS", "occlusion", "change of log odds")
    effect = np.array(answer["effect"])
    assert effect.shape == (len(answer["band_edges_hz"]) - 1, len(answer["time_edges_s"]) - 1)
    assert np.abs(effect).max() > 0
    whole = client.post("/v1/predictions", files={"files": ("a.wav", sound)}).json()["recordings"][0]
    assert answer["finding_probability"] == pytest.approx(whole["answers"]["AS"]["finding_probability"], abs=1e-6)


@pytest.mark.parametrize(
    ("files", "data", "status", "kind"),
    [
        ([], {"label": "AS"}, 422, "files"),
        ([b"x"], {}, 422, "fields"),
        ([b"x"], {"label": "XX"}, 422, "fields"),
        ([b"x" * 99], {"label": "AS"}, 415, "no-audio"),
        ([b""], {"label": "AS"}, 415, "no-audio"),
        ([silence(0.0)], {"label": "AS"}, 422, "empty"),
        ([b"x", b"y"], {"label": "AS"}, 422, "files"),
        ([b"x"], {"label": "AS", "use_poor": "true"}, 422, "fields"),
    ],
)
def test_explanation_is_refused(
    client: TestClient, files: list[bytes], data: dict[str, str], status: int, kind: str
) -> None:
    parts: list[Any] = [("file", ("a.wav", content)) for content in files]
    parts += [(name, (None, value.encode())) for name, value in data.items()]
    response = client.post("/v1/explanations", files=parts)
    assert (response.status_code, response.json()["error"]["kind"]) == (status, kind)


def test_label_that_is_not_given_is_asked_for(client: TestClient) -> None:
    for data in ({}, {"label": ""}):
        refused = client.post("/v1/explanations", files={"file": ("a.wav", wav())}, data=data)
        assert refused.json()["error"]["message"] == (
            "No label is given; name one of N, AS, AR, MR, MS in the field label."
        )


def test_what_is_too_long_to_be_explained(predictor: Predictor) -> None:
    """No more than the library explains, however much is predicted."""
    with TestClient(create_app(predictor, Settings(Limits(sound_s=600)))) as patient:
        files = {"file": ("a.wav", wav(70, LONGEST_S + 1, rate_hz=1000))}
        response = patient.post("/v1/explanations", files=files, data={"label": "AS"})
        assert (response.status_code, response.json()["error"]["kind"]) == (413, "too-long")
        assert f"at most {LONGEST_S:g} s" in response.json()["error"]["message"]
