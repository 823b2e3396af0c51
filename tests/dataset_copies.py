"""Small copies of the layouts of all data sets, made of noise, with what is odd in the published ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile


def write_sound(path: Path, *, rate_hz: int, seconds: float = 1.2) -> Path:
    """Write noise as a 16-bit file; its seed is the name of the file and of its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = [*path.parent.name.encode(), *path.stem.encode()]
    noise = np.random.default_rng(seed).normal(0, 0.1, round(rate_hz * seconds))
    soundfile.write(path, (noise * 32_000).clip(-32_000, 32_000).astype(np.int16), rate_hz, subtype="PCM_16")
    return path


def write_lines(path: Path, lines: Sequence[str], *, end: str = "\n") -> Path:
    """Write a text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(end.join([*lines, ""]), encoding="utf-8", newline="")
    return path


def write_bmd_hs(folder: Path) -> None:
    """Three patients; the second file of the last is misnamed as in the published data set."""
    names = [f"recording_{i}" for i in range(1, 9)]
    rows = [
        ("p1", "0,0,0,0,1", ["N_1_sup_Mit", "N_1_sit_Aor"]),
        ("p2", "1,0,N/A,0,0", ["AS_2_sup_Mit", "AS_2_sit_Aor"]),
        ("p3", "0,1,1,0,0", ["MD_085_sup_Mit", "MD_085_sit_Tri"]),
    ]
    lines = [",".join([p, labels, *recordings, *[""] * 6]) for p, labels, recordings in rows]
    write_lines(folder / "train.csv", ["patient_id,AS,AR,MR,MS,N," + ",".join(names), *lines])
    write_lines(
        folder / "additional_metadata.csv",
        ["patient_id,Age,Gender,Smoker,Lives", "p1,21,M,0,U", "p2,61,F,1,R", "p3,50-59,F,0,U"],
    )
    for name in [name for _, _, recordings in rows for name in recordings]:
        file = {"MD_085_sit_Tri": "MD_085_sit_Tri6_06"}.get(name, name)
        write_sound(folder / "train" / f"{file}.wav", rate_hz=4000)


def write_physionet_2016(folder: Path) -> None:
    """Two of the six folders with qualities, one without; the copies of validation/; lines end as in Windows."""
    sites = {
        "training-a": {"a0001": (1, 1), "a0002": (-1, 1), "a0003": (1, 0)},
        "training-e": {"e00001": (-1, 1), "e00002": (-1, 0)},
        "training-f": {"f0001": (1, None), "f0002": (-1, None)},
    }
    for site, records in sites.items():
        lines = [f"{record},{label}" for record, (label, _) in records.items()]
        write_lines(folder / site / "REFERENCE.csv", lines, end="\r\n")
        if site != "training-f":
            lines = [f"{record},{label},{quality}" for record, (label, quality) in records.items()]
            write_lines(folder / site / "REFERENCE-SQI.csv", lines)
        write_lines(folder / site / "RECORDS", list(records))
        for record, (label, _) in records.items():
            write_sound(folder / site / f"{record}.wav", rate_hz=2000)
            header = [f"{record} 1 2000 2400", f"{record}.wav 16+44 1 16 0 0 0 0 PCG"]
            write_lines(folder / site / f"{record}.hea", [*header, f"# {'Normal' if label == -1 else 'Abnormal'}"])
    write_lines(folder / "validation" / "REFERENCE.csv", ["a0001,1"])
    shutil.copy(folder / "training-a" / "a0001.wav", folder / "validation" / "a0001.wav")


def write_circor(folder: Path) -> None:
    """Four patients: an innocent murmur, a normal, one with two numbers, one of whom nothing is known."""
    patients = {
        "2530": ("Child", "Female", "Absent", "Abnormal", "50001", ["AV", "PV", "MV_1", "MV_2"]),
        "9979": ("Young Adult", "Male", "Present", "Normal", "nan", ["AV", "Phc"]),
        "13918": ("nan", "Female", "Unknown", "Normal", "nan", ["TV"]),
        "50001": ("Adolescent", "Female", "Present", "Abnormal", "nan", ["AV"]),
        "60000": ("Infant", "Male", "Unknown", "nan", "nan", ["AV"]),
    }
    data = folder / "training_data"
    for patient, (age, sex, murmur, outcome, other, places) in patients.items():
        sounds = [f"{patient}_{place}" for place in places]
        listed = [f"{sound.split('_')[1]} {sound}.hea {sound}.wav {sound}.tsv" for sound in sounds]
        if patient == "13918":
            listed = [f"TV {sounds[0]}.hea {sounds[0]}.wav"]
        facts = {
            "Age": age,
            "Sex": sex,
            "Height": "98.0",
            "Pregnancy status": "False",
            "Murmur": murmur,
            "Systolic murmur timing": "nan",
            "Outcome": outcome,
            "Campaign": "CC2015",
            "Additional ID": other,
        }
        text = [f"{patient} {len(places)} 4000", *listed, *(f"#{name}: {value}" for name, value in facts.items())]
        write_lines(data / f"{patient}.txt", text)
        for sound in sounds:
            write_sound(data / f"{sound}.wav", rate_hz=4000)
            write_lines(data / f"{sound}.hea", [f"{sound} 1 4000 4800"])
            if patient != "13918":
                write_lines(data / f"{sound}.tsv", ["0\t0.3\t0", "0.3\t0.42\t1", "0.42\t0.6\t2", "0.6\t0.7\t3"])
    write_lines(
        folder / "training_data.csv", ["Patient ID,Locations,Age,Sex,Murmur", "2530,AV+PV+MV,Child,Female,Absent"]
    )
    write_lines(folder / "LICENSE.txt", ["Open Data Commons Attribution License v1.0"])
    write_lines(folder / "SHA256SUMS.txt", ["0" * 64 + " training_data/2530.txt"])


def write_pascal(folder: Path) -> None:
    """Both sets; tables and files differ in names, one person has several labels, and not every row has one."""
    write_lines(
        folder / "set_a.csv",
        [
            "dataset,fname,label,sublabel",
            "a,set_a/artifact__201012172012.wav,artifact,",
            "a,set_a/extrahls__201101070953.wav,extrahls,",
            "a,set_a/murmur__201101051104.wav,murmur,",
            "a,set_a/normal__201101070538.wav,normal,",
            "a,set_a/__201012172010.wav,,",
        ],
    )
    write_lines(
        folder / "set_b.csv",
        [
            "dataset,fname,label,sublabel",
            "b,set_b/Btraining_extrastole_127_1306764300147_C2.wav,extrastole,",
            "b,set_b/Btraining_normal_127_1306764300147_A.wav,normal,",
            "b,set_b/Btraining_murmur_112_1306243000964_A.wav,murmur,",
            "b,set_b/Btraining_murmur_noisymurmur_112_1306243000964_A.wav,murmur,noisymurmur",
            "b,set_b/Btraining_normal_Btraining_noisynormal_101_1305030823364_B.wav,normal,noisynormal",
            "b,set_b/Bunlabelledtest_101_1305030823364_A.wav,,",
        ],
    )
    for name in (
        "artifact__201012172012",
        "extrahls__201101070953",
        "murmur__201101051104",
        "normal__201101070538",
        "Aunlabelledtest__201012172010",
    ):
        write_sound(folder / "set_a" / f"{name}.wav", rate_hz=44_100)
    for name in (
        "extrastole__127_1306764300147_C2",
        "normal__127_1306764300147_A",
        "murmur__112_1306243000964_A",
        "murmur_noisymurmur_112_1306243000964_A",
        "normal_noisynormal_101_1305030823364_B",
        "Bunlabelledtest__101_1305030823364_A",
    ):
        write_sound(folder / "set_b" / f"{name}.wav", rate_hz=4000)
    write_lines(
        folder / "set_a_timing.csv", ["fname,cycle,sound,location", "set_a/normal__201101070538.wav,1,S1,10021"]
    )


def write_pascal_archives(folder: Path) -> None:
    """The same recordings as the authors' archives hold them: a folder for each class, and no table."""
    for name in (
        "Atraining_artifact/201012172012",
        "Atraining_extrahs/201101070953",
        "Atraining_murmur/201101051104",
        "Atraining_normal/201101070538",
        "Aunlabelledtest/201012172010",
    ):
        write_sound(folder / f"{name}.wav", rate_hz=44_100)
    for name in (
        "Btraining_extrasystole/Btraining_extrastole/127_1306764300147_C2",
        "Btraining_normal/Training B Normal/127_1306764300147_A",
        "Btraining_normal/Training B Normal/Btraining_noisynormal/101_1305030823364_B",
        "Btraining_murmur/112_1306243000964_A",
        "Btraining_murmur/Btraining_noisymurmur/112_1306243000964_A",
        "Bunlabelledtest/101_1305030823364_A",
    ):
        write_sound(folder / f"{name}.wav", rate_hz=4000)


