"""The benchmarks run and say what they found in the form that they promise. What they find is for `make bench`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORDS = ("bench/identity.py", "--json", "--profile", "embedded", "--cases", "12", "--codes", "40", "--times", "3")


@pytest.mark.slow
def test_the_bench_of_identity_names_its_figures() -> None:
    ran = subprocess.run([sys.executable, *WORDS], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    figures = {figure["name"]: figure for figure in json.loads(ran.stdout)["figures"]}
    assert list(figures) == [
        "merge_ms",
        "merge_rows_growth",
        "redeem_ms_1m",
        "redeem_code_ms_1m",
        "redeem_1m_to_few",
    ]
    assert all(figure["better"] == "lower" and figure["value"] > 0 for figure in figures.values())
    assert figures["merge_rows_growth"]["value"] == 1


@pytest.mark.slow
def test_the_bench_of_rules_names_its_three_figures_after_all_engines_agreed() -> None:
    words = ("bench/rules.py", "--json", "--profile", "embedded", "--times", "20")
    ran = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    figures = {figure["name"]: figure for figure in json.loads(ran.stdout)["figures"]}
    better = {"rules_pass_ms": "lower", "rules_pass_queries": "lower", "rules_to_best_engine": "higher"}
    assert {name: figure["better"] for name, figure in figures.items()} == better
    assert all(figure["value"] > 0 for figure in figures.values())
    assert figures["rules_pass_queries"]["value"] <= figures["rules_pass_queries"]["target"] == 3
