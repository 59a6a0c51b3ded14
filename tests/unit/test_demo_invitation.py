"""The commands that the demonstration invites to paste."""

import shlex

from palautevirta.demo.counts import PERIOD as REPLAYED_PERIOD
from palautevirta.demo.invitation import PERIOD, post_one_more, show_figure
from palautevirta.demo.system import FeedbackSystem
from schemas.events.codec import RequestRecorded, StudentBackground
from schemas.events.reading import read_event
from schemas.national.model import load_models
from schemas.national.rules.attribution import student_attribution_date
from schemas.national.rules.periods import period_of

SYSTEM = FeedbackSystem("1.2.246.562.99.10763403000", "https://feedback.example/0763403-0")


def test_the_posted_event_is_valid_and_counts_in_the_figure_that_is_shown() -> None:
    models = load_models()
    words = shlex.split(post_one_more("http://127.0.0.1:1", "TOKEN", system=SYSTEM, subject="one-more:1"))

    event = read_event(words[-1].encode(), models)
    assert isinstance(event, RequestRecorded)
    assert isinstance(event.data, StudentBackground)
    counted_on = student_attribution_date(
        valid_from=event.data.valid_from, trigger_date=event.data.trigger_date, rule=models.newest.rules.attribution
    )
    assert counted_on is not None
    assert period_of(counted_on) == PERIOD
    assert period_of(counted_on) != REPLAYED_PERIOD
    shown = show_figure("http://127.0.0.1:2", "TOKEN", provider_oid=SYSTEM.provider_oid)
    assert f"survey={event.data.survey_kind}&period={PERIOD}" in shown
    assert f"provider={event.providerid}" in shown


def test_a_command_survives_a_shell() -> None:
    words = shlex.split(show_figure("http://127.0.0.1:2", "TOKEN", provider_oid=SYSTEM.provider_oid))

    assert words[0] == "curl"
    assert words[2].startswith("http://127.0.0.1:2/v1/figures?survey=start&")
    assert words[-1] == "Authorization: Bearer TOKEN"
