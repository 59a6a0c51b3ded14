"""A personal identifier never enters: wherever it is planted it is refused, and nothing of the refusal repeats it."""

from typing import Any

from builders.events import body
from builders.generated_events import ALPHABET, MODELS, mutated, valid_events
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import codec
from schemas.events.problems import ErrorCode
from schemas.events.reading import Refusal, read_event

BESIDE_A_CODE = [character for character in ALPHABET if not character.isalnum()]
CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"


@st.composite
def personal_identity_codes(draw: st.DrawFn) -> str:
    day, month, year = draw(st.integers(1, 31)), draw(st.integers(1, 12)), draw(st.integers(0, 99))
    separator, check = draw(st.sampled_from("-YXWVUABCDEF")), draw(st.sampled_from(CHECK_CHARACTERS))
    code = f"{day:02}{month:02}{year:02}{separator}{draw(st.integers(0, 999)):03}{check}"
    return code.lower() if draw(st.booleans()) else code


@st.composite
def learner_oids(draw: st.DrawFn) -> str:
    number = draw(st.integers(0, 10**11))
    return f"1.2.246.562.{draw(st.sampled_from([24, 98, 198, 298]))}.{number}"


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, str]:
    """A person's identifier and a text of ours that holds it."""
    person = draw(st.one_of(personal_identity_codes(), learner_oids()))
    around = st.text(ALPHABET, max_size=8)
    before = draw(st.one_of(st.just(""), around.map(lambda text: text + draw(st.sampled_from(BESIDE_A_CODE)))))
    if person.startswith("1.2.246") and before.endswith("."):
        before += "-"
    after = draw(st.one_of(st.just(""), around.map(lambda text: draw(st.sampled_from(BESIDE_A_CODE)) + text)))
    return person, before + person + after


def told_of(event: dict[str, Any]) -> tuple[Refusal, str]:
    refusal = read_event(body(event), MODELS)
    assert isinstance(refusal, Refusal)
    return refusal, repr(refusal) + "".join(problem.detail for problem in refusal.problems)


@given(valid_events(), planted(), st.sampled_from(["id", "subject", "source"]))
def test_a_planted_person_is_refused_and_not_repeated(
    event: dict[str, Any], plant: tuple[str, str], attribute: str
) -> None:
    person, text = plant
    refusal, told = told_of(event | {attribute: text})
    assert [(problem.code, problem.pointer) for problem in refusal.problems] == [
        (ErrorCode.PERSONAL_IDENTIFIER, f"/{attribute}")
    ]
    assert person not in told
    assert codec.decode(body(event | {attribute: text})) is None


@given(valid_events().flatmap(mutated).filter(lambda value: isinstance(value, dict)), planted(), planted(), planted())
def test_not_repeated_whatever_else_is_wrong(
    value: dict[str, Any], first: tuple[str, str], second: tuple[str, str], third: tuple[str, str]
) -> None:
    event = value | {"id": first[1], "subject": second[1], "source": third[1]}
    refusal, told = told_of(event)
    assert (refusal.id, refusal.source) == (None, None)
    assert not [person for person, _ in (first, second, third) if person in told]


@given(valid_events(), planted())
def test_dropped_attributes_and_refused_members_are_not_repeated_either(
    event: dict[str, Any], plant: tuple[str, str]
) -> None:
    person, text = plant
    published = read_event(body(event | {"note": text}), MODELS)
    assert not isinstance(published, Refusal)
    assert person not in codec.encode(published).decode()
    _, told = told_of(event | {"data": event["data"] | {text: text}})
    assert person not in told
