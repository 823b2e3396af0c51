"""What every encoder keeps, whatever its family. A new family needs a case here; the last tests see to it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from heartprobe.encoders.built_in import BUILT_IN
from heartprobe.encoders.catalogue import CATALOGUE
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import EncoderError
from tiny_encoders import TINY_ENCODERS, save_tiny_encoder

SHIPPED = [name for name, entry in CATALOGUE.items() if entry.family == "shipped"]
CASES = [*BUILT_IN, *SHIPPED, *TINY_ENCODERS]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Encoder]]:
    """A function from a case to a freshly loaded encoder."""
    root = tmp_path_factory.mktemp("encoders")

    def fresh(case: str) -> Encoder:
        if case in (*BUILT_IN, *SHIPPED):
            return load_encoder(case)
        if not (root / case).exists():
            save_tiny_encoder(case, root / case)
        return load_encoder(str(root / case))

    return fresh


@pytest.fixture(params=CASES)
def encoder(request: pytest.FixtureRequest, load: Callable[[str], Encoder]) -> Encoder:
    return load(request.param)


@pytest.fixture
def windows() -> torch.Tensor:
    return torch.randn(3, 8000, generator=torch.Generator().manual_seed(1))


def test_hidden_states_have_the_shape_that_the_facts_say(encoder: Encoder, windows: torch.Tensor) -> None:
    """`(layers, batch, frames, width)`, finite fp32; one frame where it is pooled."""
    info = encoder.info
    with torch.inference_mode():
        hidden = encoder.encode(windows)
    layers, batch, frames, width = hidden.shape
    assert (layers, batch, width) == (info.n_layers, 3, info.width)
    assert (frames == 1) == info.is_pooled
    assert hidden.dtype == torch.float32
    assert hidden.isfinite().all()


def test_facts_are_complete(encoder: Encoder) -> None:
    """Nothing is empty, and the fingerprint is a SHA-256."""
    info = encoder.info
    assert info.name
    assert info.source
    assert info.revision
    assert len(bytes.fromhex(info.fingerprint)) == 32
    assert 0 < info.min_samples < (info.max_samples or 10**9)


def test_a_window_does_not_know_its_neighbours(encoder: Encoder, windows: torch.Tensor) -> None:
    """Alone, in a batch, beside a much louder one: the same to rounding."""
    louder = torch.cat([windows[:1], 100 * windows[1:]])
    with torch.inference_mode():
        alone = encoder.encode(windows[:1])
        torch.testing.assert_close(encoder.encode(windows)[:, :1], alone, atol=2e-5, rtol=1e-4)
        torch.testing.assert_close(encoder.encode(louder)[:, :1], alone, atol=2e-5, rtol=1e-4)


def test_encoding_is_deterministic_and_leaves_its_input_alone(encoder: Encoder, windows: torch.Tensor) -> None:
    """Loaded in evaluation mode; the same bits twice."""
    before = windows.clone()
    with torch.inference_mode():
        first, second = encoder.encode(windows), encoder.encode(windows)
    assert not encoder.module.training
    assert torch.equal(first, second)
    assert torch.equal(windows, before)


def test_gradients_change_no_number(encoder: Encoder, windows: torch.Tensor) -> None:
    """Extraction and fine-tuning see the same hidden states, to rounding."""
    with torch.inference_mode():
        without = encoder.encode(windows)
    torch.testing.assert_close(encoder.encode(windows).detach(), without, atol=2e-5, rtol=1e-4)


def test_threads_do_not_disturb_each_other(encoder: Encoder, windows: torch.Tensor) -> None:
    """Several threads share one encoder during extraction."""

    def encode(index: int) -> torch.Tensor:
        with torch.inference_mode():
            return encoder.encode(windows[index % 3 : index % 3 + 1])

    expected = [encode(index) for index in range(12)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(encode, range(12)))
    assert all(torch.equal(result, one) for result, one in zip(results, expected, strict=True))


def test_the_shortest_window_is_accepted_and_no_shorter_one(encoder: Encoder) -> None:
    """Nothing is padded."""
    shortest = encoder.info.min_samples
    with torch.inference_mode():
        assert encoder.encode(torch.randn(1, shortest)).shape[2] >= 1
    with pytest.raises(EncoderError, match=f"at least {shortest} samples"):
        encoder.encode(torch.zeros(1, shortest - 1))


def test_a_single_axis_is_refused(encoder: Encoder) -> None:
    """A window without a batch is a mistake, and said to be one."""
    with pytest.raises(EncoderError, match=r"expects \(batch, samples\), not the shape \(8000,\)"):
        encoder.encode(torch.zeros(8000))


def test_bf16_gives_about_the_same_in_fp32(encoder: Encoder, windows: torch.Tensor) -> None:
    """Under autocast the result is fp32 and within a few per cent; spectra are not computed in bf16 at all."""
    with torch.inference_mode():
        exact = encoder.encode(windows)
        with torch.autocast("cpu", torch.bfloat16):
            rough = encoder.encode(windows)
    assert rough.dtype == torch.float32
    if encoder.info.is_pooled:
        assert torch.equal(rough, exact)
    else:
        assert 0 < float((rough - exact).square().mean() / exact.square().mean()) ** 0.5 < 0.05


def test_parameters_are_front_end_or_layers(encoder: Encoder) -> None:
    """Disjoint; what is left over is at most one final normalisation."""
    front_end = {id(parameter) for parameter in encoder.front_end_parameters()}
    layers = [{id(parameter) for parameter in layer.parameters()} for layer in encoder.layer_modules()]
    assert len(layers) == (0 if encoder.info.is_pooled else encoder.info.n_layers - 1)
    assert sum(map(len, layers)) == len(set().union(*layers))
    assert front_end.isdisjoint(set().union(*layers))
    rest = [
        parameter
        for parameter in encoder.module.parameters()
        if id(parameter) not in front_end and not any(id(parameter) in layer for layer in layers)
    ]
    assert [tuple(parameter.shape) for parameter in rest] in ([], [(encoder.info.width,)] * 2)


def test_every_parameter_can_be_trained(encoder: Encoder, windows: torch.Tensor) -> None:
    """In training mode all hidden states are there, and a gradient reaches every parameter."""
    encoder.module.train()
    hidden = encoder.encode(windows)
    assert len(hidden) == encoder.info.n_layers
    parameters = dict(encoder.module.named_parameters())
    if parameters:
        hidden.square().sum().backward()
    assert [name for name, parameter in parameters.items() if parameter.grad is None] == []


def test_weights_can_be_stored_and_restored(encoder: Encoder, windows: torch.Tensor) -> None:
    """The state dict holds everything that training changes."""
    with torch.no_grad():
        expected = encoder.encode(windows)
        stored = {name: tensor.clone() for name, tensor in encoder.module.state_dict().items()}
        for parameter in encoder.module.parameters():
            parameter.add_(0.1)
        encoder.module.load_state_dict(stored)
        assert torch.equal(encoder.encode(windows), expected)


def test_it_is_the_same_when_loaded_again(encoder: Encoder) -> None:
    """From the source that the facts name, as a bundle does it."""
    assert load_encoder(encoder.info.source).info == encoder.info


def test_every_family_of_the_catalogue_has_a_case() -> None:
    """A catalogue entry of a new family fails here until it is added above."""
    covered = {"built-in", "shipped", "whisper", "raw-waveform"}
    assert {entry.family for entry in CATALOGUE.values()} <= covered
    assert set(BUILT_IN) <= set(CASES)


def test_every_architecture_has_a_case() -> None:
    """Each `model_type` that can be loaded is loaded above."""
    import transformers

    from heartprobe.encoders.speech import ARCHITECTURES

    covered = {getattr(transformers, f"{name}Config").model_type for name, _ in TINY_ENCODERS.values()}
    assert set(ARCHITECTURES) | {"whisper"} == covered
