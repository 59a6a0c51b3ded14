"""A figure step by step, through HTTP: what a statistician defends it with."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from builders.reporting import AUGUST, A, Asking, B, Client, Record, answered

from palautevirta.local.postgres import Database
from palautevirta.reference_data.loading import MERGERS, ORGANISATIONS, Loaded, load

PATH = "/v1/figures/explain?survey={}&period=2025-2026&provider={}"
FIGURES = "/v1/figures?survey={}&period=2025-2026&provider={}&by=provider"


@pytest.fixture
async def filled(database: Database) -> None:
    """A: 9 of 10 and 90 points; B: 1 of 10 and 10 points, merged by the operator; A has employers too."""
    record = Record()
    for provider, respondents in ((A, 9), (B, 1)):
        for number in range(10):
            answers = {"points": 10} | answered("start-2025", {"start_01": 4})
            record.request(provider, AUGUST, **(answers if number < respondents else {}))
    instructor = {"survey": "workplace_instructor"} | answered("workplace_instructor-2025", {"instructor_01": 4})
    record.request(A, AUGUST, **instructor, target_days=30, respondent_days=30, points=120)
    record.request(A, AUGUST, **instructor, entrepreneur=True, target_days=20, respondent_days=20, points=100)
    record.request(A, AUGUST, survey="workplace_instructor", target_days=50)
    record.request(A, AUGUST, survey="workplace", target_days=5)
    record.request(B, AUGUST, **instructor, entrepreneur=True, target_days=8, respondent_days=8, points=32)
    await record.write(database.dsn)
    for kind, content in (
        (ORGANISATIONS, f"oid,business_id,name_fi\n{A},0000001-9,Yksi\n"),
        (MERGERS, f"provider,successor,day\n{A},{B},2024-01-01\n"),
    ):
        assert isinstance(await load(database.dsn, kind, content.encode(), date(2026, 2, 3)), Loaded)


def values(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {row["step"]: row["value"] for row in rows}


@pytest.mark.usefixtures("filled")
async def test_every_step_of_a_merged_figure_is_told_in_order(ask: Asking) -> None:
    rows = await ask.rows(PATH.format("start", A) + "&structure=latest")
    day = rows[-1].pop("value")
    assert date.fromisoformat(day) >= date(2026, 1, 1)
    assert [(row["step"], row.get("value")) for row in rows] == [
        ("survey", "start"),
        ("period", "2025-2026"),
        ("structure", "latest"),
        ("provider", B),
        ("providers", f"{A} {B}"),
        ("ever_posted", "yes"),
        ("targets", "20"),
        ("respondents", "10"),
        ("points", "100.0000"),
        ("response_rate", "0.500000000000000000"),
        ("rate_exact", "1/2"),
        ("coefficient_row", "2024-2025"),
        ("coefficient_branch", "linear"),
        ("coefficient_at_least", None),
        ("coefficient_at_most", None),
        ("coefficient_formula", "43/15 - 2·r"),
        ("coefficient_exact", "28/15"),
        ("coefficient", "1.866666666666666667"),
        ("weighted_points_exact", "560/3"),
        ("weighted_points", "186.666666666666666667"),
        ("rounding", "half away from zero"),
        ("national_model", "2025.1"),
        ("rules", "2"),
        ("organisation_table", "1"),
        ("mergers", "1"),
        ("structure_day", None),
    ]
    rules = {row["step"]: row["rule"] for row in rows}
    assert "r ≥ 3/5: 1/r; else 43/15 - 2·r" in rules["coefficient_row"]
    assert "2026-02-03" in rules["mergers"]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("survey", ["start", "completion_whole", "workplace_instructor", "workplace"])
@pytest.mark.parametrize("structure", ["", "&structure=latest"])
async def test_what_a_step_writes_is_what_the_figures_say(ask: Asking, survey: str, structure: str) -> None:
    explained = values(await ask.rows(PATH.format(survey, A) + structure))
    figures = await ask.rows(FIGURES.format(survey, A) + structure)
    if survey == "completion_whole":
        assert figures == []
        assert (explained["targets"], explained["coefficient"], explained["weighted_points"]) == ("0", None, None)
        return
    (row,) = figures
    shown = {name: value for name, value in row.items() if name in explained and not name.endswith("_shown")}
    assert len(shown) >= 7
    assert {name: None if value is None else str(value) for name, value in shown.items()} == {
        name: explained[name] for name in shown
    }


@pytest.mark.usefixtures("filled")
async def test_zeros_of_a_provider_that_never_posted_say_so(ask: Asking) -> None:
    for provider, posted in (("1.2.246.562.10.10000000077", "no"), (A, "yes")):
        for survey in ("start", "completion_parts"):
            assert values(await ask.rows(PATH.format(survey, provider)))["ever_posted"] == posted
    unheard = {row["step"]: row for row in await ask.rows(PATH.format("start", "1.2.246.562.10.10000000077"))}
    assert unheard["targets"]["value"] == "0"
    assert "nothing was ever posted" in unheard["ever_posted"]["rule"]


@pytest.mark.usefixtures("filled")
async def test_the_entrepreneurs_copy_stands_apart(ask: Asking) -> None:
    steps = values(await ask.rows(PATH.format("workplace", A)))
    assert (steps["own_targets"], steps["copied_targets"], steps["targets"]) == ("1", "1", "2")
    assert (steps["own_respondents"], steps["copied_respondents"], steps["respondents"]) == ("0", "1", "1")
    assert (steps["own_target_days"], steps["copied_target_days"], steps["target_days"]) == ("5", "20", "25")
    assert (steps["copied_points"], steps["copied_points_added"], steps["points"]) == (
        "100.0000", "112.5000", "112.5000",
    )  # fmt: skip
    assert (steps["coefficient"], steps["weighted_points_exact"]) == (None, "225/2")
    assert "rate_exact" not in steps
    only_copied = values(await ask.rows(PATH.format("workplace", B)))
    assert [only_copied[f"{prefix}targets"] for prefix in ("own_", "copied_", "")] == ["0", "1", "1"]


@pytest.mark.usefixtures("filled")
async def test_instructors_are_corrected_by_days(ask: Asking) -> None:
    steps = values(await ask.rows(PATH.format("workplace_instructor", A)))
    assert (steps["rate_exact"], steps["coefficient_exact"]) == ("1/2", "28/15")
    assert (steps["response_rate_days"], steps["coefficient"]) == ("0.50000000000000", "1.86666666666667")


@pytest.mark.usefixtures("filled")
async def test_a_provider_sees_the_steps_of_its_counts_and_no_others(ask: Asking) -> None:
    rows = await ask.rows(PATH.format("start", A), "figures:read", A)
    steps = values(rows)
    assert (steps["targets"], steps["respondents"], steps["response_rate"]) == ("10", "9", "0.900000000000000000")
    told = {"survey", "period", "structure", "provider", "providers", "ever_posted"}
    told |= {"targets", "respondents", "response_rate"}
    versions = {"national_model", "rules", "organisation_table", "mergers", "structure_day"}
    assert steps.keys() == told | versions | {"response_rate_days"}
    hidden = {row["step"]: row for row in await ask.rows(PATH.format("start", B), "figures:read", B)}
    assert (hidden["respondents"]["value"], hidden["respondents"]["value_shown"]) == (None, "1-4")
    assert hidden["response_rate"]["value"] is None


@pytest.mark.usefixtures("filled")
async def test_whose_figure_may_not_be_seen_is_not_explained(ask: Asking) -> None:
    for path, organisations in (
        (PATH.format("start", B), (A,)),
        (PATH.format("start", A) + "&structure=latest", (A,)),
        (PATH.format("start", B) + "&structure=latest", (B,)),
    ):
        status, _ = await ask.refusal(path, "figures:read", *organisations)
        assert status == 403
    status, problem = await ask.refusal("/v1/figures/explain?survey=start&by=month")
    assert (status, [error["parameter"] for error in problem["errors"]]) == (400, ["by", "period", "provider"])


@pytest.mark.usefixtures("filled")
async def test_an_explanation_is_a_table_like_every_other(ask: Asking, client: Client) -> None:
    headers = ask.header("figures:national") | {"Accept": "text/csv"}
    async with client.get(PATH.format("start", A), headers=headers) as answer:
        assert answer.content_type == "text/csv"
        rows = list(csv.reader(io.StringIO(await answer.text())))
    assert rows[0] == ["step", "value", "value_shown", "rule"]
    assert ["targets", "10"] in [row[:2] for row in rows]
