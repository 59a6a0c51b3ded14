"""Hypothesis strategies of events: valid ones in every spelling that means the same, and ones gone wrong somewhere."""

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any

from hypothesis import strategies as st

from schemas.events.personal import holds_personal_identifier
from schemas.national.codes import CodeListName
from schemas.national.model import load_models
from schemas.national.questionnaire import Question
from schemas.national.rules.business_id import is_business_id
from schemas.national.surveys import EMPLOYER_KINDS, STUDENT_KINDS

Json = Any
Event = dict[str, Any]

MODELS = load_models()
QUESTIONNAIRES = [questionnaire for version in MODELS.versions for questionnaire in version.questionnaires]
BUSINESS_IDS = [text for number in range(2_000_000, 2_000_200) if is_business_id(text := f"{number}-{number % 10}")]
ALPHABET = "ABCXYZabcxyz0123456789._:~-"
FIRST = datetime(2018, 7, 1, tzinfo=UTC)
SETS = ("competence_areas", "interruptions", "choices")
"""The members that are sets, wherever they stand in `data`."""

# A day that lies on either side of every code's and model version's change, and far enough from the first instant.
DAYS = st.one_of(
    st.sampled_from([date(2018, 7, 2), date(2021, 6, 30), date(2021, 7, 1), date(2025, 6, 30), date(2025, 7, 1)]),
    st.dates(date(2018, 7, 2), date(2026, 12, 30)),
)


def identifiers(alphabet: str = ALPHABET, max_size: int = 24) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=max_size).filter(lambda text: not holds_personal_identifier(text))


def oids() -> st.SearchStrategy[str]:
    nodes = st.sampled_from(["10", "99", "199", "299"])
    numbers = st.integers(1_000_000_000, 9_999_999_999).map(lambda number: f"{number}{number % 11}")
    long = st.integers(0, 10**18 - 1).map(lambda number: f"2013{number:018}")
    return st.builds(lambda node, number: f"1.2.246.562.{node}.{number}", nodes, st.one_of(numbers, long))


@st.composite
def instants(draw: st.DrawFn, day: date | None = None) -> str:
    """An instant in any spelling; with a day, one of that day in Helsinki, away from midnight."""
    day = draw(DAYS) if day is None else day
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(
        seconds=draw(st.integers(-28800, 28800))
    )
    return spelled_instant(draw, moment, draw(st.from_regex(r"\A(\.[0-9]{1,9})?\Z")))


def spelled_instant(draw: st.DrawFn, moment: datetime, fraction: str) -> str:
    """A whole second and its fraction in one of the spellings that RFC 3339 has for them."""
    minutes = draw(st.integers(-14 * 60, 14 * 60))
    local = moment.astimezone(timezone(timedelta(minutes=minutes)))
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    if minutes == 0:
        offset = draw(st.sampled_from(["Z", "z", "+00:00", "-00:00"]))
    return local.strftime(f"%Y-%m-%d{draw(st.sampled_from('Tt'))}%H:%M:%S") + fraction + offset


def codes(name: CodeListName, day: date) -> st.SearchStrategy[str]:
    listed = MODELS.in_force(day).code_lists.of(name)
    return st.sampled_from([code.code for code in listed if code.holds_on(day)])


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


@st.composite
def backgrounds(draw: st.DrawFn, day: date) -> Event:
    valid_from = draw(DAYS)
    exclusion = draw(optional(codes("exclusion", day)))
    least = -40 if exclusion else 0
    data = {
        "survey_kind": draw(st.sampled_from(STUDENT_KINDS + EMPLOYER_KINDS)),
        "institution_oid": draw(optional(oids())),
        "site_oid": draw(optional(oids())),
        "commissioned_provider_oid": draw(optional(oids())),
        "qualification": draw(st.from_regex(r"\A[0-9]{6}\Z")),
        "competence_areas": draw(st.lists(st.from_regex(r"\A[0-9]{1,10}\Z"), max_size=3)),
        "qualification_language": draw(optional(st.sampled_from(["fi", "sv", "en"]))),
        "trigger_date": str(draw(st.dates())),
        "trigger_source": draw(optional(codes("trigger_source", day))),
        "valid_from": str(valid_from),
        "valid_to": str(valid_from + timedelta(days=draw(st.integers(least, 40)))),
        "exclusion": exclusion,
    }
    if data["survey_kind"] in STUDENT_KINDS:
        return data | {"competence_acquisition": draw(optional(codes("competence_acquisition", day)))}
    return data | draw(work_periods())


