import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from heartprobe.encoders.checkpoint import Checkpoint
from heartprobe.errors import EncoderError

TENSORS = {"a": torch.arange(3.0), "b": torch.ones(2, 2)}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return Checkpoint("mine", str(tmp_path), "local", tmp_path)


def test_weights_come_from_safetensors(checkpoint: Checkpoint) -> None:
    """Names and values as they were stored."""
    save_file(TENSORS, checkpoint.folder / "model.safetensors")
    weights = checkpoint.weights()
    assert sorted(weights) == ["a", "b"]
    assert weights["a"].tolist() == [0.0, 1.0, 2.0]


def test_weights_in_several_files_come_together(checkpoint: Checkpoint) -> None:
    """As an index lists them."""
    save_file({"a": TENSORS["a"]}, checkpoint.folder / "model-1.safetensors")
    save_file({"b": TENSORS["b"]}, checkpoint.folder / "model-2.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (checkpoint.folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert sorted(checkpoint.weights()) == ["a", "b"]


def test_a_missing_part_is_named(checkpoint: Checkpoint) -> None:
    """Of weights in several files."""
    index = {"weight_map": {"a": "model-1.safetensors"}}
    (checkpoint.folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(EncoderError, match=r"model-1\.safetensors is missing"):
        checkpoint.weights()


def test_old_checkpoints_are_read_without_running_them(checkpoint: Checkpoint) -> None:
    """`pytorch_model.bin` is read for its tensors."""
    torch.save(TENSORS, checkpoint.folder / "pytorch_model.bin")
    assert checkpoint.weights()["b"].shape == (2, 2)


class _Hostile:
    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.witness,))


def test_code_in_an_old_checkpoint_is_refused_and_not_run(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """A pickle that would run something gives an error instead."""
    witness = tmp_path / "ran"
    (checkpoint.folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Hostile(witness), protocol=2))
    with pytest.raises(EncoderError, match="damaged or holds more than tensors"):
        checkpoint.weights()
    torch.save({"a": _Hostile(witness)}, checkpoint.folder / "pytorch_model.bin")
    with pytest.raises(EncoderError, match="damaged or holds more than tensors"):
        checkpoint.weights()
    assert not witness.exists()


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("content", [b"", b"not weights", b"\xff" * 100])
def test_damaged_weights_are_one_sentence(checkpoint: Checkpoint, name: str, content: bytes) -> None:
    """That names the encoder and the file, and says what to do."""
    (checkpoint.folder / name).write_bytes(content)
    with pytest.raises(EncoderError, match=rf"Encoder 'mine': .*{name} is damaged .*fetch the encoder again") as caught:
        checkpoint.weights()
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_damaged(checkpoint: Checkpoint) -> None:
    """As a broken download leaves it."""
    file = checkpoint.folder / "model.safetensors"
    save_file(TENSORS, file)
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(EncoderError, match=r"model\.safetensors is damaged"):
        checkpoint.weights()


def test_no_weights_at_all(checkpoint: Checkpoint) -> None:
    """The message says what is looked for."""
    with pytest.raises(EncoderError, match=r"no weights in .*model\.safetensors or pytorch_model\.bin is expected"):
        checkpoint.weights()


def test_no_configuration(checkpoint: Checkpoint) -> None:
    """A folder of something else."""
    with pytest.raises(EncoderError, match=r"no config\.json in .*save_pretrained"):
        checkpoint.config()


@pytest.mark.parametrize(("text", "reason"), [("{", "cannot be read as JSON"), ("[1]", "holds no JSON object")])
def test_a_broken_configuration(checkpoint: Checkpoint, text: str, reason: str) -> None:
    """Is named with its path."""
    (checkpoint.folder / "config.json").write_text(text)
    with pytest.raises(EncoderError, match=rf"config\.json {reason}"):
        checkpoint.config()


def test_input_normalisation_is_read_from_either_file(checkpoint: Checkpoint) -> None:
    """On its own, or inside the processor that also holds a tokenizer."""
    (checkpoint.folder / "processor_config.json").write_text('{"feature_extractor": {"do_normalize": false}}')
    defaults = {"do_normalize": True, "sampling_rate": 16_000}
    assert checkpoint.preprocessor(defaults) == {"do_normalize": False, "sampling_rate": 16_000}
    (checkpoint.folder / "preprocessor_config.json").write_text('{"sampling_rate": 8000, "padding_side": "right"}')
    assert checkpoint.preprocessor(defaults) == {"do_normalize": True, "sampling_rate": 8000}


def test_a_missing_input_normalisation_is_said(checkpoint: Checkpoint, caplog: pytest.LogCaptureFixture) -> None:
    """The default is used, and a warning is logged."""
    assert checkpoint.preprocessor({"do_normalize": True}) == {"do_normalize": True}
    assert "there is no preprocessor_config.json" in caplog.text
