"""What was answered to each question (§7: n, mean, deviation, NPS, choices)."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from recount.figures import Filters, Row, grouped, of_survey
from recount.questionnaires import Question
from recount.requests import EMPLOYER_KINDS
from recount.targets import Target
from recount.writing import written, written_root

Answers = list[tuple[dict[str, Any], int | None]]
"""The answers to one question and the days of the target that gave each, None for students."""

_LEAST_NPS_ANSWERS = 5
_MEMBERS = (
    "dont_know", "mean", "mean_by_days", "sd", "sd_by_days", "count_1", "count_2", "count_3", "count_4", "count_5",
    "promoters", "passives", "detractors", "nps",
)  # fmt: skip


def question_rows(
    all_targets: Sequence[Target], survey: str, period: str, by: Sequence[str], filters: Filters
) -> list[Row]:
    """The rows of `/v1/figures/questions`: a group's questions are those of the questionnaires that count there."""
    respondents = [target for target in of_survey(all_targets, survey, period, filters) if target.questionnaire]
    return [
        {**keys, "question": code, **_statistics(questions[0].kind, _answers(group, code), survey in EMPLOYER_KINDS)}
        for keys, group in grouped(respondents, by)
        for code, questions in _questions(group).items()
    ]


def choice_rows(
    all_targets: Sequence[Target], survey: str, period: str, by: Sequence[str], filters: Filters
) -> list[Row]:
    """The rows of `/v1/figures/choices`."""
    respondents = [target for target in of_survey(all_targets, survey, period, filters) if target.questionnaire]
    rows = []
    for keys, group in grouped(respondents, by):
        for code, questions in _questions(group).items():
            chosen = Counter(
                choice
                for answer, _ in _answers(group, code)
                for choice in {answer.get("choice"), *(answer.get("choices") or ())} - {None}
            )
            offered = dict.fromkeys(choice for question in questions for choice in question.choices)
            rows += [{**keys, "question": code, "choice": choice, "n": chosen[choice]} for choice in offered]
    return rows


def _questions(group: Sequence[Target]) -> dict[str, list[Question]]:
    """The questions that a group was asked: a code means the same in every version."""
    questions: dict[str, list[Question]] = {}
    for questionnaire in {target.questionnaire for target in group if target.questionnaire}:
        for question in questionnaire.questions:
            questions.setdefault(question.code, []).append(question)
    return questions


def _answers(group: Sequence[Target], code: str) -> Answers:
    return [(answer, target.days) for target in group for answer in target.answers if answer["question"] == code]


def _statistics(kind: str, answers: Answers, employers: bool) -> Row:
    """The members of a row; what a question of this kind doesn't have is null."""
    row: Row = dict.fromkeys(_MEMBERS)
    if kind == "nps":
        given = [int(answer["nps"]) for answer, _ in answers]
        promoters, detractors = sum(value >= 9 for value in given), sum(value <= 6 for value in given)
        nps = Fraction(100 * (promoters - detractors), len(given)) if len(given) >= _LEAST_NPS_ANSWERS else None
        row |= {"promoters": promoters, "detractors": detractors, "passives": len(given) - promoters - detractors}
        return {**row, "n": len(given), "nps": written(nps, 18)}
    if kind != "score":
        return {**row, "n": len(answers)}
    scores = [(int(answer["score"]), days) for answer, days in answers if answer.get("score") is not None]
    mean, variance = _moments([(score, 1) for score, _ in scores])
    row |= {f"count_{value}": sum(score == value for score, _ in scores) for value in range(1, 6)}
    row |= {"n": len(scores), "dont_know": len(answers) - len(scores)}
    row |= {"mean": written(mean, 18), "sd": written_root(variance, 18)}
    if employers:
        mean, variance = _moments([(score, days or 0) for score, days in scores])
        row |= {"mean_by_days": written(mean, 18), "sd_by_days": written_root(variance, 18)}
    return row


def _moments(weighted: list[tuple[int, int]]) -> tuple[Fraction | None, Fraction | None]:
    """Mean and variance (population form) of values with weights, null when the weights sum to 0."""
    total = sum(weight for _, weight in weighted)
    if total == 0:
        return None, None
    mean = Fraction(sum(value * weight for value, weight in weighted), total)
    return mean, Fraction(sum(value * value * weight for value, weight in weighted), total) - mean * mean
