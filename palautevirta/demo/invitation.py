"""Two commands for whoever watches: one posts one more event, one shows the figure that it changes.

The event belongs to a later period than the replayed one, so that a second run's comparison still holds.
"""

import shlex
from collections.abc import Sequence
from datetime import date
from typing import Final
from urllib.parse import urlencode

from palautevirta.demo.reporting import figures_query
from palautevirta.demo.system import FeedbackSystem, nightly_run
from schemas.events.codec import Start, encode
from schemas.national.surveys import SurveyKind

KIND: Final[SurveyKind] = "start"
PERIOD: Final = "2025-2026"
_DAY: Final = date(2025, 8, 11)
_LAST_DAY: Final = date(2025, 9, 9)


def post_one_more(collector: str, token: str, *, system: FeedbackSystem, subject: str) -> str:
    """The shell command that records one more student's request of the start survey."""
    background = Start(
        qualification="351301",
        qualification_language="fi",
        trigger_date=_DAY,
        trigger_source="study_start",
        valid_from=_DAY,
        valid_to=_LAST_DAY,
        competence_acquisition="education",
    )
    event = encode(system.recorded(subject, nightly_run(_DAY), background)).decode()
    return _command(
        f"{collector}/v1/events", token, ("-H", "Content-Type: application/cloudevents+json", "--data", event)
    )


def show_figure(reporting: str, token: str, *, provider_oid: str) -> str:
    """The shell command that shows the figure which that request counts in."""
    query = urlencode(figures_query(KIND, PERIOD) | {"provider": provider_oid})
    return _command(f"{reporting}/v1/figures?{query}", token)


def _command(url: str, token: str, rest: Sequence[str] = ()) -> str:
    return shlex.join(("curl", "-sS", url, "-H", f"Authorization: Bearer {token}", *rest))