def write_yaseen(folder: Path) -> None:
    """Two recordings of every class, in folders as in the authors' archives."""
    for name in ("N", "AS", "MR", "MS", "MVP"):
        for number in (1, 2):
            write_sound(folder / f"{name}_New_3주기" / f"New_{name}_{number:03}.wav", rate_hz=8000)


def write_hls_cmds(folder: Path) -> None:
    """Five heart sounds; a lung sound and a mixture with its parts that are not used."""
    write_lines(
        folder / "HS.csv",
        [
            "Gender,Heart Sound Type,Location,Heart Sound ID",
            "F,Normal,RC,F_N_RC",
            "M,Normal,RUSB,M_N_RUSB",
            "F,Mid Systolic Murmur,Apex,F_MSM_A",
            "M,Late Diastolic Murmur,LLSB,M_LDM_LLSB",
            "F,Tachycardia,LC,F_T_RC",
        ],
    )
    write_lines(folder / "LS.csv", ["Gender,Lung Sound Type,Location,Lung Sound ID", "M,Normal,RUA,M_N_RUA"])
    write_lines(
        folder / "Mix.csv",
        [
            "Gender,Heart Sound Type,Lung Sound Type,Location,Heart Sound ID,Lung Sound ID,Mixed Sound ID",
            "F,S3,Normal,RLA,H0001,L0001,M0001",
        ],
    )
    for name in ("F_N_RC", "M_N_RUSB", "F_MSM_A", "M_LDM_LLSB", "F_T_RC"):
        write_sound(folder / "HS" / "HS" / f"{name}.wav", rate_hz=4000, seconds=15)
    write_sound(folder / "LS" / "M_N_RUA.wav", rate_hz=4000)
    for name in ("H0001", "L0001", "M0001"):
        write_sound(folder / "Mix" / f"{name}.wav", rate_hz=4000)


