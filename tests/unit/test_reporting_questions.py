"""Question figures worked by hand from the national model's §7."""

from collections.abc import Mapping

import pytest

from schemas.national.layout import layout
from schemas.national.model import SurveyKind, load_models
from services.reporting.questions import AnsweredGroup, Histogram, choice_table, question_table
from services.reporting.table import Cell

MODELS = load_models()
KEY = ("", "", "", "", "")


def histogram(code: str, cells: Mapping[tuple[str, int], tuple[int, int]]) -> Histogram:
    """Heads and days of the n-th cell of a question."""
    questionnaire = MODELS.questionnaire(code)
    assert questionnaire is not None
    form = layout(questionnaire)
    firsts = {question: form.slots[slot].first_cell for question, slot in form.slot_of.items()}
    return Histogram(
        questionnaire.number, {firsts[question] + position: counts for (question, position), counts in cells.items()}
    )


def rows(kind: SurveyKind, *histograms: Histogram) -> dict[str, dict[str, Cell]]:
    table = question_table(kind, (), [AnsweredGroup(KEY, histograms)], MODELS)
    return {str(row[0]): dict(zip(table.columns, row, strict=True)) for row in table.rows}


def test_scores_have_a_distribution_a_mean_and_a_deviation() -> None:
    # 1, 4, 4, 5: mean 3.5, variance (6.25 + 0.25 + 0.25 + 2.25) / 4 = 2.25; two don't knows stand apart.
    found = histogram(
        "start-2025",
        {("start_02", 0): (1, 0), ("start_02", 3): (2, 0), ("start_02", 4): (1, 0), ("start_02", 5): (2, 0)},
    )
    assert rows("start", found)["start_02"] == {
        "question": "start_02", "n": 4, "dont_know": 2,
        "mean": "3.500000000000000000", "mean_by_days": None, "sd": "1.500000000000000000", "sd_by_days": None,
        "count_1": 1, "count_2": 0, "count_3": 0, "count_4": 2, "count_5": 1,
        "promoters": None, "passives": None, "detractors": None, "nps": None,
    }  # fmt: skip


def test_employers_scores_are_also_weighted_by_days() -> None:
    # 2 for 10 days and 5 for 20: mean 120/30 = 4, variance (4 · 10 + 25 · 20) / 30 - 16 = 2.
    found = histogram("workplace-2025", {("workplace_01", 1): (1, 10), ("workplace_01", 4): (1, 20)})
    row = rows("workplace", found)["workplace_01"]
    assert (row["mean"], row["mean_by_days"]) == ("3.500000000000000000", "4.000000000000000000")
    assert (row["sd"], row["sd_by_days"]) == ("1.500000000000000000", "1.414213562373095049")


def test_without_days_the_figures_by_days_are_null() -> None:
    row = rows("workplace", histogram("workplace-2025", {("workplace_01", 2): (1, 0)}))["workplace_01"]
    assert (row["mean"], row["sd"]) == ("3.000000000000000000", "0.000000000000000000")
    assert (row["mean_by_days"], row["sd_by_days"]) == (None, None)


def test_a_question_that_nobody_answered_has_no_mean() -> None:
    row = rows("start", histogram("start-2025", {("start_01", 4): (1, 0)}))["start_03"]
    assert (row["n"], row["dont_know"], row["mean"], row["sd"]) == (0, 0, None, None)


@pytest.mark.parametrize(("sixes", "expected"), [(1, None), (2, "20.000000000000000000")])
def test_nps_is_null_below_five_answers(sixes: int, expected: str | None) -> None:
    # Answers 9, 10, 10 promote, 6 detracts: (3 - 2) / 5 · 100 with two sixes.
    cells = {("start_nps", 9): (1, 0), ("start_nps", 10): (2, 0), ("start_nps", 6): (sixes, 0)}
    row = rows("start", histogram("start-2025", cells))["start_nps"]
    assert (row["n"], row["promoters"], row["passives"], row["detractors"]) == (3 + sixes, 3, 0, sixes)
    assert (row["nps"], row["mean"], row["count_1"], row["dont_know"]) == (expected, None, None, None)


def test_one_code_is_one_question_in_every_version() -> None:
    old = histogram("start-2018", {("start_01", 0): (3, 0)})
    new = histogram("start-2025", {("start_01", 4): (1, 0)})
    found = rows("start", old, new)
    assert (found["start_01"]["n"], found["start_01"]["mean"]) == (4, "2.000000000000000000")
    assert next(iter(found)) == "start_01"
    assert "start_10" in found


def test_a_choice_question_counts_its_answers_and_each_choice() -> None:
    cells = {("start_reason", 0): (2, 0), ("start_needs", 0): (3, 0), ("start_needs", 2): (1, 0)}
    found = histogram("start-2025", cells)
    row = rows("start", found)["start_needs"]
    assert (row["n"], row["dont_know"], row["mean"], row["count_1"]) == (3, None, None, None)
    table = choice_table((), [AnsweredGroup(KEY, (found,))], MODELS)
    questionnaire = MODELS.questionnaire("start-2025")
    assert questionnaire is not None
    codes = [choice.code for choice in questionnaire.by_code["start_needs"].choices]
    needs = [row[1:] for row in table.rows if row[0] == "start_needs"]
    assert needs == [(code, 1 if code == codes[1] else 0) for code in codes]


def test_a_questionnaire_of_a_newer_model_stops_the_answer() -> None:
    with pytest.raises(LookupError):
        rows("start", Histogram(30_000, {0: (1, 0)}))