@st.composite
def work_periods(draw: st.DrawFn) -> Event:
    start = draw(st.dates(date(2018, 1, 1), date(2026, 12, 31)))
    days = draw(st.integers(1, 200))
    contract = draw(st.sampled_from(["training_agreement", "apprenticeship"]))
    needs_percentage = start + timedelta(days=days - 1) > date(2023, 6, 30)
    percentages = st.integers(1, 100)
    bases = optional(st.sampled_from(["employment", "entrepreneur"]))
    return {
        "employer_business_id": draw(st.sampled_from(BUSINESS_IDS)),
        "work_period_start": str(start),
        "work_period_end": str(start + timedelta(days=days - 1)),
        "part_time_percentage": draw(percentages if needs_percentage else optional(percentages)),
        "contract_type": contract,
        "apprenticeship_basis": draw(bases) if contract == "apprenticeship" else None,
        "interruptions": draw(st.lists(interruptions(start), max_size=3)),
        "qualification_unit": draw(optional(st.from_regex(r"\A[0-9]{6,7}\Z"))),
        "duration_days": draw(st.integers(0, days)),
    }


@st.composite
def interruptions(draw: st.DrawFn, first: date) -> Event:
    start = first + timedelta(days=draw(st.integers(0, 9)))
    end = draw(optional(st.integers(0, 9).map(lambda days: str(start + timedelta(days=days)))))
    return {"start": str(start), "end": end}


def answer_to(question: Question) -> st.SearchStrategy[Event]:
    if question.kind == "score":
        scores = st.integers(1, 5).map(lambda score: {"score": score})
        given = st.one_of(scores, st.just({"dont_know": True})) if question.dont_know else scores
    elif question.kind == "nps":
        given = st.integers(0, 10).map(lambda nps: {"nps": nps})
    else:
        offered = st.sampled_from([choice.code for choice in question.choices])
        if question.kind == "choice":
            given = offered.map(lambda choice: {"choice": choice})
        else:
            given = st.lists(offered, min_size=1, max_size=4).map(lambda choices: {"choices": choices})
    return given.map(lambda answer: {"question": question.code} | answer)


@st.composite
def responses(draw: st.DrawFn) -> Event:
    questionnaire = draw(st.sampled_from(QUESTIONNAIRES))
    answered = draw(st.lists(st.sampled_from(questionnaire.questions), min_size=1, max_size=6, unique_by=id))
    return {
        "questionnaire": questionnaire.code,
        "answered_at": draw(instants()),
        "answers": [draw(answer_to(question)) for question in answered],
    }


def seeded() -> st.SearchStrategy[Random]:
    """A generator with an even spread; Hypothesis's own prefers the extremes, and all but every member would repeat."""
    return st.integers(0, 2**32 - 1).map(Random)


@st.composite
def valid_events(draw: st.DrawFn) -> Event:
    """A valid event, every optional member present, null or empty."""
    day = draw(DAYS)
    kind = draw(
        st.sampled_from(
            ["request.recorded"] * 3 + ["response.submitted"] * 3 + ["request.cancelled", "response.withdrawn"]
        )
    )
    if kind == "request.recorded":
        data = draw(backgrounds(day))
    elif kind == "response.submitted":
        data = draw(responses())
    else:
        data = {"reason": draw(codes("cancellation" if kind == "request.cancelled" else "withdrawal", day))}
    return {
        "specversion": "1.0",
        "type": f"fi.feedback.{kind}.v1",
        "source": draw(identifiers(ALPHABET + "/")),
        "id": draw(identifiers()),
        "time": draw(instants(day)),
        "providerid": draw(oids()),
        "subject": draw(identifiers()),
        "datacontenttype": draw(st.sampled_from(["application/json"] * 4 + [None, "application/json;charset=utf-8"])),
        "data": data,
    }


@st.composite
def respelled(draw: st.DrawFn, event: Event) -> Event:
    """The same content in another spelling: times, order, sets, what is absent, and everything that isn't content."""
    random = draw(seeded())
    data = _respelled_members(event["data"], random)
    if "answered_at" in data:
        data["answered_at"] = _same_instant(draw, data["answered_at"])
    other = event | {
        "source": draw(identifiers(ALPHABET + "/")),
        "id": draw(identifiers()),
        "providerid": draw(oids()),
        "time": _same_instant(draw, event["time"]),
        "data": data,
    }
    other |= draw(st.dictionaries(st.from_regex(r"\Ax[a-z0-9]{1,8}\Z"), json_values(), max_size=2))
    return dict(random.sample(list(other.items()), len(other)))


def _same_instant(draw: st.DrawFn, text: str) -> str:
    whole, fraction, offset = re.fullmatch(r"(.{19})(\.[0-9]+)?(.*)", text.upper()).groups()  # type: ignore[union-attr]
    digits = (fraction or ".")[1:7].ljust(6, "0") + draw(st.from_regex(r"\A[0-9]{0,9}\Z"))
    return spelled_instant(draw, datetime.fromisoformat(whole + offset), f".{digits}")


def _respelled_members(data: Json, random: Random) -> Json:
    """Members in any order; null, empty and absent for one another; sets in any order and with repeats."""
    if not isinstance(data, dict):
        return data
    members: list[tuple[str, Json]] = []
    for name, value in data.items():
        if value is None or value == []:
            spellings = [None, [], ...] if name in SETS else [None, ...]
            value = random.choice(spellings)
            if value is ...:
                continue
        elif isinstance(value, list):
            value = [_respelled_members(item, random) for item in value]
            if name in SETS:
                value += random.choices(value, k=random.randrange(3))
            random.shuffle(value)
        elif isinstance(value, int) and not isinstance(value, bool) and random.random() < 0.3:
            value = float(value)
        members.append((name, value))
    random.shuffle(members)
    return dict(members)


