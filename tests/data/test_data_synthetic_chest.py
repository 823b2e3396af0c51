"""Synthetic patients: where each sound is loudest."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.data.recordings import Position
from heartprobe.data.synthetic import random_patient
from heartprobe.data.synthetic.chest import Chest, Source, all_positions
from heartprobe.data.synthetic.cycle import Rhythm
from heartprobe.data.synthetic.murmurs import Murmur, MurmurKind
from heartprobe.data.synthetic.patient import SyntheticPatient, Valves
from heartprobe.data.synthetic.recording import heart_sound


def quiet_patient(*murmurs: Murmur) -> SyntheticPatient:
    """Return a patient without own valves or chest, only with these murmurs."""
    person = random_patient((), np.random.default_rng(0))
    return SyntheticPatient(
        lesions=(),
        demographics=person.demographics,
        rhythm=Rhythm(rate_bpm=70),
        valves=Valves(s1_level=0.0, a2_level=0.0, p2_level=0.0),
        murmurs=murmurs,
        chest=Chest(),
        sensor=person.sensor,
    )


def test_the_positions_stand_in_the_order_of_the_bmd_hs_table() -> None:
    """Lying first, then sitting; mitral, tricuspid, pulmonary, aortic."""
    assert [str(p) for p in all_positions()] == [
        "sup_Mit", "sup_Tri", "sup_Pul", "sup_Aor", "sit_Mit", "sit_Tri", "sit_Pul", "sit_Aor",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "posture", "area"),
    [("AS", None, "Aor"), ("AR", "sit", "Tri"), ("MR", "sup", "Mit"), ("MS", "sup", "Mit"), ("flow", "sup", "Pul")],
)
def test_a_murmur_is_loudest_at_its_place(kind: MurmurKind, posture: str | None, area: str) -> None:
    """The position with the most energy is the one of the textbooks."""
    patient = quiet_patient(Murmur(kind, 3, 0.5))
    energy = {}
    for position in all_positions():
        _, heard = heart_sound(patient, position, np.random.default_rng(5), duration_s=10)
        energy[position] = float((heard**2).mean())
    loudest = max(energy, key=energy.__getitem__)
    assert loudest.area == area
    assert posture is None or loudest.posture == posture


def test_the_first_sound_leads_at_the_apex_and_the_second_at_the_base() -> None:
    """S1 is louder than A2 at the mitral area, A2 louder than S1 at the aortic area."""
    chest = Chest()
    apex, base = Position("sup", "Mit"), Position("sup", "Aor")
    assert chest.gain("S1", apex) > 1.5 * chest.gain("A2", apex)
    assert chest.gain("A2", base) > 1.5 * chest.gain("S1", base)


def test_the_pulmonary_part_of_the_second_sound_is_heard_at_its_area() -> None:
    """P2 is loudest at the pulmonary area and nearly absent at the apex."""
    chest = Chest()
    gains = {area: chest.gain("P2", Position("sup", area)) for area in ("Mit", "Tri", "Pul", "Aor")}
    assert max(gains, key=gains.__getitem__) == "Pul"
    assert gains["Mit"] < 0.2 * gains["Pul"]


@pytest.mark.parametrize(("source", "is_louder_sitting"), [("AR", True), ("MS", False), ("S3", False)])
def test_posture_brings_out_what_it_should(source: Source, is_louder_sitting: bool) -> None:
    """Sitting up favours AR; lying favours MS and S3."""
    chest = Chest()
    sitting, lying = chest.gain(source, Position("sit", "Mit")), chest.gain(source, Position("sup", "Mit"))
    assert (sitting > lying) is is_louder_sitting


def test_a_patients_own_chest_scales_a_position() -> None:
    """A factor of 0.5 at one position halves everything there and nothing elsewhere."""
    chest = Chest({"sup_Mit": 0.5})
    assert chest.gain("MR", Position("sup", "Mit")) == pytest.approx(0.5)
    assert chest.gain("MR", Position("sup", "Tri")) == pytest.approx(0.55)
