"""What one request adds to the figures: a pure function of its merged state and the rules (national model §4, §5, §7).

Contributions form a commutative group under `Deltas.add` and its inverse: an event changes the figures by
`contribution(new state) - stored contribution`, so the sum of what is stored is the figures at every moment.
"""

from datetime import date
from typing import Literal

from msgspec import Struct

from schemas.national.layout import Layout, layout
from schemas.national.model import NationalModels
from schemas.national.reasons import Reason
from schemas.national.rules.attribution import employer_attribution_date, student_attribution_date
from schemas.national.rules.periods import helsinki_date, month_of
from schemas.national.rules.points import response_days, response_points
from schemas.national.surveys import STUDENT_KINDS, SurveyKind
from services.aggregator.merge import BackgroundRegister, Facts, RequestState, ResponseRegister


class Contribution(Struct, frozen=True, gc=False):
    """What a request adds, and why it adds no more.

    `month` is the first day of the month in which it counts as a target, None when it doesn't; without a month all
    numbers are 0. Days are weighted days (§6), `points` those of §7. `questionnaire` and `answers` are those of a
    response that counts, else None.
    """

    target: Reason
    response: Reason
    month: date | None = None
    survey_kind: SurveyKind | None = None
    entrepreneur: bool = False
    target_days: int = 0
    respondent_days: int = 0
    points: int = 0
    questionnaire: int | None = None
    answers: bytes | None = None


NOTHING = Contribution("no_request", "no_request")
"""What a request that was never heard of adds."""


class Questionnaire(Struct, frozen=True):
    """What counting needs of a questionnaire: who may answer it, and how its answers lie in a row."""

    number: int
    kinds: frozenset[SurveyKind]
    layout: Layout


class Rulebook:
    """The rules of the newest model version, which say how every period is counted (§4, Versions)."""

    def __init__(self, models: NationalModels) -> None:
        self.number = models.newest.number
        self.attribution = models.newest.rules.attribution
        self.questionnaires = {
            questionnaire.number: Questionnaire(
                questionnaire.number, models.kinds_of(questionnaire.code), layout(questionnaire)
            )
            for version in models.versions
            for questionnaire in version.questionnaires
        }


def contribution(state: RequestState, rules: Rulebook) -> Contribution:
    """What a request in this state adds to the figures under these rules."""
    background, response = state.background, state.response
    stopped = _target_stopped_by(background)
    if stopped is not None:
        return Contribution(stopped, stopped)
    assert background is not None and background.facts is not None  # noqa: PT018 - one fact: nothing stopped it
    facts = background.facts
    day = _attribution_date(facts, rules)
    if day is None:
        return Contribution("no_attribution_date", "no_attribution_date")
    month = month_of(day)
    reason = _response_reason(facts, response, rules)
    if reason != "counts" or response is None or response.answers is None or response.questionnaire is None:
        return Contribution("counts", reason, month, facts.survey_kind, facts.entrepreneur, facts.duration_days)
    form = rules.questionnaires[response.questionnaire].layout
    return Contribution(
        target="counts",
        response="counts",
        month=month,
        survey_kind=facts.survey_kind,
        entrepreneur=facts.entrepreneur,
        target_days=facts.duration_days,
        respondent_days=response_days(form, response.answers, duration_days=facts.duration_days),
        points=response_points(facts.survey_kind, form, response.answers, duration_days=facts.duration_days),
        questionnaire=response.questionnaire,
        answers=response.answers,
    )


def _target_stopped_by(background: BackgroundRegister | None) -> Reason | None:
    """The first of the reasons before the attribution date that holds (§4, Reasons)."""
    if background is None:
        return "no_request"
    if background.facts is None:
        return "cancelled"
    if background.facts.exclusion is not None:
        return "excluded"
    return None


def _attribution_date(facts: Facts, rules: Rulebook) -> date | None:
    if facts.work_period_end is not None:
        return employer_attribution_date(work_period_end=facts.work_period_end, rule=rules.attribution)
    return student_attribution_date(
        valid_from=facts.valid_from, trigger_date=facts.trigger_date, rule=rules.attribution
    )


def _response_reason(facts: Facts, response: ResponseRegister | None, rules: Rulebook) -> Reason:
    """Why the response of a target counts or doesn't (§4, Counting and Reasons)."""
    if response is None:
        return "no_response"
    if response.answered_at_us is None or response.questionnaire is None:
        return "withdrawn"
    if facts.survey_kind not in rules.questionnaires[response.questionnaire].kinds:
        return "other_questionnaire"
    answered_on = helsinki_date(response.answered_at_us)
    if answered_on < facts.valid_from:
        return "answered_before_window"
    if answered_on > facts.valid_to:
        return "answered_after_window"
    return "counts"


MonthKey = tuple[int, int, date, SurveyKind, bool]
"""Partition, provider, month, survey kind, entrepreneur."""

AnswersKey = tuple[int, int, date, SurveyKind, int]
"""Partition, provider, month, survey kind, questionnaire."""


class Deltas:
    """Changes of figures, summed per cell: what a batch of requests adds to the month tables.

    `months` holds targets, respondents, target days, respondent days and points; `answers` a histogram by heads and
    one by days (empty for students), over the cells of the questionnaire's layout.
    """

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self.months: dict[MonthKey, list[int]] = {}
        self.answers: dict[AnswersKey, tuple[list[int], list[int]]] = {}

    def add(self, partition: int, provider: int, change: Contribution, sign: Literal[1, -1]) -> None:
        """Add a contribution, or take one back."""
        if change.month is None or change.survey_kind is None:
            return
        key = (partition, provider, change.month, change.survey_kind, change.entrepreneur)
        figures = self.months.get(key)
        if figures is None:
            figures = self.months[key] = [0, 0, 0, 0, 0]
        figures[0] += sign
        figures[2] += sign * change.target_days
        if change.answers is None or change.questionnaire is None:
            return
        figures[1] += sign
        figures[3] += sign * change.respondent_days
        figures[4] += sign * change.points
        self._add_answers(partition, provider, change, sign)

    def _add_answers(self, partition: int, provider: int, change: Contribution, sign: int) -> None:
        assert change.month is not None
        assert change.survey_kind is not None
        assert change.questionnaire is not None
        assert change.answers is not None
        form = self._rules.questionnaires[change.questionnaire].layout
        by_days = change.survey_kind not in STUDENT_KINDS
        key = (partition, provider, change.month, change.survey_kind, change.questionnaire)
        histograms = self.answers.get(key)
        if histograms is None:
            histograms = self.answers[key] = ([0] * form.cells, [0] * form.cells if by_days else [])
        heads, days = histograms
        cells = [slot.first_cell + value - 1 for slot, value in zip(form.slots, change.answers, strict=True) if value]
        for cell in cells:
            heads[cell] += sign
        if by_days:
            weight = sign * change.target_days
            for cell in cells:
                days[cell] += weight
