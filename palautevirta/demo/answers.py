"""Seeded answers to a questionnaire of the national model. Pure.

Answers were never published, so these only look plausible: high scores are more frequent than low ones, a few questions
are skipped, and providers differ in how content their respondents are.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from random import Random
from typing import Final

from schemas.events.codec import Answer
from schemas.national.questionnaire import Question, Questionnaire

_SCORE_WEIGHTS: Final = ((2, 4, 12, 38, 44), (4, 8, 20, 40, 28), (9, 15, 30, 30, 16))
"""Weights of the scores 1 to 5 in the three moods that a provider's respondents may be in."""
_NPS_WEIGHTS: Final = (2, 1, 2, 2, 3, 7, 8, 14, 23, 18, 20)
_DONT_KNOW_WEIGHT: Final = 6
_SKIPPED_WEIGHT: Final = 3


class AnswerSheets:
    """Draws filled-in copies of one questionnaire.

    The first question is always answered, so that no response is empty; in the employers' questionnaires it is a
    funding question, so that every response brings its days.
    """

    def __init__(self, questionnaire: Questionnaire, random: Random) -> None:
        self._random = random
        score_weights = random.choice(_SCORE_WEIGHTS)
        self._questions = [
            _weighted_answers(question, score_weights, may_be_skipped=index > 0)
            for index, question in enumerate(questionnaire.questions)
        ]

    def draw(self) -> tuple[Answer, ...]:
        """The answers of the next respondent."""
        choices = self._random.choices
        drawn = [choices(answers, cum_weights=weights)[0] for answers, weights in self._questions]
        return tuple(answer for answer in drawn if answer is not None)


def _weighted_answers(
    question: Question, score_weights: Sequence[int], *, may_be_skipped: bool
) -> tuple[list[Answer | None], list[int]]:
    """The possible answers to a question, None for skipping it, and their cumulative weights."""
    answers: list[Answer | None]
    match question.kind:
        case "score":
            answers = [Answer(question.code, score=score) for score in range(1, 6)]
            weights = list(score_weights)
            if question.dont_know:
                answers.append(Answer(question.code, dont_know=True))
                weights.append(_DONT_KNOW_WEIGHT)
        case "nps":
            answers = [Answer(question.code, nps=nps) for nps in range(11)]
            weights = list(_NPS_WEIGHTS)
        case "choice":
            answers = [Answer(question.code, choice=choice.code) for choice in question.choices]
            weights = [100 // len(answers)] * len(answers)
        case "choices":
            codes = [choice.code for choice in question.choices]
            sets = [(code,) for code in codes] + list(pairwise(codes))
            answers = [Answer(question.code, choices=chosen) for chosen in sets]
            weights = [100 // len(answers)] * len(answers)
    if may_be_skipped:
        answers.append(None)
        weights.append(_SKIPPED_WEIGHT)
    return answers, list(accumulate(weights))
