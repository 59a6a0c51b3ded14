import json

import msgspec
import pytest

from schemas.events.problems import ErrorCode, Problem
from services.collector.verdict import Status, Verdict, accepted, http_status, invalid, retry, summary

ACCEPTED = accepted(0, "a", 7, 104233)
INVALID = invalid(1, "b", [Problem(ErrorCode.SCORE_OUT_OF_RANGE, "/data/answers/0/score")])
FORBIDDEN = Verdict(2, "c", Status.FORBIDDEN)
CONFLICT = Verdict(3, "d", Status.CONFLICT)
RETRY = retry(4, "e")


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ([], 202),
        ([ACCEPTED, ACCEPTED], 202),
        ([ACCEPTED, INVALID], 207),
        ([ACCEPTED, FORBIDDEN], 207),
        ([ACCEPTED, CONFLICT], 207),
        ([FORBIDDEN, FORBIDDEN], 403),
        ([FORBIDDEN, INVALID], 422),
        ([INVALID], 422),
        ([RETRY], 503),
        ([RETRY, ACCEPTED], 503),
        ([RETRY, INVALID, FORBIDDEN], 503),
    ],
)
def test_the_status_of_the_whole_is_good_enough_for_who_looks_at_nothing_else(
    verdicts: list[Verdict], status: int
) -> None:
    assert http_status(verdicts) == status


def test_the_answer_is_the_one_of_the_contract() -> None:
    assert json.loads(msgspec.json.encode(summary([ACCEPTED, INVALID, FORBIDDEN, CONFLICT, RETRY]))) == {
        "accepted": 1,
        "refused": 3,
        "retry": 1,
        "results": [
            {"index": 0, "id": "a", "status": "accepted", "receipt": "7-104233"},
            {
                "index": 1,
                "id": "b",
                "status": "invalid",
                "errors": [
                    {
                        "code": "score_out_of_range",
                        "pointer": "/data/answers/0/score",
                        "detail": "a score is a whole number from 1 to 5",
                    }
                ],
            },
            {"index": 2, "id": "c", "status": "forbidden"},
            {"index": 3, "id": "d", "status": "conflict"},
            {"index": 4, "id": "e", "status": "retry"},
        ],
    }


def test_an_id_that_cant_be_repeated_is_null_rather_than_absent() -> None:
    refused = invalid(0, None, [Problem(ErrorCode.PERSONAL_IDENTIFIER, "/id")])
    assert json.loads(msgspec.json.encode(refused))["id"] is None