def write_own_table(folder: Path) -> None:
    """A table with everything it may hold; files of one name in two folders; two rates."""
    write_lines(
        folder / "train.csv",
        [
            "recording,patient_id,N,AS,MR,age,sex,smoker,lives,position,posture,site,group,remark",
            "anna/1.wav,anna,1,0,0,31,F,0,U,Mit,sit,north,,a remark",
            "anna/2,anna,1,0,0,31,F,0,U,Aor,,north,,",
            "ben/1.flac,ben,0,1,,60-69,M,,R,,,south,family,",
            "carl/1.wav,carl,0,N/A,1,,,,,,,south,family,",
            "dora/1.wav,dora,,,,,,,,,,,,",
        ],
    )
    for name, rate_hz in (("anna/1.wav", 4000), ("anna/2.wav", 4000), ("ben/1.flac", 16_000), ("carl/1.wav", 4000)):
        write_sound(folder / name, rate_hz=rate_hz)
    write_sound(folder / "dora" / "1.wav", rate_hz=4000)


def write_own_classes(folder: Path) -> None:
    """Class folders with files of the same names."""
    for name in ("Normal", "AS", "abnormal"):
        for number in (1, 2):
            write_sound(folder / name / f"{number}.wav", rate_hz=4000)


@dataclass(frozen=True)
class Damage:
    """Something impossible in a text.

    Attributes:
        file: Where.
        before: What stands there.
        after: What is written instead.
        places: Where faults must be found: line, and column if there is one.
    """

    file: str
    before: str
    after: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Copy:
    """A small copy of a data set.

    Attributes:
        name: The data set.
        write: Writes it below a folder.
        labels: Every patient's labels, as they must be read.
        n_recordings: How many recordings must be read.
        kinds: How many findings of each kind there must be.
        recording: A recording of a patient with others or none, by its file.
        stray: A file that the data set does not know.
        damages: Ways to make its texts impossible, all of which must be found at once.
        is_listed: Whether something tells which recordings there must be; folders do not.
    """

    name: str
    write: Callable[[Path], None]
    labels: dict[str, dict[str, int | None]]
    n_recordings: int
    kinds: dict[str, int]
    recording: str
    stray: str
    damages: tuple[Damage, ...] = ()
    is_listed: bool = True


