"""The model card of the classifier that comes with heartprobe, filled in from its figures."""

from __future__ import annotations

from typing import Any, Final

from heartprobe import __version__
from heartprobe.decisions.decider import Decider
from heartprobe.decisions.log_odds import from_log_odds, log_odds
from heartprobe.labels import NORMAL

_CARD: Final = """---
license: odc-by
library_name: heartprobe
tags: [heart sounds, phonocardiogram]
---

# heartprobe: normal or abnormal, with heartprobe-pcg

Tells from a heart-sound recording whether it sounds normal or abnormal (`N`). It comes with heartprobe {version} and
answers offline, where no other model is named:

    heartprobe predict FILE.wav

Research software, not a medical device: its answer must not decide about anybody's care. **At places that it has not
heard it is often wrong**: see below before you believe an answer.

## What it is

- Encoder: `heartprobe-pcg`, which comes with heartprobe (0.3 million parameters). It hears a recording as one window,
  whatever its length, at 2 kHz, each band's mean over time taken out.
- Head: logistic regression on its 1360 numbers, C = {strength:g}.
- Trained on {recordings} recordings of the six sites of PhysioNet/CinC 2016 (of site e, which has 2141, on 691), each
  site and class counting the same.

## How it decides

Calibration and the band of uncertain answers were chosen on recordings of the sites a, c, d and f, each predicted by an
encoder and a head that had not heard this site; each site counts the same, and at each the abnormal as much as the
normal. Sites b and e took no part, because their abnormal hearts are not those that the encoder was taught.

- P(abnormal) = 1 / (1 + exp(-({slope:.3f} * v {intercept:+.3f}))), where v are the head's log odds. A slope far below
  1 says how much too sure of itself the head is at a place that it does not know.
- *Abnormal* is declared from 0.5. Between {low:.2f} and {high:.2f} the answer is *uncertain*: outside this band, at
  most {largest_error} of the decisions about these sites were wrong.
- Several recordings of a patient are averaged before that, and the same line is used: it was fitted on single
  recordings, so that the probability of a patient lies nearer to one half than it should. The answer is also
  *uncertain* where fewer than half of them share the decision.

**The probability holds where half of the people are abnormal.** Where 5 in 100 are, 0.8 becomes {rare:.2f}, and most
of those declared abnormal are healthy: multiply the odds by p / (1 - p), p being the share of the abnormal among your
patients.

## How well it did

Sites of PhysioNet/CinC 2016 that neither encoder nor head had heard (95 % intervals, which take every recording for
another person, as the set does not tell). No prediction about a site took part in how it is decided; the models whose
predictions did had heard it. Which head and which grid of C are used was chosen by the mean AUROC of a, c, d and f in
this very table, which flatters it somewhat. Sensitivity and specificity count uncertain answers as if they were given:

| site | recordings | AUROC | sensitivity | specificity | uncertain |
|---|---:|---:|---:|---:|---:|
{sites}

In b and e *abnormal* does not mean valve disease. In e, {touching:.0f} % of the abnormal and {quiet:.0f} % of the
normal recordings touch full scale, which alone tells the label with an AUROC of {full_scale}: they were not recorded
alike.

BMD-HS, another country and another stethoscope ({patients} patients, {normal} of them normal, 8 recordings each), of
which no recording took part in anything above:

| | AUROC | sensitivity | specificity |
|---|---:|---:|---:|
| patients | {patient} |
| single recordings | {recording} |

The Brier score of its probabilities there is {brier}; who always says one half gets .25, who
always says the share of the abnormal there gets {constant}. Calibrated again there, the log odds would have to be
multiplied by {again} (1 were right): its probabilities of patients are far too cautious there. Of the answers about
patients, {uncertain} are uncertain; of the others, {error} are wrong. The encoder's recipe was chosen among
some that were compared on BMD-HS, which flatters these figures somewhat. No normal patient of BMD-HS is older than 24,
so that some of what is told apart may be age.

## Limits

- Where it matters, choose the threshold on patients of your own, or train on them: `heartprobe train`.
- *Normal* means what it meant at these sites. No disease is named, and other diseases than of the valves are hardly
  heard.
- Recordings too noisy to tell are refused by a check of quality, not by the model. Neither notices a sound that repeats
  like a heart and is none: a metronome gets an answer.

## Made again by

    python benchmarks/shipped_classifier.py --cinc16 CINC16 --bmd-hs BMD-HS --work FOLDER

## Source and licence of the recordings

Liu C, Springer D, Li Q, et al. An open access database for the evaluation of heart sound algorithms. Physiological
Measurement 37(12):2181-2213, 2016. doi:10.1088/0967-3334/37/12/2181. Open Data Commons Attribution License 1.0. The
folder holds none of the recordings.
"""


def shipped_card(figures: dict[str, Any], decider: Decider, recordings: int) -> str:
    """Return the card in Markdown."""
    level, abroad, e = decider.labels[NORMAL].patients, figures["bmd_hs"], figures["full_scale"]["training-e"]
    share = abroad["patient"]["sensitivity"]["n"] / abroad["patient"]["auroc"]["n"]
    return _CARD.format(
        version=__version__,
        strength=figures["shipped_strength"],
        recordings=recordings,
        slope=level.calibration.slope,
        intercept=level.calibration.intercept,
        largest_error=f"{100 * decider.largest_error:g} %",
        low=level.band.low,
        high=level.band.high,
        rare=from_log_odds(log_odds(0.8) + log_odds(0.05)),
        sites="\n".join(site_row(site, found) for site, found in figures["sites"].items()),
        touching=100 * e["share_of_abnormal"],
        quiet=100 * e["share_of_normal"],
        full_scale=f"{e['auroc']:.2f}".lstrip("0"),
        patients=abroad["patient"]["auroc"]["n"],
        normal=abroad["patient"]["specificity"]["n"],
        patient=_cells(abroad["patient"]),
        recording=_cells(abroad["recording"]),
        constant=f"{share * (1 - share):.2f}".removeprefix("0"),
        again=in_text(abroad["calibration"]["slope"], 1),
        brier=in_text(abroad["calibration"]["brier"], 2),
        uncertain=in_percent(abroad["uncertain"]["share"]),
        error=in_percent(abroad["uncertain"]["error_decided"]),
    )


def site_row(site: str, found: dict[str, Any]) -> str:
    """Return a row of the table of sites."""
    return f"| {site} | {found['auroc']['n']} | {_cells(found)} | {100 * found['uncertain']['value']:.0f} % |"


def _cells(found: dict[str, Any]) -> str:
    digits = {"auroc": 3, "sensitivity": 2, "specificity": 2}
    return " | ".join(in_text(found[name], n) for name, n in digits.items())


def in_text(entry: dict[str, Any], digits: int) -> str:
    """Return a figure with its interval."""
    value, low, high = (f"{entry[key]:.{digits}f}".removeprefix("0") for key in ("value", "low", "high"))
    return f"{value} ({low}-{high})"


def in_percent(entry: dict[str, Any]) -> str:
    """Return a share as a percentage with its interval."""
    return f"{100 * entry['value']:.0f} % ({100 * entry['low']:.0f}-{100 * entry['high']:.0f} %)"
