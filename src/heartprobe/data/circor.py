"""The reader of the CirCor DigiScope Phonocardiogram Dataset.

Oliveira et al. 2022, doi:10.1109/JBHI.2021.3137048; it was the training data of the George B. Moody
PhysioNet Challenge 2022. Everything is read from the description file of each patient
(`training_data/1234.txt`); the table `training_data.csv` repeats them, without the outcome in
some versions, and is not used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace as changed
from pathlib import Path

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.circor_patients import DescribedPatient, is_description, read_description
from heartprobe.data.extra_labels import MURMUR
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.faults import Faults
from heartprobe.data.file_matching import match_files
from heartprobe.data.folder import DataFolder, Sought, look_through
from heartprobe.data.recordings import Finding, Patient, Recording, RecordingSet
from heartprobe.data.release import Archive, Limits, Release, ways_out
from heartprobe.errors import DataError
from heartprobe.labels import NORMAL

NAME = "circor"

_URL = "https://physionet.org/content/circor-heart-sound/1.0.3/"
_SOUGHT = Sought.published(NAME, _URL)


def read_circor(folder: Path, dataset: DatasetConfig) -> RecordingSet:  # noqa: ARG001
    """Read every patient.

    Args:
        folder: Holds the description files and the recordings, however deep.
        dataset: Not used: the names of files are fixed.

    Returns:
        Every listed recording that is there, of the patients of whom the outcome or the murmur is
        known, with the place of its segmentation. A line of a description that cannot be believed is
        a finding (`impossible`).

    Raises:
        DatasetNotFoundError: If the folder, every description file, or every recording is missing.
        DataError: If two files describe one patient.
    """
    files = look_through(folder, _SOUGHT, (".txt", ".tsv"))
    descriptions = [file for file in files.further if is_description(file)]
    if not descriptions:
        raise _SOUGHT.missing(f"there is no description of a patient, such as 1234.txt, in or below {folder}.")
    faults = Faults()
    everybody = _read_everybody(files, descriptions, faults)
    patients = {p: one for p, one in everybody.items() if any(value is not None for value in one.labels.values())}
    wanted = [sound.recording_id for one in patients.values() for sound in one.sounds]
    left_out = {sound.recording_id for p, one in everybody.items() if p not in patients for sound in one.sounds}
    paths, findings = match_files(files, wanted, left_out, ())
    segmentations = {file.name: file for file in files.further if file.suffix.lower() == ".tsv"}
    recordings = _recordings(patients, paths, segmentations)
    listed = f"{len(patients)} descriptions of patients list {len(wanted)}"
    _SOUGHT.require(recordings, listed, [*faults.findings, *findings])
    groups = _groups(patients)
    present = sorted({recording.patient_id for recording in recordings})
    return RecordingSet(
        name=NAME,
        recordings=recordings,
        patients={
            p: Patient(p, patients[p].labels, patients[p].demographics, site=NAME, group=groups.get(p)) for p in present
        },
        findings=(
            *faults.findings,
            *findings,
            *_unlabelled(files, everybody, patients),
            *_without_sound(files, patients, present),
            *_demographics_notes(patients),
            *_without_segmentation(recordings),
        ),
    )


def _read_everybody(files: DataFolder, descriptions: Iterable[Path], faults: Faults) -> dict[str, DescribedPatient]:
    everybody: dict[str, DescribedPatient] = {}
    listed: dict[str, str] = {}
    for path in descriptions:
        name = files.relative(path)
        one = read_description(path, name, faults)
        if one is None:
            continue
        if one.patient_id in everybody:
            first = everybody[one.patient_id].path
            raise DataError(
                f"Two files describe the patient {one.patient_id}: {first} and {path}. Give the folder of one copy."
            )
        for sound in one.sounds:
            if sound.recording_id in listed:
                expected = f"every recording once, but {listed[sound.recording_id]} lists it too"
                faults.add_text(name, sound.recording_id, expected)
        own = tuple(sound for sound in one.sounds if sound.recording_id not in listed)
        everybody[one.patient_id] = changed(one, sounds=own)
        listed |= {sound.recording_id: name for sound in own}
    return everybody


def _recordings(
    patients: Mapping[str, DescribedPatient], paths: Mapping[str, Path], segmentations: Mapping[str, Path]
) -> tuple[Recording, ...]:
    return tuple(
        Recording(
            sound.recording_id,
            patient_id,
            paths[sound.recording_id],
            sound.position,
            segmentations.get(sound.segmentation or ""),
        )
        for patient_id in sorted(patients)
        for sound in patients[patient_id].sounds
        if sound.recording_id in paths
    )


def _groups(patients: Mapping[str, DescribedPatient]) -> dict[str, str]:
    """Return one name for the numbers of a person who came to both campaigns; often only one names the other."""
    groups: dict[str, str] = {}
    for patient_id, one in patients.items():
        other = one.also_known_as
        if other is None or other not in patients:
            continue
        known = {groups.get(p, p) for p in (patient_id, other)}
        name = min(known)
        groups.update({p: name for p, group in groups.items() if group in known} | {patient_id: name, other: name})
    return {p: f"{NAME}-{name}" for p, name in groups.items()}


def _unlabelled(
    files: DataFolder, everybody: Mapping[str, DescribedPatient], patients: Mapping[str, DescribedPatient]
) -> Iterable[Finding]:
    for patient_id, one in everybody.items():
        if patient_id not in patients:
            detail = f"{files.relative(one.path)} tells neither outcome nor murmur. {patient_id} is left out."
            yield Finding("unlabelled", patient_id, detail, is_problem=False)


def _without_sound(
    files: DataFolder, patients: Mapping[str, DescribedPatient], present: Collection[str]
) -> Iterable[Finding]:
    for patient_id, one in patients.items():
        if patient_id not in present:
            detail = f"{files.relative(one.path)}: no recording of the patient is there; it is not used."
            yield Finding("missing", patient_id, detail)


def _demographics_notes(patients: Mapping[str, DescribedPatient]) -> Iterable[Finding]:
    n = len(patients)
    for name in ("age", "sex"):
        unknown = sum(getattr(one.demographics, name) is None for one in patients.values())
        if unknown:
            detail = f"The {name} of {unknown} of {n} patients is not given."
            yield Finding("no-demographics", name, detail, is_problem=False)
    if any(one.demographics.age is not None for one in patients.values()):
        detail = "Ages are categories such as Child; the middle of the category (6 years) is used."
        yield Finding("age-band", "age", detail, is_problem=False)


def _without_segmentation(recordings: Iterable[Recording]) -> Iterable[Finding]:
    for recording in recordings:
        if recording.segmentation is None:
            detail = "There is no segmentation of the recording into heart sounds."
            yield Finding("no-segmentation", recording.recording_id, detail, is_problem=False)


FACTS = DatasetFacts(
    title="The CirCor DigiScope Phonocardiogram Dataset (version 1.0.3)",
    url=_URL,
    licence="Open Data Commons Attribution License (ODC-By) 1.0",
    citation="Oliveira J, Renna F, Costa PD, et al. The CirCor DigiScope Dataset: From Murmur Detection to Murmur "
    "Classification. IEEE Journal of Biomedical and Health Informatics 26(6):2524-2535, 2022",
    rates_hz=(4000,),
    # 5 to 65 s.
    duration_s=None,
    labels=(NORMAL, MURMUR),
    label_meaning="`N` is the clinical outcome, which an expert judged from the whole examination: *Normal* or "
    "*Abnormal*. `murmur` (a label of this data set, of `pascal` and of `hls-cmds`) is *Present*, *Absent* or "
    "*Unknown*. They do not imply each other: 456 patients are abnormal, but only 179 have a murmur, and a murmur can "
    "be innocent. Every lesion is unknown.",
    people="Every patient is another person, but for those who came to both campaigns (*Additional ID*): their two "
    "numbers are one group.",
    demographics=("age", "sex"),
    unknown=(
        "Which lesion an abnormal heart has.",
        "Posture.",
        "The exact age: a category is given, whose middle is used.",
        "The patients of the challenge's hidden validation and test data (626 of 1568).",
    ),
    read=read_circor,
    release=Release(
        title="CirCor DigiScope",
        version="1.0.3",
        addresses=(
            "https://physionet.org/static/published-projects/circor-heart-sound/"
            "the-circor-digiscope-phonocardiogram-dataset-1.0.3.zip",
            "https://physionet.org/content/circor-heart-sound/get-zip/1.0.3/",
        ),
        # Not the table that repeats the descriptions, or the headers.
        files=(Archive(kept=("*.wav", "*.tsv", "[0-9]*.txt")),),
        terms="CirCor DigiScope: Oliveira et al. 2022, doi:10.1109/JBHI.2021.3137048 and doi:10.13026/tshs-mw03. Open "
        "Data Commons Attribution License 1.0: name the source wherever you use it.",
        ways_out=ways_out(_URL),
        # An archive of 471 MB, and 20 hours at 4000 Hz and 16 bit.
        n_bytes=1_100_000_000,
        limits=Limits(entries=20_000, total_bytes=2 * 2**30),
        sums="https://physionet.org/files/circor-heart-sound/1.0.3/SHA256SUMS.txt",
    ),
)