_PROLAPSE = {"N": 0, "AS": 0, "MR": None, "MS": 0, "MVP": 1}
_REGURGITATION = {"N": 0, "AS": 0, "MR": 1, "MS": 0, "MVP": None}
_PASCAL_LABELS: dict[str, dict[str, int | None]] = {
    "extrahls_201101070953": {"N": None, "murmur": 0},
    "extrastole_127_1306764300147_C2": {"N": None, "murmur": 0},
    "murmur_112_1306243000964_A": {"N": 0, "murmur": 1},
    "murmur_201101051104": {"N": 0, "murmur": 1},
    "murmur_noisymurmur_112_1306243000964_A": {"N": 0, "murmur": 1},
    "normal_127_1306764300147_A": {"N": 1, "murmur": 0},
    "normal_201101070538": {"N": 1, "murmur": 0},
    "normal_noisynormal_101_1305030823364_B": {"N": 1, "murmur": 0},
}

COPIES = {
    "bmd-hs": Copy(
        name="bmd-hs",
        write=write_bmd_hs,
        labels={
            "p1": {"AS": 0, "AR": 0, "MR": 0, "MS": 0, "N": 1},
            "p2": {"AS": 1, "AR": 0, "MR": None, "MS": 0, "N": 0},
            "p3": {"AS": 0, "AR": 1, "MR": 1, "MS": 0, "N": 0},
        },
        n_recordings=6,
        kinds={"misnamed": 1, "age-band": 1},
        recording="train/N_1_sit_Aor.wav",
        stray="train/N_9_sit_Aor.wav",
        damages=(
            Damage("train.csv", "p2,1,0,N/A,0", "p2,1,0,perhaps,7", ("line 3, column 'MR'", "line 3, column 'MS'")),
            Damage("train.csv", "p3,0", "p1,0", ("line 4, column 'patient_id'",)),
            Damage("additional_metadata.csv", "p2,61,F", "p2,161,W", ("line 3, column 'Age'", "line 3, column 'Gen")),
        ),
    ),
    "physionet-2016": Copy(
        name="physionet-2016",
        write=write_physionet_2016,
        labels={
            "a0001": {"N": 0},
            "a0002": {"N": 1},
            "a0003": {"N": 0},
            "e00001": {"N": 1},
            "e00002": {"N": 1},
            "f0001": {"N": 0},
            "f0002": {"N": 1},
        },
        n_recordings=7,
        kinds={"noisy": 2, "left-out": 1, "no-patients": 1},
        recording="training-a/a0001.wav",
        stray="training-a/a0009.wav",
        damages=(
            Damage("training-a/REFERENCE.csv", "a0001,1", "a0001,0", ("line 1, column 'label'",)),
            Damage("training-e/REFERENCE.csv", "e00002", "e00001", ("line 2, column 'record'",)),
            Damage("training-e/REFERENCE-SQI.csv", "e00001,-1,1", "e00001,-1,2", ("line 1, column 'quality'",)),
        ),
    ),
    "circor": Copy(
        name="circor",
        write=write_circor,
        labels={
            "13918": {"N": 1, "murmur": None},
            "2530": {"N": 0, "murmur": 0},
            "50001": {"N": 0, "murmur": 1},
            "9979": {"N": 1, "murmur": 1},
        },
        n_recordings=8,
        kinds={"unlabelled": 1, "no-demographics": 1, "age-band": 1, "no-segmentation": 1},
        recording="training_data/2530_AV.wav",
        stray="training_data/2530_TV.wav",
        damages=(
            Damage("training_data/2530.txt", "#Age: Child", "#Age: 6", ("line 6",)),
            Damage("training_data/2530.txt", "#Outcome: Abnormal", "#Outcome: Odd", ("line 12",)),
            Damage("training_data/9979.txt", "AV 9979_AV.hea", "XX 9979_AV.hea", ("line 2",)),
            Damage("training_data/60000.txt", "60000 1 4000", "60001 1 4000", ("line 1",)),
        ),
    ),
    "pascal": Copy(
        name="pascal",
        write=write_pascal,
        labels=_PASCAL_LABELS,
        n_recordings=8,
        kinds={"noisy": 2, "unlabelled": 2, "left-out": 1, "no-patients": 1},
        recording="set_b/murmur__112_1306243000964_A.wav",
        stray="set_b/murmur__113_1306243000964_A.wav",
        damages=(
            Damage("set_a.csv", "201101070538.wav,normal", "201101070538.wav,fine", ("line 5, column 'label'",)),
            Damage("set_a.csv", "set_a/murmur__201101051104.wav", "", ("line 4, column 'fname'",)),
            Damage("set_b.csv", "g_murmur_112_1306243000964_A.wav", "g_murmur_112.wav", ("line 4, column 'fname'",)),
        ),
    ),
    "pascal, archives": Copy(
        name="pascal",
        write=write_pascal_archives,
        labels=_PASCAL_LABELS,
        n_recordings=8,
        kinds={"noisy": 2, "unlabelled": 2, "left-out": 1, "no-patients": 1},
        recording="Btraining_murmur/112_1306243000964_A.wav",
        stray="elsewhere/113_1306243000964_A.wav",
        is_listed=False,
    ),
    "yaseen": Copy(
        name="yaseen",
        write=write_yaseen,
        labels={
            "New_AS_001": {"N": 0, "AS": 1, "MR": 0, "MS": 0, "MVP": 0},
            "New_AS_002": {"N": 0, "AS": 1, "MR": 0, "MS": 0, "MVP": 0},
            "New_MR_001": _REGURGITATION,
            "New_MR_002": _REGURGITATION,
            "New_MS_001": {"N": 0, "AS": 0, "MR": 0, "MS": 1, "MVP": 0},
            "New_MS_002": {"N": 0, "AS": 0, "MR": 0, "MS": 1, "MVP": 0},
            "New_MVP_001": _PROLAPSE,
            "New_MVP_002": _PROLAPSE,
            "New_N_001": {"N": 1, "AS": 0, "MR": 0, "MS": 0, "MVP": 0},
            "New_N_002": {"N": 1, "AS": 0, "MR": 0, "MS": 0, "MVP": 0},
        },
        n_recordings=10,
        kinds={"no-patients": 1},
        recording="AS_New_3주기/New_AS_001.wav",
        stray="elsewhere/New_AS_003.wav",
        is_listed=False,
    ),
    "hls-cmds": Copy(
        name="hls-cmds",
        write=write_hls_cmds,
        labels={
            "F_MSM_A": {"N": 0, "murmur": 1},
            "F_N_RC": {"N": 1, "murmur": 0},
            "F_T_RC": {"N": 0, "murmur": 0},
            "M_LDM_LLSB": {"N": 0, "murmur": 1},
            "M_N_RUSB": {"N": 1, "murmur": 0},
        },
        n_recordings=5,
        kinds={"left-out": 1, "no-patients": 1},
        recording="HS/HS/F_N_RC.wav",
        stray="HS/F_N_LUSB.wav",
        damages=(
            Damage("HS.csv", "F,Normal,RC", "F,Click,Foot", ("line 2, column 'Location'", "line 2, column 'Heart")),
            Damage("HS.csv", "M,Normal,RUSB,M_N_RUSB", "M,Normal,RUSB,", ("line 3, column 'Heart Sound ID'",)),
            Damage("HS.csv", "Apex,F_MSM_A", "Apex", ("line 4",)),
        ),
    ),
    "folder": Copy(
        name="folder",
        write=write_own_table,
        labels={
            "anna": {"N": 1, "AS": 0, "MR": 0},
            "ben": {"N": 0, "AS": 1, "MR": None},
            "carl": {"N": 0, "AS": None, "MR": 1},
        },
        n_recordings=4,
        kinds={"unused-column": 1, "unlabelled": 1},
        recording="ben/1.flac",
        stray="ben/2.wav",
        damages=(
            Damage("train.csv", "anna/2,anna,1", "anna/2,anna,0", ("line 3, column 'patient_id'",)),
            Damage("train.csv", "60-69,M", "69-60,X", ("line 4, column 'age'", "line 4, column 'sex'")),
            Damage("train.csv", "carl/1.wav", "ben/1.wav", ("line 5, column 'recording'",)),
        ),
    ),
    "folder, classes": Copy(
        name="folder",
        write=write_own_classes,
        labels={
            "AS/1": {"N": 0, "AS": 1},
            "AS/2": {"N": 0, "AS": 1},
            "Normal/1": {"N": 1, "AS": 0},
            "Normal/2": {"N": 1, "AS": 0},
            "abnormal/1": {"N": 0, "AS": None},
            "abnormal/2": {"N": 0, "AS": None},
        },
        n_recordings=6,
        kinds={"no-patients": 1},
        recording="AS/1.wav",
        stray="5.wav",
        is_listed=False,
    ),
}
