"""`POST /v1/predictions`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from heartprobe.predict import Predictor
from heartprobe.server import Limits, Settings, create_app
from served import silence, trained, wav


def post(client: TestClient, *files: tuple[str, bytes], **fields: Any) -> Any:
    return client.post("/v1/predictions", files=[("files", file) for file in files], data=fields)


def error(response: Any) -> tuple[int, str, str]:
    said = response.json()["error"]
    assert list(response.json()) == ["error"]
    return response.status_code, said["kind"], said["message"]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "p_sup_Mit.wav", tmp_path / "p_sit_Aor.wav"]
    for seed, path in enumerate(paths):
        path.write_bytes(wav(70, 11.0, seed=seed))
    return paths


def test_answer_is_that_of_the_library(client: TestClient, predictor: Predictor, files: list[Path]) -> None:
    """To the last bit, with the model's name before it, and with beats."""
    response = post(client, *((path.name, path.read_bytes()) for path in files))
    assert response.status_code == 200
    answer = response.json()
    assert list(answer) == ["model", "patient", "problem", "notes", "heart_rate", "recordings"]
    assert answer["model"]["labels"] == ["N", "AS", "AR", "MR", "MS"]
    assert answer["model"]["is_synthetic"] is True
    beats = [recording.pop("beats_s") for recording in answer["recordings"]]
    expected = predictor.predict(files).as_dict()
    assert {key: answer[key] for key in expected if key != "patient_id"} == {
        key: value for key, value in expected.items() if key != "patient_id"
    }
    # 70 beats per minute in 11 s.
    assert [11 <= len(of_one) <= 14 for of_one in beats] == [True, True]
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_every_format_at_every_rate(client: TestClient, kind: str) -> None:
    """Told from the content: the name says something else."""
    response = post(client, ("sound.bin", wav(80, 8.0, rate_hz=16_000, kind=kind)))
    (recording,) = response.json()["recordings"]
    assert (response.status_code, recording["problem"]) == (200, None)
    assert recording["duration_s"] == pytest.approx(8.0, abs=0.1)


def test_positions(client: TestClient) -> None:
    """Given ones count, an empty one is taken from the name, and so are all where none is given."""
    sounds = [("a_sup_Mit.wav", wav(seed=1)), ("b_sup_Mit.wav", wav(seed=2)), ("c.wav", wav(seed=3))]
    given = post(client, *sounds, positions=["sit_Aor", "", "Tri"]).json()
    assert [recording["position"] for recording in given["recordings"]] == ["sit_Aor", "sup_Mit", "Tri"]
    from_names = post(client, *sounds).json()
    assert [recording["position"] for recording in from_names["recordings"]] == ["sup_Mit", "sup_Mit", None]


def test_names_are_echoed_without_folders(client: TestClient) -> None:
    """Whatever they look like; what is no text is replaced."""
    names = ["../../etc/passwd", "C:\\x\\sup_Mit.wav", "\x01\x1b[31m.wav", "Herz-ä.wav", "/", "x" * 900 + ".wav"]
    response = post(client, *((name, wav(seed=place)) for place, name in enumerate(names)))
    shown = [recording["name"] for recording in response.json()["recordings"]]
    assert shown[:2] == ["passwd", "sup_Mit.wav"]
    assert "\x1b" not in response.text
    assert "\x01" not in response.text
    assert shown[3:] == ["Herz-ä.wav", "recording-5", "x" * 200]


def test_what_cannot_be_used_is_a_finding(client: TestClient) -> None:
    """And the others are answered as if it were not there."""
    good, cut = wav(seed=1), wav(seed=2)[:9000]
    alone = post(client, ("a.wav", good)).json()
    beside = post(client, ("a.wav", good), ("cut.wav", cut), ("s.wav", silence()), ("t.txt", b"Dear doctor")).json()
    assert beside["patient"] == alone["patient"]
    kinds = [[one["kind"] for one in r["findings"] if one["is_problem"]] for r in beside["recordings"]]
    assert kinds == [[], ["truncated"], ["silent"], ["unreadable"]]
    assert [recording["answers"] is None for recording in beside["recordings"]] == [False, True, True, True]
    assert [recording["beats_s"] for recording in beside["recordings"][1:]] == [[], [], []]


