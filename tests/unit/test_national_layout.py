"""How answers lie in a row: frozen for ever, since stored rows depend on it."""

import hashlib

import pytest

from schemas.national.layout import CHOSEN, DONT_KNOW, Layout, layout
from schemas.national.model import load_models


def layout_of(code: str) -> Layout:
    questionnaire = load_models().questionnaire(code)
    assert questionnaire is not None
    return layout(questionnaire)


def digest(layout: Layout) -> str:
    lines = (
        f"{slot.question_code} {slot.choice_code} {slot.kind} {slot.first_cell} {slot.width} {slot.funding}\n"
        for slot in layout.slots
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


# questionnaire: (slots, cells, SHA-256 of its slots as ``digest`` writes them)
FROZEN: dict[str, tuple[int, int, str]] = {
    "start-2018": (16, 65, "b052e4ac45add02bbf168201ee7466fd024668a59aedb7b9496a3d2391fab240"),
    "completion-2018": (14, 89, "325766aa853a32ce8d0d225dd5c2b5c529f05aff95c595c15470a3f8f527de1a"),
    "workplace_instructor-2018": (9, 51, "9a37eb9b1adc5de1dc15349c3b214b9b111ae9c6af7ec28f3cbe416899ec38a6"),
    "workplace-2018": (14, 59, "583cd82470040ad8e23e4aa74c4d2d312f24fc629f6a07136bc059d3d7bc6899"),
    "start-2025": (19, 84, "a847c9340f18e039ebe063e05c7d5ae17aadfeb9022fd4df18e2e620f7f0a18a"),
    "completion-2025": (23, 113, "a4fa57edaf6367ff5c518e68962bd58400c19d0f13ae2c44019ef23151dec937"),
    "workplace_instructor-2025": (17, 74, "46935f4b34e8a77ad72d58e5b6117d599e774a08c1546198eab3998e024b4c62"),
    "workplace-2025": (17, 77, "1e325eed8b27713fa958d1376fa5893c9ab7c65c8b97e7f4ee28b31d574b8866"),
}


@pytest.mark.parametrize("code", FROZEN)
def test_the_layout_of_a_released_questionnaire_never_changes(code: str) -> None:
    found = layout_of(code)
    assert (len(found.slots), found.cells, digest(found)) == FROZEN[code]


def test_every_questionnaire_of_every_version_is_frozen() -> None:
    assert set(FROZEN) == {q.code for version in load_models().versions for q in version.questionnaires}


def test_slots_follow_the_questions_and_a_set_of_choices_has_one_more_for_each() -> None:
    found = layout_of("start-2025")
    assert [found.slot_of[code] for code in ("start_01", "start_10", "start_nps", "start_reason", "start_needs")] == [
        0,
        9,
        10,
        11,
        12,
    ]
    needs = found.slots[found.slot_of["start_needs"] :]
    assert [slot.choice_code for slot in needs] == [
        None,
        "schedule",
        "place",
        "learning",
        "language",
        "none",
        "wellbeing",
    ]
    assert found.choice_index["start_needs"]["place"] == 1
    assert found.slots[found.slot_of["start_needs"] + 1 + 1].choice_code == "place"
    assert found.choice_index["start_reason"]["interest"] == 0
    assert "start_01" not in found.choice_index


def test_cells_are_dense_and_each_slot_has_one_for_every_value() -> None:
    for code in FROZEN:
        found = layout_of(code)
        cells = [slot.cell(value) for slot in found.slots for value in range(1, slot.width + 1)]
        assert cells == list(range(found.cells))


def test_widths_are_those_of_the_kinds() -> None:
    found = layout_of("start-2025")
    widths = {slot.kind: slot.width for slot in found.slots if slot.kind != "choices"}
    assert widths == {"score": DONT_KNOW, "nps": 11, "choice": 6}
    assert {slot.width for slot in found.slots if slot.kind == "choices"} == {CHOSEN}


def test_funding_slots_are_the_scores_that_bring_points() -> None:
    assert layout_of("start-2025").funding_slots == tuple(range(9))
    assert len(layout_of("workplace_instructor-2018").funding_slots) == 8
    assert len(layout_of("workplace-2025").funding_slots) == 9


def test_the_cells_of_a_question_say_what_they_count() -> None:
    questions = layout_of("start-2025").questions
    score, nps, choice, choices = (questions[code] for code in ("start_02", "start_nps", "start_reason", "start_needs"))
    assert score.values == score.answered == (6, 7, 8, 9, 10)
    assert score.dont_know == 11
    assert score.funding
    assert nps.values == nps.answered == tuple(range(60, 71))
    assert nps.dont_know is None
    assert choice.values == ()
    assert choice.choices["interest"] == choice.answered[0] == 71
    assert sorted(choice.choices.values()) == list(choice.answered)
    assert choices.answered == (77,)
    assert choices.choices["place"] == 79


def test_every_cell_means_one_thing() -> None:
    for code in FROZEN:
        found = layout_of(code)
        meant = [
            cell
            for question in found.questions.values()
            for cell in {*question.answered, *question.values, *question.choices.values()}
        ] + [question.dont_know for question in found.questions.values() if question.dont_know is not None]
        assert sorted(meant) == list(range(found.cells))


def test_a_layout_is_computed_once() -> None:
    assert layout_of("start-2018") is layout_of("start-2018")
