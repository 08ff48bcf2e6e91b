"""Fine-tuning: it learns, it keeps the best epoch, it leaves its input alone, it says no."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from w2s_jax.encoders import Encoder, Finetuning, Shape, finetune
from w2s_jax.files import fingerprint
from w2s_jax.molecules import features, tokenize

RNG = np.random.default_rng(0)
SMILES = ["".join(RNG.choice(["C", "N", "O", "CC"], size=RNG.integers(3, 20))) for _ in range(120)]
CODES = tokenize(SMILES)
# The share of oxygen is no matter of length, and an untrained head at 0 knows nothing of it.
LABELS = np.array([text.count("O") / len(text) for text in SMILES])
RECIPE = Finetuning(epochs=12, rate=5e-3)


def start():
    return Encoder(Shape(width=16, layers=1, vocabulary=46), key=jax.random.key(0))


def test_it_learns_what_a_frozen_untrained_head_of_zero_cannot():
    tuned = finetune(start(), CODES, LABELS, RECIPE)
    error = ((tuned(CODES) - LABELS) ** 2).mean()
    assert error < 0.25 * LABELS.var()
    assert len(tuned.curve) == RECIPE.epochs
    assert min(tuned.curve) < 0.5 * tuned.curve[0]


def test_the_best_epoch_is_kept():
    wild = replace(RECIPE, rate=3e-1, epochs=8)
    tuned = finetune(start(), CODES, LABELS, wild)
    out = np.random.default_rng(wild.seed).permutation(len(CODES))[:12]
    found = ((tuned([CODES[k] for k in out]) - LABELS[out]) ** 2).mean()
    assert found == pytest.approx(min(tuned.curve), rel=1e-4)


def test_the_same_seed_gives_the_same_model_and_the_start_stays():
    encoder = start()
    before = fingerprint(encoder)
    few = replace(RECIPE, epochs=2)
    first, second = (finetune(encoder, CODES, LABELS, few) for _ in range(2))
    np.testing.assert_array_equal(first(CODES), second(CODES))
    assert fingerprint(encoder) == before
    other = finetune(encoder, CODES, LABELS, replace(few, seed=1))
    assert np.abs(other(CODES) - first(CODES)).max() > 0


def test_units_do_not_matter():
    few = replace(RECIPE, epochs=2)
    plain = finetune(start(), CODES, LABELS, few)(CODES)
    moved = finetune(start(), CODES, 100 * LABELS - 7, few)(CODES)
    np.testing.assert_allclose(moved, 100 * plain - 7, rtol=0, atol=1e-2)


def test_a_head_without_training_is_the_mean():
    still = finetune(start(), CODES, LABELS, Finetuning(epochs=1, rate=1e-30))
    out = np.random.default_rng(0).permutation(len(CODES))[:12]
    kept = np.setdiff1d(np.arange(len(CODES)), out)
    np.testing.assert_allclose(still(CODES), LABELS[kept].mean(), atol=1e-6)
    same = features(SMILES, still.encoder, codes=tokenize)
    np.testing.assert_allclose(same, features(SMILES, start(), codes=tokenize), atol=1e-6)


@pytest.mark.parametrize(
    ("codes", "labels", "complaint"),
    [
        (CODES[:9], LABELS[:9], "at least 10 texts"),
        (CODES, LABELS[:-1], "each with a label; got 120 and 119"),
        (CODES, np.where(np.arange(120) == 3, np.nan, LABELS), "labels must be finite"),
        (CODES, np.ones(120), "not all the same"),
    ],
)
def test_bad_input_is_named(codes, labels, complaint):
    with pytest.raises(ValueError, match=complaint):
        finetune(start(), codes, labels, RECIPE)


@pytest.mark.parametrize(
    "bad",
    [
        {"epochs": 0},
        {"tokens": 383},
        {"seed": -1},
        {"held_out": 1.0},
        {"held_out": float("nan")},
        {"rate": 0.0},
        {"rate": float("nan")},
        {"decay": -1.0},
    ],
)
def test_a_bad_recipe_is_named(bad):
    ((name, value),) = bad.items()
    with pytest.raises(ValueError, match=rf"{name} .*(?:got|and) {value}"):
        Finetuning(**bad)


def test_labels_of_any_kind_serve_and_odd_ones_are_refused():
    with pytest.raises(ValueError, match=r"labels must have shape \(n,\), got \(120, 1\)"):
        finetune(start(), CODES, LABELS[:, None], RECIPE)
    with pytest.raises(ValueError, match="labels must be numbers, got list"):
        finetune(start(), CODES, ["high"] * 120, RECIPE)
    alike = np.where(np.arange(12) == 0, 1.0, 2.0)
    with pytest.raises(ValueError, match=r"the \d+ labels trained on must differ"):
        finetune(start(), CODES[:12], alike, Finetuning(epochs=1, held_out=0.9))


def test_a_diverging_run_says_so():
    with pytest.raises(ValueError, match=r"fine-tuning diverged in epoch \d+: lower the rate"):
        finetune(start(), CODES, LABELS, Finetuning(epochs=3, rate=1e30))
