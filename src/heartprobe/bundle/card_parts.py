"""What a model was made of and from, for its card: data, encoder, licences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heartprobe.bundle.manifest import IN_BUNDLE, EncoderReference, Manifest
from heartprobe.bundle.trained_on import TrainedOn
from heartprobe.encoders.catalogue import CATALOGUE
from heartprobe.labels import finding_name


def data_lines(manifest: Manifest, trained_on: TrainedOn) -> list[str]:
    """Return whom it was trained on."""
    names = "; ".join(source.title for source in trained_on.sources) or manifest.training.dataset
    sites = ", ".join(f"{site} ({n} patients)" for site, n in trained_on.sites.items())
    rows = [
        f"| {finding_name(label)} | {n_with} | {n_without} | {unknown} |"
        for label, (n_with, n_without, unknown) in trained_on.findings.items()
    ]
    return [
        f"{names}: {trained_on.recordings} recordings of {trained_on.patients} patients. Sites: {sites}.",
        "",
        "| finding | patients with it | without it | unknown |",
        "|---|---|---|---|",
        *rows,
    ]


def part_lines(manifest: Manifest) -> list[str]:
    """Return how a recording is heard, and by what."""
    encoder = manifest.encoder
    layer = "all hidden states" if manifest.layer == "all" else f"hidden state {manifest.layer}"
    told = ", ".join(manifest.demographics["fields"]) if manifest.demographics else "none"
    return [
        f"- Sound: {_windows(manifest.front_end)}",
        f"- Encoder: `{encoder.name}`, {_where(encoder)}; {layer}, {manifest.precision}; fingerprint "
        f"`{encoder.fingerprint[:16]}`",
        f"- Head: {manifest.head['kind']}",
        f"- Demographics: {told}",
        "- Files: `bundle.json` says how they work together and holds their checksums, `model.safetensors` the weights "
        "of the head. Opening them runs no code of theirs; a changed byte is refused.",
    ]


def _where(encoder: EncoderReference) -> str:
    """Return where the encoder is."""
    if encoder.source == IN_BUNDLE:
        return "fine-tuned, in the folder `encoder/` beside this card"
    if encoder.is_on_this_machine:
        return "a folder that does not come with the model: name it with `--encoder`"
    if "/" not in encoder.source:
        return f"a part of heartprobe (version {encoder.revision})"
    return f"revision {encoder.revision}"


def _windows(front_end: Mapping[str, Any]) -> str:
    """Return how a recording becomes windows, in a sentence."""
    duration = f"{front_end['duration_s']:g} s"
    cut = {
        "all": f"A recording is cut to windows of {duration}",
        "centre": f"Of a recording, the middle {duration} are heard",
        "whole": "A recording is heard as one window, whatever its length",
    }[front_end["windows"]]
    if front_end["time_scale"] != 1:
        cut += f", played {front_end['time_scale']:g} times as fast"
    # Models from before there was this choice do not name it.
    return f"{cut}, its own long-term spectrum taken out" if front_end.get("equalise") else cut


def licence_lines(manifest: Manifest, trained_on: TrainedOn) -> list[str]:
    """Return what may be done with data, encoder and software, as far as it is known, and what to cite."""
    lines = []
    for source in trained_on.sources:
        at = f" ({source.url})" if source.url else ""
        lines.append(f"- Data: {source.title}{at}. Licence: {source.licence}. Cite: {source.citation}.")
    if not lines:
        lines.append("- Data: generated, so there is nobody to ask.")
    entry = CATALOGUE.get(manifest.encoder.name)
    if entry is None:
        lines.append(
            f"- Encoder: `{manifest.encoder.name}`. Its licence is not known to heartprobe: ask its publisher."
        )
    else:
        derived = " The fine-tuned weights are made from it." if manifest.encoder.source == IN_BUNDLE else ""
        cite = "" if entry.paper.startswith("none") else f" Cite: {entry.paper}."
        lines.append(f"- Encoder: `{manifest.encoder.name}`. Licence: {entry.licence}.{derived}{cite}")
    lines.append("- Software: heartprobe, Apache-2.0.")
    lines.append("- Whether these licences allow what you have in mind is for you to find out.")
    return lines
