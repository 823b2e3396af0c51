"""Real recordings: what is heard of them, and which labels are believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import read_audio
from heartprobe.data.recordings import Recording, RecordingSet
from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.errors import AudioError, ConfigError, did_you_mean
from heartprobe.labels import NORMAL
from heartprobe.pretraining.settings import MaterialSettings
from heartprobe.pretraining.spectra import Spectra, spectra_of
from heartprobe.progress import Progress
from heartprobe.signal.normalisation import remove_offset
from heartprobe.signal.resampling import resample


@dataclass(frozen=True, slots=True, eq=False)
class RealMaterial:
    """Recordings with their spectra.

    Attributes:
        spectra: Of all of them.
        sites: `(recordings,)`, where each comes from.
        is_abnormal: `(recordings,)`.
        is_labelled: `(recordings,)`, whether its label is learned.
    """

    spectra: Spectra
    sites: NDArray[np.str_]
    is_abnormal: NDArray[np.bool_]
    is_labelled: NDArray[np.bool_]

    def pools(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return the labelled recordings of each site that has both classes: the normal ones, the abnormal ones."""
        found = []
        for site in sorted(set(self.sites[self.is_labelled])):
            here = self.is_labelled & (self.sites == site)
            both = np.flatnonzero(here & ~self.is_abnormal), np.flatnonzero(here & self.is_abnormal)
            if all(len(part) for part in both):
                found.append(both)
        return found

    def by_site(self) -> list[NDArray[np.int64]]:
        """Return the recordings of each site."""
        return [np.flatnonzero(self.sites == site) for site in sorted(set(self.sites))]


def real_material(
    recordings: RecordingSet, settings: MaterialSettings, architecture: Architecture, progress: Progress
) -> RealMaterial:
    """Read the recordings of all sites that are not held out.

    A label is learned where its site is among the labelled ones and no table calls the recording too noisy.

    Raises:
        ConfigError: A site of the settings is unknown, or nothing is left to learn labels from.
    """
    present = {recordings.site_of(patient) for patient in recordings.patient_ids}
    # A part of the data set may lack a site that is learned of by default.
    named = set(settings.labelled_sites) - set(MaterialSettings().labelled_sites)
    for setting, given in (("held_out", set(settings.held_out)), ("labelled_sites", named)):
        for site in sorted(given - present):
            raise ConfigError(
                f"material.{setting} names the site {site!r}, which is not in {recordings.name}; "
                f"there are {', '.join(sorted(present))}.{did_you_mean(site, present)}"
            )
    wanted = [r for r in recordings.recordings if recordings.site_of(r.patient_id) not in settings.held_out]
    noisy = {finding.subject for finding in recordings.findings if finding.kind == "noisy"}
    kept: list[Recording] = []
    with progress.task("Real recordings", len(wanted), "recordings") as advance:

        def sounds() -> Iterator[NDArray[np.float64]]:
            for recording in wanted:
                try:
                    audio = read_audio(recording.path)
                except AudioError as error:
                    progress.note(f"Left out: {error}")
                else:
                    kept.append(recording)
                    samples = remove_offset(audio.samples.astype(np.float64))
                    yield resample(samples, audio.rate_hz, architecture.rate_hz)
                advance(1)

        spectra = spectra_of(sounds(), architecture) if wanted else None
    normal = [recordings.patients[r.patient_id].labels.get(NORMAL) for r in kept]
    sites = np.array([recordings.site_of(r.patient_id) for r in kept])
    trusted = [value is not None and r.recording_id not in noisy for r, value in zip(kept, normal, strict=True)]
    is_labelled = np.isin(sites, settings.labelled_sites) & np.array(trusted, dtype=bool)
    if spectra is None:
        raise ConfigError(
            f"No recording of {recordings.name} is left to be heard: material.held_out names all of its sites."
        )
    if settings.labelled_sites and not is_labelled.any():
        raise ConfigError(
            f"No recording of {recordings.name} has a label to learn: material.labelled_sites are "
            f"{', '.join(settings.labelled_sites)}, and the data set has {', '.join(sorted(present))}."
        )
    material = RealMaterial(spectra, sites, np.array([value == 0 for value in normal], dtype=bool), is_labelled)
    if settings.labelled_sites and not material.pools():
        raise ConfigError(f"No labelled site of {recordings.name} has both normal and abnormal recordings.")
    return material