def test_nothing_usable_is_still_an_answer(client: TestClient) -> None:
    """It is audio, after all: 200 with the reasons, also of the patient."""
    response = post(client, ("s.wav", silence()), ("e.wav", b""))
    assert response.status_code == 200
    assert response.json()["patient"] is None
    assert response.json()["problem"].startswith(
        "None of the 2 recordings could be used; of the first: s.wav is silent"
    )
    assert [r["problem"] is None for r in response.json()["recordings"]] == [False, False]


def test_poor_recordings_take_part_if_told(client: TestClient) -> None:
    """As with `heartprobe predict --use-poor`."""
    short = ("short.wav", wav(70, 2.0))
    assert post(client, short).json()["patient"] is None
    assert post(client, short, use_poor="true").json()["patient"] is not None


def test_no_audio_is_415(client: TestClient) -> None:
    status, kind, message = error(post(client, ("../a.txt", b"Dear doctor, " * 99)))
    assert (status, kind) == (415, "no-audio")
    assert message.startswith("a.txt cannot be read as sound")
    both = error(post(client, ("a.txt", b"x" * 99), ("b.txt", b"y" * 99)))[2]
    assert both.startswith("a.txt cannot be read as sound")
    assert both.endswith(" b.txt holds no sound either.")
    many = [*((f"{name}.txt", name.encode() * 99) for name in "abc"), ("empty.wav", b"")]
    assert error(post(client, *many))[2].endswith(" b.txt, c.txt and empty.wav hold no sound either.")


def test_an_empty_file_is_no_audio(client: TestClient) -> None:
    """415 where there is nothing else; a sound of no length is one, and says so in a 200."""
    status, kind, message = error(post(client, ("a.wav", b"")))
    assert (status, kind) == (415, "no-audio")
    assert message.startswith("a.wav has no content")
    assert error(post(client, ("a.wav", b""), ("b.txt", b"y" * 99)))[:2] == (415, "no-audio")
    assert post(client, ("a.wav", silence(0.0))).status_code == 200


def test_files_that_look_like_those_of_several_people(client: TestClient) -> None:
    """They are answered, and the answer asks."""
    one = post(client, ("AS_001_sup_Mit.wav", wav(seed=1)), ("AS_001_sit_Aor.wav", wav(seed=2))).json()
    two = post(client, ("AS_001_sup_Mit.wav", wav(seed=1)), ("MR_002_sit_Aor.wav", wav(seed=2))).json()
    assert two["patient"] == one["patient"]
    (asked,) = [note for note in two["notes"] if note not in one["notes"]]
    assert asked.startswith("Are all recordings of one person?")
    assert "AS_001, MR_002" in asked


@pytest.mark.parametrize(
    ("fields", "kind", "beginning"),
    [
        ({"positions": ["sup_Mit", "sup_Aor"]}, "positions", "2 positions are given for 1 files"),
        ({"positions": ["sup_Foot"]}, "positions", "The position 'sup_Foot' is unknown"),
        ({"age": "old"}, "fields", "The age 'old' cannot be believed; expected 0 to 120 years."),
        ({"age": "nan"}, "fields", "The age 'nan' cannot be believed"),
        ({"age": "-1"}, "fields", "The age '-1' cannot be believed"),
        ({"sex": "x"}, "fields", "The field sex is 'x'; expected M or F."),
        ({"smoker": "sometimes"}, "fields", "The field smoker is 'sometimes'"),
        ({"lives": ["U", "R"]}, "fields", "The field lives is given 2 times; give it once."),
        ({"use_poor": "2"}, "fields", "The field use_poor is '2'"),
        ({"postions": "Mit"}, "fields", "The field postions is unknown. Did you mean 'positions'?"),
        ({"age": "1" * 101}, "fields", "The field age is longer than 100 bytes."),
    ],
)
def test_wrong_fields_are_422(client: TestClient, fields: dict[str, Any], kind: str, beginning: str) -> None:
    status, found, message = error(post(client, ("a.wav", wav()), **fields))
    assert (status, found) == (422, kind)
    assert message.startswith(beginning)


