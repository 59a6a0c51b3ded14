"""Every setting, metric, endpoint and error code is documented, and the documents are what the code says."""

import json
import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from palautevirta.reference import FILE, reference
from schemas.events.problems import DETAILS, ErrorCode
from schemas.national.model import load_models
from services.aggregator.settings import AggregatorSettings
from services.reporting.routes import Reports
from services.reporting.telemetry import Telemetry

ROOT = Path(__file__).parents[2]


def test_the_reference_has_not_drifted() -> None:
    assert FILE.read_text("utf-8") == reference()


def test_the_reference_names_what_the_code_has() -> None:
    page = reference()
    for name in AggregatorSettings.model_fields:
        assert f"`{name.upper()}`" in page
    for metric in ("collector_events_total", "aggregator_records_total", "reporting_as_of_timestamp_seconds"):
        assert f"`{metric}`" in page


def test_every_setting_says_what_it_means() -> None:
    settings_rows = [line for line in reference().splitlines() if re.match(r"\| `[A-Z_]+` ", line)]
    assert len(settings_rows) > len(AggregatorSettings.model_fields)
    assert [line for line in settings_rows if line.endswith("|  |")] == []


def test_every_error_code_says_what_to_do() -> None:
    assert set(DETAILS) == set(ErrorCode)


def test_every_endpoint_of_reporting_stands_in_its_openapi_document() -> None:
    document = json.loads((ROOT / "schemas" / "reporting-openapi.json").read_text("utf-8"))
    documented = {(method.upper(), path) for path, calls in document["paths"].items() for method in calls}
    reports = Reports(load_models(), Telemetry(CollectorRegistry()), None)
    assert {(route.method, route.path) for route in reports.routes()} == documented


def test_links_between_the_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
