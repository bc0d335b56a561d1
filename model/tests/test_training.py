"""The decoder, the batches and the schedule, on a tiny model with random weights."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from data.prompt_form import Example
from eval.greedy import greedy_answers
from shellwright_model.base import Config
from train.batches import deal_steps, micro_batches
from train.decoder import fuse, hidden_states, summed_loss, unfuse
from train.gradient_workers import GradientWorkers
from train.mean import mean, shares
from train.run import trained
from train.schedule import Progress, learning_rate
from train.start import load_model

SHIPPED = Path(__file__).parents[2] / "public" / "models"

TINY = Config(
    layers=2,
    width=32,
    heads=4,
    kv_heads=2,
    head_dim=8,
    ffn=48,
    vocab_size=50,
    rope_theta=10_000.0,
    rms_eps=1e-5,
    context_length=64,
)


@pytest.fixture
def plain() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = {"model.embed_tokens": (50, 32), "model.norm": (32,)}
    for layer in range(TINY.layers):
        prefix = f"model.layers.{layer}."
        shapes |= {prefix + "input_layernorm": (32,), prefix + "post_attention_layernorm": (32,)}
        shapes |= {prefix + f"self_attn.{name}_proj": rows for name, rows in _ATTENTION.items()}
        shapes |= {prefix + "mlp.gate_proj": (48, 32), prefix + "mlp.up_proj": (48, 32), prefix + "mlp.down_proj": (32, 48)}
    return {f"{name}.weight": rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


_ATTENTION = {"q": (32, 32), "k": (16, 32), "v": (16, 32), "o": (32, 32)}


def some_examples(count: int) -> list[Example]:
    rng = random.Random(4)
    made = []
    for _ in range(count):
        length = rng.randint(3, 20)
        made.append(Example([rng.randrange(50) for _ in range(length)], rng.randint(1, length - 1)))
    return made


def test_fusing_can_be_undone(plain: dict[str, np.ndarray]):
    again = unfuse(TINY, fuse(TINY, plain))
    assert again.keys() == plain.keys()
    assert all(np.array_equal(again[name], plain[name]) for name in plain)


def test_later_tokens_do_not_change_earlier_positions(plain: dict[str, np.ndarray]):
    weights = fuse(TINY, plain)
    ids = torch.arange(12)[None]
    changed = torch.cat([ids[:, :8], ids[:, 8:] + 7], dim=1)
    first, second = hidden_states(TINY, weights, ids), hidden_states(TINY, weights, changed)
    assert torch.allclose(first[:, :8], second[:, :8], atol=1e-5)
    assert not torch.allclose(first[:, 8:], second[:, 8:], atol=1e-2)


def test_dropout_leaves_out_a_share_and_keeps_the_mean(plain: dict[str, np.ndarray]) -> None:
    weights = fuse(TINY, plain)
    ids = torch.randint(50, (2, 9), generator=torch.Generator().manual_seed(5))
    exact = hidden_states(TINY, weights, ids)
    torch.manual_seed(6)
    some = torch.stack([hidden_states(TINY, weights, ids, 0.1) for _ in range(300)])
    assert not torch.equal(some[0], some[1])
    assert F.cosine_similarity(some.mean(0).flatten(), exact.flatten(), dim=0) > 0.98
    assert torch.equal(hidden_states(TINY, weights, ids, 0.0), exact)


def test_the_loss_of_padded_batches_is_that_of_the_examples_one_by_one(plain: dict[str, np.ndarray]):
    weights = fuse(TINY, plain)
    examples = some_examples(23)
    batches = micro_batches(examples, 64)
    assert sum(batch.tokens for batch in batches) == sum(len(item.ids) for item in examples)
    together = sum(summed_loss(TINY, weights, b.ids, b.at, b.targets) for b in batches)
    apart = torch.zeros(())
    for item in examples:
        hidden = hidden_states(TINY, weights, torch.tensor([item.ids[:-1]]))[0, item.answer_at - 1 :]
        logits = hidden @ weights["model.embed_tokens.weight"].t()
        apart += F.cross_entropy(logits, torch.tensor(item.ids[item.answer_at :]), reduction="sum")
    assert together.item() == pytest.approx(apart.item(), rel=1e-4)


def test_workers_gradients_are_those_of_one_pass(plain: dict[str, np.ndarray]):
    weights = fuse(TINY, plain)
    batches = micro_batches(some_examples(30), 64)
    pool = GradientWorkers(TINY, weights, 2, frozenset(weights))
    loss = pool.run(batches)
    masters = {name: value.clone() for name, value in weights.items()}
    pool.collect(masters, 0.5)
    single = {name: value.clone().requires_grad_() for name, value in weights.items()}
    total = sum(summed_loss(TINY, single, b.ids, b.at, b.targets) for b in batches)
    total.backward()
    assert loss == pytest.approx(total.item(), rel=1e-4)
    for name, master in masters.items():
        assert torch.allclose(master.grad, single[name].grad / 2, atol=1e-3, rtol=1e-3), name


def test_frozen_weights_get_no_gradient_and_change_nothing_for_the_others(plain: dict[str, np.ndarray]):
    weights = fuse(TINY, plain)
    batches = micro_batches(some_examples(30), 64)
    grads = []
    for frozen_layers in (0, 1):
        changing = trained({name: value.clone() for name, value in weights.items()}, frozen_layers)
        pool = GradientWorkers(TINY, weights, 2, frozenset(changing))
        pool.run(batches)
        pool.collect(changing, 1.0)
        grads.append({name: value.grad for name, value in changing.items()})
    everything, upper = grads
    assert everything.keys() - upper.keys() == {
        name for name in weights if name.startswith(("model.embed_tokens.", "model.layers.0."))
    }
    for name, grad in upper.items():
        assert torch.allclose(grad, everything[name], atol=1e-3, rtol=1e-3), name


def test_training_can_start_from_a_shipped_model():
    config, weights, tokenizer_json = load_model(next(path for path in SHIPPED.iterdir() if list(path.glob("weights-*.bin"))))
    assert weights["model.embed_tokens.weight"].shape == (config.vocab_size, config.width)
    assert len(tokenizer_json["model"]["vocab"]) == config.vocab_size
    assert all(bool(value.isfinite().all()) for value in weights.values())


def test_steps_hold_every_example_once_in_a_seeded_order():
    examples = some_examples(100)
    steps = deal_steps(examples, 120, seed=1)
    dealt = [item for step in steps for item in step]
    assert sorted(map(id, dealt)) == sorted(map(id, examples))
    assert steps == deal_steps(examples, 120, seed=1) != deal_steps(examples, 120, seed=2)


def test_greedy_in_a_batch_with_cache_equals_one_by_one_without(plain: dict[str, np.ndarray]):
    weights = fuse(TINY, plain)
    prompts = [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10], [11], [12, 13, 14, 15]]
    answers = greedy_answers(TINY, weights, prompts, end_ids=frozenset({0, 7}), max_tokens=9, batch_size=3)
    for prompt, answer in zip(prompts, answers, strict=True):
        ids = list(prompt)
        for _ in range(9):
            hidden = hidden_states(TINY, weights, torch.tensor([ids]))[0, -1]
            token = int((hidden @ weights["model.embed_tokens.weight"].t()).argmax())
            if token in (0, 7):
                break
            ids.append(token)
        assert answer == ids[len(prompt) :]


def test_the_rate_rises_to_its_peak_and_falls_to_its_last_value():
    rates = [learning_rate(1.0, 0.1, 0.1, at / 100) for at in range(101)]
    assert rates.index(max(rates)) == 10 and max(rates) == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(0.1)
    assert rates[:11] == sorted(rates[:11]) and rates[10:] == sorted(rates[10:], reverse=True)


def test_a_stage_ends_with_its_time_or_its_steps_whichever_is_first():
    progress = Progress(first_step=0, steps=100, start=0.0, limit_s=1000)
    assert progress.at(50, 100) == pytest.approx(0.5)
    assert progress.at(10, 600) == pytest.approx(0.1)
    assert progress.at(10, 900) == pytest.approx(0.75)
    assert progress.at(10, 5000) == 1
    assert Progress(0, 100, 0.0, None).at(100, 1e9) == 1


def test_a_resumed_stage_goes_on_where_its_progress_was():
    progress = Progress(first_step=40, steps=100, start=0.7, limit_s=600)
    assert progress.at(40, 0) == pytest.approx(0.7)
    assert progress.at(40, 300) == pytest.approx(0.7)
    assert progress.at(40, 480) == pytest.approx(0.85)
    assert progress.at(100, 10) == 1


def test_a_folder_that_is_named_twice_counts_twice_in_a_mean():
    models = [{"a": torch.tensor([value])} for value in (1.0, 2.0, 3.0, 3.0)]
    assert mean(models)["a"].tolist() == [2.25]
    folders = [Path("train/two/model"), Path("train/six/model"), Path("train/six/model"), Path("public/shipped")]
    assert shares(folders) == {"two": 0.25, "six": 0.5, "shipped": 0.25}