def test_number_of_files(client: TestClient) -> None:
    """At least one, at most eight."""
    assert error(client.post("/v1/predictions", files=[("age", (None, b"61"))])) == (
        422,
        "files",
        "No recording is given; send one to eight audio files in the field files.",
    )
    nine = [(f"{place}.wav", b"") for place in range(9)]
    assert error(post(client, *nine)) == (
        422,
        "files",
        "More than 8 files are given; a patient has one recording for each position.",
    )


def test_other_bodies_than_forms(client: TestClient) -> None:
    """415 where the type says so, 400 where the body does not hold what its type says."""
    assert error(client.post("/v1/predictions", json={"files": []}))[:2] == (415, "not-a-form")
    assert error(client.post("/v1/predictions"))[:2] == (415, "not-a-form")
    for content_type, body in (
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=" + 300 * "x", b"x"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"something else"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=files\r\n\r\nxyz"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X-A: b\r\n" * 99 + b"\r\n\r\n--b--"),
        ("multipart/form-data; boundary=b", b"--b\r\nX-A: " + b"b" * 9999 + b"\r\n\r\n\r\n--b--"),
    ):
        response = client.post("/v1/predictions", content=body, headers={"Content-Type": content_type})
        assert error(response)[:2] == (400, "malformed"), (content_type, body)


def test_too_long_together_is_413(predictor: Predictor) -> None:
    """However small the files are: what they would take when they are decoded counts."""
    limits = Limits(samples=200_000, decoded_samples=250_000)
    flac = wav(70, 3.0, rate_hz=44_100, kind="FLAC")
    with TestClient(create_app(predictor, Settings(limits))) as client:
        assert post(client, ("a.flac", flac)).status_code == 200
        assert error(post(client, ("a.flac", flac), ("b.flac", flac))) == (
            413,
            "too-long",
            "The recordings have 264600 samples together; at most 250000 are taken at once. Send fewer of them, "
            "shorter ones, or ones at a lower rate.",
        )


def test_too_long_is_413_whatever_its_size(predictor: Predictor) -> None:
    """By seconds and by samples, told from the header."""
    with TestClient(create_app(predictor, Settings(Limits(sound_s=10, samples=100_000)))) as client:
        assert post(client, ("a.wav", wav(70, 9.9))).status_code == 200
        status, kind, message = error(post(client, ("a.wav", wav(70, 10.5))))
        assert (status, kind) == (413, "too-long")
        assert message.startswith("a.wav lasts 10 s at 4000 Hz; at most 10 s and 100000 samples are taken.")
        assert error(post(client, ("a.flac", wav(70, 9.9, rate_hz=44_100, kind="FLAC"))))[:2] == (413, "too-long")


@pytest.fixture(scope="module")
def client_of_demographic_model(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    bundle = trained(synthetic, tmp_path_factory.mktemp("demographic") / "run", 'dataset.demographics=["age","sex"]')
    with Predictor.open(bundle, device="cpu") as opened, TestClient(create_app(opened)) as asking:
        yield asking


def test_demographics_that_a_model_needs(client_of_demographic_model: TestClient) -> None:
    """What is missing is named by its field; what is given changes the answer."""
    fields = client_of_demographic_model.get("/v1/model").json()["demographics"]
    assert "age" in fields
    status, kind, message = error(post(client_of_demographic_model, ("a.wav", wav())))
    assert (status, kind) == (422, "fields")
    assert f"give the fields {', '.join(fields)}, too" in message
    known = {"age": "61", "sex": "F", "smoker": "false", "lives": "U"}
    sixty = post(client_of_demographic_model, ("a.wav", wav()), **known)
    twenty = post(client_of_demographic_model, ("a.wav", wav()), **{**known, "age": "20"})
    assert (sixty.status_code, twenty.status_code) == (200, 200)
    assert sixty.json()["patient"] != twenty.json()["patient"]
