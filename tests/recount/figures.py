"""Targets, respondents, days, rates, points and coefficients of groups of targets (§7)."""

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from typing import Any

from recount.requests import EMPLOYER_KINDS
from recount.targets import KEYS, Target
from recount.writing import written

Row = dict[str, Any]
Filters = dict[str, Collection[str]]


def coefficient(survey: str, period: str, targets: Sequence[Target]) -> Fraction | None:
    """c(r) of one provider's targets of a survey kind in a period; null where the model has none."""
    if survey == "workplace":
        return None
    if survey == "workplace_instructor":
        days = sum(target.days or 0 for target in targets)
        if days == 0:
            return None
        r = Fraction(sum(target.respondent_days for target in targets), days)
    else:
        respondents = sum(target.respondent for target in targets)
        if respondents == 0:
            return None
        r = Fraction(respondents, len(targets))
    return coefficient_of_rate(period, r)


def coefficient_of_rate(period: str, r: Fraction) -> Fraction:
    """The table of the non-response coefficient."""
    if period == "2018-2019":
        return 1 / r if r >= Fraction("0.8") else 1 + Fraction(15, 16) * r - Fraction(25, 32) * r * r
    if period <= "2023-2024":
        if r >= Fraction("0.7"):
            return 1 / r
        if r <= Fraction("0.2"):
            return Fraction(857, 350)
        return 1 / Fraction("0.7") + Fraction("2.04") * (Fraction("0.7") - r)
    return 1 / r if r >= Fraction("0.6") else 1 / Fraction("0.6") + 2 * (Fraction("0.6") - r)


def grouped(targets: Iterable[Target], by: Sequence[str]) -> list[tuple[Row, list[Target]]]:
    """Groups of targets and the keys that they share, in order, missing first; with institution or site by provider."""
    wanted = {*by, "provider"} if {"institution", "site"} & set(by) else set(by)
    keys = [key for key in KEYS if key in wanted]
    groups: dict[tuple[str, ...], list[Target]] = {}
    for target in targets:
        groups.setdefault(tuple(getattr(target, key) or "" for key in keys), []).append(target)
    return [
        ({key: value or None for key, value in zip(keys, values, strict=True)}, groups[values])
        for values in sorted(groups)
    ]


def of_survey(targets: Iterable[Target], survey: str, period: str, filters: Filters) -> list[Target]:
    """The targets of a survey kind and period for which every filter holds."""
    return [
        target
        for target in targets
        if target.survey == survey
        and target.period == period
        and all(getattr(target, key) in allowed for key, allowed in filters.items())
    ]


def figure_rows(
    all_targets: Sequence[Target], survey: str, period: str, by: Sequence[str], filters: Filters
) -> list[Row]:
    """The rows of `/v1/figures`."""
    whole = of_survey(all_targets, survey, period, {})
    chosen = of_survey(all_targets, survey, period, filters)
    return [{**keys, **_figures(survey, period, group, whole)} for keys, group in grouped(chosen, by)]


def _figures(survey: str, period: str, group: list[Target], whole: list[Target]) -> Row:
    employers = survey in EMPLOYER_KINDS
    respondents = sum(target.respondent for target in group)
    target_days = sum(target.days or 0 for target in group)
    respondent_days = sum(target.respondent_days for target in group)
    points = sum((target.points for target in group), Fraction(0))
    c = {
        provider: coefficient(survey, period, [target for target in whole if target.provider == provider])
        for provider in {target.provider for target in group}
    }
    own = next(iter(c.values())) if len(c) == 1 else None
    return {
        "targets": len(group),
        "respondents": respondents,
        "target_days": target_days if employers else None,
        "respondent_days": respondent_days if employers else None,
        "response_rate": written(Fraction(respondents, len(group)), 18),
        "response_rate_days": written(Fraction(respondent_days, target_days), 14) if target_days else None,
        "points": written(points, 4),
        "coefficient": written(own, 14 if employers else 18),
        "weighted_points": written(_weighted(survey, group, c), 18),
    }


def _weighted(survey: str, group: list[Target], c: dict[str, Fraction | None]) -> Fraction | None:
    """Points times each provider's own coefficient; a null counts as 0 beside others, nulls only are null."""
    if survey == "workplace":
        return sum((target.points for target in group), Fraction(0))
    parts = [target.points * factor for target in group if (factor := c[target.provider]) is not None]
    return sum(parts, Fraction(0)) if parts else None
