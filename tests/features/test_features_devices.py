from __future__ import annotations

from pathlib import Path

import pytest
import torch

from heartprobe.errors import ConfigError
from heartprobe.features.devices import computes_in_bf16, resolve_device, resolve_precision, usable_cores

CPU = torch.device("cpu")


def test_the_processor_is_always_there() -> None:
    assert resolve_device("cpu") == CPU


def test_auto_is_an_accelerator_where_there_is_one() -> None:
    has_any = torch.cuda.is_available() or torch.backends.mps.is_available()
    assert (resolve_device("auto").type != "cpu") == has_any


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps"])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        pytest.skip("this machine has an accelerator")
    with pytest.raises(ConfigError, match=rf"Device '{name}' was asked for, but torch finds .*--device cpu"):
        resolve_device(name)


def test_a_misspelt_device_gets_a_proposal() -> None:
    with pytest.raises(ConfigError, match=r"no device 'cudda'.*auto, cpu, cuda, mps.*Did you mean 'cuda'\?"):
        resolve_device("cudda")


@pytest.mark.parametrize("name", ["gpu", "GPU", "gpu:1"])
def test_a_gpu_is_called_cuda(name: str) -> None:
    """The closest word, cpu, is the opposite of what is meant."""
    with pytest.raises(ConfigError, match=rf"no device '{name}'.*Did you mean 'cuda'\?$"):
        resolve_device(name)


@pytest.mark.parametrize("name", ["", "cpu:7", "cuda:", "cuda:-1", "meta"])
def test_other_words_of_torch_are_no_devices(name: str) -> None:
    with pytest.raises(ConfigError, match="There is no device"):
        resolve_device(name)


def test_a_named_precision_stays() -> None:
    assert resolve_precision("fp32", CPU) == "fp32"
    assert resolve_precision("bf16", CPU) == "bf16"


def test_auto_is_bf16_where_the_processor_has_it() -> None:
    """Held against what Linux says of the processor."""
    facts = Path("/proc/cpuinfo")
    if not facts.is_file() or not hasattr(torch.cpu, "get_capabilities"):
        pytest.skip("needs Linux and a torch that knows the processor")
    flags = set(facts.read_text().split())
    has_bf16 = bool(flags & {"avx512_bf16", "amx_bf16"})
    assert computes_in_bf16(CPU) == has_bf16
    assert resolve_precision("auto", CPU) == ("bf16" if has_bf16 else "fp32")


def test_a_torch_that_does_not_know_the_processor_counts_as_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert resolve_precision("auto", CPU) == "fp32"


def test_cores_are_what_torch_would_use() -> None:
    assert usable_cores() == torch.get_num_threads() >= 1
