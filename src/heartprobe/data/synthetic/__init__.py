"""Synthetic patients: heart sounds of no real person, generated from textbook physiology.

The sounds follow the heart in small steps, one file each:

    population.py   which lesions patient number k has
    patient.py      one patient: rate, valves, murmurs, chest, stethoscope, demographics
    cycle.py        when each beat begins, when the aortic valve closes, where breathing stands
    sounds.py       first and second sound, third sound, opening snap
    murmurs.py      turbulence: its place in the cycle, its shape and its pitch
    noise.py        noise with a given spectrum
    chest.py        how loud each sound arrives at each position and posture
    sensor.py       the stethoscope: colouring, breathing, noise, clicks
    recording.py    one recording, put together from the above
    layout.py       names and tables of BMD-HS
    write.py        a whole data set in that layout

`docs/synthetic.md` names the sources of every number and says what the sounds are not good for.
"""

from __future__ import annotations

from heartprobe.data.synthetic.murmurs import Murmur
from heartprobe.data.synthetic.patient import SyntheticPatient, random_patient
from heartprobe.data.synthetic.population import lesions_of, synthetic_patient
from heartprobe.data.synthetic.recording import synthesise
from heartprobe.data.synthetic.write import GENERATOR_VERSION, MARKER, write_synthetic

__all__ = [
    "GENERATOR_VERSION",
    "MARKER",
    "Murmur",
    "SyntheticPatient",
    "lesions_of",
    "random_patient",
    "synthesise",
    "synthetic_patient",
    "write_synthetic",
]
