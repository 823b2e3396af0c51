"""A benchmark as a user meets it: from the file to the leaderboard."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from two_models import TWO_MODELS, heartprobe, write_file

from heartprobe.errors import ConfigError

LEFT = ["cost.json", "leaderboard.html", "leaderboard.json", "leaderboard.md", "leaderboard.svg", "runs"]


def read(out: Path) -> dict[str, Any]:
    return json.loads((out / "leaderboard.json").read_text())


def times(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_leaves_what_it_says_and_every_cell_is_a_run_folder(finished: Path) -> None:
    assert sorted(path.name for path in finished.iterdir()) == LEFT
    for row in read(finished)["tasks"]["home"]["rows"]:
        assert {"report.json", "predictions.csv", "bundle"} <= {path.name for path in (finished / row["run"]).iterdir()}


def test_rows_are_sorted_and_say_what_the_reports_say(finished: Path) -> None:
    task = read(finished)["tasks"]["home"]
    values = [row["macro"]["auroc"]["value"] for row in task["rows"]]
    assert values == sorted(values, reverse=True)
    assert [row["rank"] for row in task["rows"]] == [1, 2]
    assert {row["entry"] for row in task["rows"]} == {"levels", "changes"}
    for row in task["rows"]:
        report = json.loads((finished / row["run"] / "report.json").read_text())
        patient = report["levels"]["patient"]
        assert row["macro"]["auroc"] == patient["macro"]["auroc"]
        assert {label: metrics["auroc"] for label, metrics in row["labels"].items()} == {
            label: metrics["auroc"] for label, metrics in patient["labels"].items()
        }
        alone = report["demographics_only"]["levels"]["patient"]["macro"]
        assert task["demographics_alone"]["macro"]["auroc"] == alone["auroc"]


def test_difference_is_that_of_the_compare_command(finished: Path) -> None:
    rows = {row["entry"]: row for row in read(finished)["tasks"]["home"]["rows"]}
    assert "difference" not in rows["levels"]
    folders = (finished / rows[name]["run"] for name in ("levels", "changes"))
    compared = heartprobe("compare", *folders, "--draws=100", "--json")
    (expected,) = json.loads(compared.stdout)["comparisons"]
    assert rows["changes"]["difference"] == {"macro": expected["macro"], "labels": expected["labels"]}


def test_pages_show_the_numbers_and_need_no_network(finished: Path) -> None:
    first = read(finished)["tasks"]["home"]["rows"][0]
    shown = f"{first['macro']['auroc']['value']:.3f}"
    for name in ("leaderboard.md", "leaderboard.html"):
        text = (finished / name).read_text()
        assert "SYNTHETIC DATA" in text
        assert "demographics alone" in text
        assert shown in text
        assert "its difference to levels" in text
    assert "<script" not in (finished / "leaderboard.html").read_text()
    assert "default-src 'none'" in (finished / "leaderboard.html").read_text().replace("&#x27;", "'")


def test_cost_names_the_machine_and_keeps_times_out_of_the_leaderboard(finished: Path) -> None:
    costs = json.loads((finished / "cost.json").read_text())
    assert costs["machine"]["threads"] == 1
    assert costs["machine"]["processor"]
    ways = {row["way"] for row in read(finished)["tasks"]["home"]["rows"]}
    assert costs["ways"].keys() == ways
    for cost in costs["ways"].values():
        times_ms = cost["milliseconds"]
        assert 0 < times_ms["low"] <= times_ms["median"] <= times_ms["high"]
        assert (cost["parameters"], cost["megabytes"]) == (0, 0)
    assert "milliseconds" not in (finished / "leaderboard.json").read_text()


def test_the_same_file_gives_the_same_bytes_and_finished_cells_are_not_touched(
    synthetic: Path, finished: Path, tmp_path: Path
) -> None:
    """The second time one cell is there and the other was interrupted before its report."""
    out = tmp_path / "out"
    shutil.copytree(finished, out)
    rows = {row["entry"]: out / row["run"] for row in read(out)["tasks"]["home"]["rows"]}
    for name in ("report.json", "predictions.csv", "report.html"):
        (rows["changes"] / name).unlink()
    (out / "leaderboard.json").unlink()
    before = times(rows["levels"])
    result = heartprobe("benchmark", write_file(tmp_path), f"--data=bmd-hs={synthetic}", "--device=cpu", "--out", out)
    assert result.exit_code == 0, result.exception
    assert "levels on home is there already" in result.stderr
    assert "changes on home is there already" not in result.stderr
    assert times(rows["levels"]) == before
    assert (out / "leaderboard.json").read_bytes() == (finished / "leaderboard.json").read_bytes()
    assert (out / "cost.json").read_bytes() == (finished / "cost.json").read_bytes()


def test_results_on_other_recordings_are_not_taken_over(synthetic: Path, finished: Path, tmp_path: Path) -> None:
    """Somebody corrected a label since."""
    changed = tmp_path / "changed"
    shutil.copytree(synthetic, changed)
    table = changed / "train.csv"
    header, first, *others = table.read_text().splitlines()
    column = header.split(",").index("AS")
    cells = first.split(",")
    cells[column] = str(1 - int(cells[column]))
    table.write_text("\n".join([header, ",".join(cells), *others]) + "\n")
    shutil.copytree(finished, tmp_path / "out")
    result = heartprobe("benchmark", write_file(tmp_path), f"--data=bmd-hs={changed}", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "holds the results of the same settings on other recordings" in result.stderr
    assert read(tmp_path / "out")["tasks"]["home"]["rows"] == []


def test_a_failing_cell_is_named_and_the_others_are_there(synthetic: Path, tmp_path: Path) -> None:
    text = TWO_MODELS.replace('encoder = "modulation"', 'encoder = "./nowhere"')
    out = tmp_path / "out"
    result = heartprobe("benchmark", write_file(tmp_path, text), f"--data=bmd-hs={synthetic}", "--out", out)
    assert result.exit_code == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("heartprobe: changes on home: ")
    assert "nowhere" in last
    task = read(out)["tasks"]["home"]
    assert [row["entry"] for row in task["rows"]] == ["levels"]
    assert [failed["entry"] for failed in task["failed"]] == ["changes"]
    assert "changes is not in the table" in (out / "leaderboard.md").read_text()
    assert sorted(path.name for path in out.iterdir()) == LEFT


def test_every_site_stands_beside_the_means(synthetic: Path, three_sites: Path, tmp_path: Path) -> None:
    text = (
        TWO_MODELS.replace("multi_label = true\n", "")
        .replace('protocol = "cv"', 'protocol = "leave-site-out"')
        .replace(
            'sets = ["bmd-hs"]',
            'sets = ["bmd-hs", "physionet-2016"]\nsite_groups = { "two" = ["bmd-hs", "training-b"] }',
        )
    )
    out = tmp_path / "out"
    folders = [f"--data=bmd-hs={synthetic}", f"--data=physionet-2016={three_sites}"]
    result = heartprobe("benchmark", write_file(tmp_path, text), *folders, "--device=cpu", "--out", out)
    assert result.exit_code == 0, result.exception
    task = read(out)["tasks"]["home"]
    for row in task["rows"]:
        report = json.loads((out / row["run"] / "report.json").read_text())
        at = {site: found["labels"]["N"]["value"] for site, found in row["sites"].items()}
        assert list(at) == ["bmd-hs", "training-a", "training-b", "training-c"]
        assert row["site_means"]["all sites"]["value"] == report["sites_mean"]["patient"]["N"]["auroc"]["value"]
        assert row["site_means"]["two"]["value"] == pytest.approx((at["bmd-hs"] + at["training-b"]) / 2)
    changes = next(row for row in task["rows"] if row["entry"] == "changes")
    levels = next(row for row in task["rows"] if row["entry"] == "levels")
    for group, entry in changes["difference"]["site_means"].items():
        expected = changes["site_means"][group]["value"] - levels["site_means"][group]["value"]
        assert entry["value"] == pytest.approx(expected)
    header = "| Model | Mean of 4 sites | Mean of 2 two | bmd-hs | training-a | training-b | training-c |"
    assert header in (out / "leaderboard.md").read_text()


def test_sites_of_another_data_set_stand_beside_the_means(synthetic: Path, three_sites: Path, tmp_path: Path) -> None:
    """One model, tested where none of its patients is from; the sites that it was developed on have no column."""
    text = TWO_MODELS.replace("multi_label = true\n", "").replace(
        'sets = ["bmd-hs"]',
        'sets = ["bmd-hs"]\ntest_sets = ["physionet-2016"]\nsite_groups = { "two" = ["training-a", "training-b"] }',
    )
    out = tmp_path / "out"
    folders = [f"--data=bmd-hs={synthetic}", f"--data=physionet-2016={three_sites}"]
    result = heartprobe("benchmark", write_file(tmp_path, text), *folders, "--device=cpu", "--out", out)
    assert result.exit_code == 0, result.exception
    task = read(out)["tasks"]["home"]
    for row in task["rows"]:
        report = json.loads((out / row["run"] / "report.json").read_text())
        at = {site: found["labels"]["N"]["value"] for site, found in row["sites"].items()}
        assert at == {site: report["sites"][site]["levels"]["patient"]["labels"]["N"]["auroc"]["value"] for site in at}
        assert list(at) == ["training-a", "training-b", "training-c"]
        assert row["site_means"]["all sites"]["value"] == pytest.approx(sum(at.values()) / 3)
    header = "| Model | Mean of 3 sites | Mean of 2 two | training-a | training-b | training-c |"
    assert header in (out / "leaderboard.md").read_text()


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        (TWO_MODELS, [], "The task 'home' uses bmd-hs; say where it lies with --data bmd-hs=DIR, or below [folders]."),
        (TWO_MODELS, ["--data=bmd-hs"], "--data 'bmd-hs' is not of the form NAME=DIR"),
        (TWO_MODELS.replace("[[entries]]", "[[entry]]"), [], "there is no key 'entry'. Did you mean 'entries'?"),
    ],
)
def test_refused_with_a_sentence(text: str, options: list[str], sentence: str, tmp_path: Path) -> None:
    result = heartprobe("benchmark", write_file(tmp_path, text), *options, "--out", tmp_path / "out")
    assert isinstance(result.exception, ConfigError)
    assert sentence in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_unknown_site_of_a_group_is_found_before_anything_is_run(synthetic: Path, tmp_path: Path) -> None:
    text = TWO_MODELS.replace('sets = ["bmd-hs"]', 'sets = ["bmd-hs"]\nsite_groups = { "all" = ["bmdhs"] }')
    result = heartprobe("benchmark", write_file(tmp_path, text), f"--data=bmd-hs={synthetic}", "--out", tmp_path / "o")
    assert isinstance(result.exception, ConfigError)
    assert "names 'bmdhs'. Did you mean 'bmd-hs'?" in str(result.exception)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ('"all" = ["training-a"]', "names 'training-a'. It tests bmd-hs."),
        ('"all" = ["bmd-hs"]', "The task 'home' has site_groups, but tests one site, bmd-hs. Leave them out."),
    ],
)
def test_groups_are_of_the_sites_that_are_tested(
    synthetic: Path, three_sites: Path, tmp_path: Path, groups: str, sentence: str
) -> None:
    """Not of those that the model was developed on."""
    sets = f'sets = ["physionet-2016"]\ntest_sets = ["bmd-hs"]\nsite_groups = {{ {groups} }}'
    text = TWO_MODELS.replace('sets = ["bmd-hs"]', sets)
    folders = [f"--data=bmd-hs={synthetic}", f"--data=physionet-2016={three_sites}"]
    result = heartprobe("benchmark", write_file(tmp_path, text), *folders, "--out", tmp_path / "o")
    assert isinstance(result.exception, ConfigError)
    assert sentence in str(result.exception)


def test_dry_run_lists_the_cells_and_leaves_nothing(tmp_path: Path) -> None:
    result = heartprobe("benchmark", write_file(tmp_path), "--dry-run", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "levels" in result.stdout
    assert "2 runs; compared with 'levels'." in result.stdout
    assert not (tmp_path / "out").exists()