def json_values() -> st.SearchStrategy[Json]:
    """Any JSON value."""
    scalars = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12)
    )
    texts = st.text(max_size=8)
    return st.recursive(
        scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
        max_leaves=12,
    )


OTHER_ZEROS = "\u0660\uff10\u0966"
"""The zeros of other scripts, to each of which nine digits belong."""

JUNK: list[Json] = [
    *(None, True, False, 0, 1, -1, 4, 4.0, 4.5, 6, 11, 101, 10**30, -0.0),
    *(
        "",
        "4",
        "true",
        "null",
        "x",
        "start",
        "1.0",
        "351301\n",
        " 351301",
        "３５１３０１",
        "study_start\x00",
        "A" * 300,
    ),
    *("2025-02-30", "2025-08-11", "2025-08-11T09:30:00", "2025-08-11T09:30:00Z", "2025-08-11 09:30:00Z"),
    *([], {}, [[]], [None], ["2155"], {"reason": "duplicate"}, [{"question": "start_01", "score": 4}]),
]
NAMES = [
    *("reason", "survey_kind", "duration_days", "competence_acquisition", "answers", "score", "dont_know", "nps"),
    *("choices", "end", "type", "id", "data", "data_base64", "start", "workplace", "Qualification", "x", ""),
]


@st.composite
def mutated(draw: st.DrawFn, event: Event, most: int = 2) -> Json:
    """The event with up to `most` things changed anywhere in it, most often for the worse."""
    value: Json = json.loads(json.dumps(event))
    for _ in range(draw(st.integers(0, most))):
        places = list(_places(value))
        if not places:
            return value
        parent, key = draw(st.sampled_from(places))
        change = draw(st.sampled_from(["drop", "junk", "any", "add", "repeat", "spoil"]))
        if change == "drop":
            del parent[key]
        elif change == "junk":
            parent[key] = draw(st.sampled_from(JUNK))
        elif change == "any":
            parent[key] = draw(json_values())
        elif change == "repeat" and isinstance(parent, list):
            parent.append(parent[key])
        elif change == "add" and isinstance(parent, dict):
            parent[draw(st.sampled_from(NAMES))] = draw(st.sampled_from(JUNK))
        elif isinstance(parent[key], str):
            parent[key] = spoiled(draw, parent[key])
    return value


def spoiled(draw: st.DrawFn, text: str) -> str:
    """A text that looks almost like this one: other digits, blanks, other case."""
    change = draw(st.sampled_from(["digit", "newline", "blank", "nul", "case", "cut", "longer"]))
    if change == "digit":
        return re.sub(
            r"[0-9]", lambda digit: chr(ord(draw(st.sampled_from(OTHER_ZEROS))) + int(digit[0])), text, count=1
        )
    if change == "cut":
        return text[:-1]
    if change == "longer":
        return text + text[-1:]
    return {"newline": f"{text}\n", "blank": f" {text}", "nul": f"{text}\x00", "case": text.swapcase()}[change]


def _places(value: Json) -> Any:
    """Every member and item: the container and the key in it."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(steps):
        yield value, key
        yield from _places(inner)


@st.composite
def texts_of(draw: st.DrawFn, value: Json) -> bytes:
    """The value as JSON text in any spelling: blanks, escapes, numbers in other forms, members that stand twice.

    Of members that stand twice the last one is the value's, so that the text means the value.
    """
    random = draw(seeded())
    return _text(value, random).encode()


def _text(value: Json, random: Random) -> str:
    blank = random.choice(["", "", "", " ", "\n\t", "\r"])
    if isinstance(value, dict):
        return blank + "{" + ",".join(_members(value, random)) + blank + "}"
    if isinstance(value, list):
        return blank + "[" + ",".join(_text(item, random) for item in value) + blank + "]"
    if isinstance(value, str):
        return blank + _string(value, random) + blank
    if isinstance(value, int) and not isinstance(value, bool) and random.random() < 0.2:
        return blank + random.choice([f"{value}.0", f"{value}e0", f"{value}.00E+0"]) + blank
    return blank + json.dumps(value) + blank


def _members(value: Event, random: Random) -> list[str]:
    members = [f"{_string(name, random)}:{_text(inner, random)}" for name, inner in value.items()]
    for name in value:
        if random.random() < 0.05:
            members.insert(0, f"{_string(name, random)}:{_text(random.choice([*JUNK, value[name]]), random)}")
    return members


def _string(text: str, random: Random) -> str:
    if random.random() < 0.9:
        return json.dumps(text, ensure_ascii=random.random() < 0.5)
    units = text.encode("utf-16-be")
    return '"' + "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2)) + '"'
