"""Published encoders from Hugging Face's files, against NumPy; test_bert_parity.py has PyTorch."""

import json
import sys

import jax
import numpy as np
import pytest

pytest.importorskip("tokenizers", reason='tokenizers are missing: pip install "w2s-jax[text]"')

from safetensors.numpy import load_file, save_file

import programs
from bert_folders import KINDS, PLACES, WORDS, by_hand, config, state, subwords, written
from inside import inside
from w2s_jax.data import BadRows
from w2s_jax.encoders import load_bert

BERT = inside("encoders.bert._bert")
LAYERS = inside("encoders.bert._layers")
TEXTS = [
    "un livre",
    "Un livre long, tres long et triste.",
    "tres " * 13,
    "nous sommes un",
    "livre " * 200,
    "😀 書く книга",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(tmp_path_factory.mktemp("bert") / "model")


@pytest.fixture(scope="module")
def bert(folder):
    return load_bert(folder)


# The numbers


@pytest.mark.parametrize("kind", KINDS)
def test_features_are_what_the_formulas_say(tmp_path, kind):
    before = "" if kind == "bert" else "roberta."
    model = load_bert(written(tmp_path, kind, before=before))
    about = config(kind)
    found = model.features(TEXTS, layers=[0, 1, 2, 3])
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    codes = model.codes(TEXTS)
    assert [row.size for row in codes][4] == model.longest == (48 if kind == "bert" else 46)
    for k, row in enumerate(codes):
        expected = by_hand(state(about), about, row)
        for layer in range(4):
            np.testing.assert_allclose(found[layer][k], expected[layer], atol=1e-5)


@pytest.mark.parametrize("kind", ["bert", "camembert"])
def test_the_norm_s_epsilon_is_the_configuration_s(tmp_path, kind):
    about = config(kind, layer_norm_eps=0.03)
    model = load_bert(written(tmp_path, kind, layer_norm_eps=0.03))
    (row,) = model.codes(TEXTS[1:2])
    found = model.features(TEXTS[1:2])[3][0]
    np.testing.assert_allclose(found, by_hand(state(about), about, row)[3], atol=1e-5)
    about["layer_norm_eps"] = 1e-5
    assert np.abs(found - by_hand(state(about), about, row)[3]).max() > 1e-3


def test_old_names_of_norms_and_buffers_are_read(folder, tmp_path):
    weights = load_file(folder / "model.safetensors")
    for new, old in (("weight", "gamma"), ("bias", "beta")):
        change = {n: n.replace(f"Norm.{new}", f"Norm.{old}") for n in weights}
        weights = {change[n]: array for n, array in weights.items()}
    weights["embeddings.position_ids"] = np.arange(48)[None]
    changed = written(tmp_path)
    save_file(weights, changed / "model.safetensors")
    np.testing.assert_array_equal(
        load_bert(changed).features(TEXTS[:2])[3], load_bert(folder).features(TEXTS[:2])[3]
    )


def test_half_precision_is_widened(folder, tmp_path):
    weights = load_file(folder / "model.safetensors")
    half = {name: array.astype(np.float16) for name, array in weights.items()}
    changed = written(tmp_path)
    save_file(half, changed / "model.safetensors")
    model, about = load_bert(changed), config("bert")
    (row,) = model.codes(TEXTS[:1])
    expected = by_hand(half, about, row)[3]
    np.testing.assert_allclose(model.features(TEXTS[:1])[3][0], expected, atol=1e-5)


# A text's own features


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """Widths at which matrix products are dealt out in tiles, and every padded length."""
    home = tmp_path_factory.mktemp("wide") / "model"
    sizes = {"hidden_size": 96, "intermediate_size": 384, "max_position_embeddings": 150}
    return load_bert(written(home, "bert", before="", **sizes))


def texts_of_all_lengths():
    rng = np.random.default_rng(0)
    sizes = [*range(1, 40), 60, 61, 62, 90, 91, 110, 126, 140, 148, 170]
    words = np.array(["un", "livre", "long", "triste", "et", "a", "b"])
    return [" ".join(words[rng.integers(0, 7, size)]) for size in sizes]


def test_a_text_has_the_same_bits_alone_and_among_others(wide):
    texts = texts_of_all_lengths()
    every = [0, 1, 2, 3]
    together = wide.features(texts, layers=every)
    order = np.random.default_rng(1).permutation(len(texts))
    shuffled = wide.features([texts[k] for k in order] + texts[:7], layers=every)
    for layer in every:
        np.testing.assert_array_equal(shuffled[layer][: order.size], together[layer][order])
        np.testing.assert_array_equal(shuffled[layer][order.size :], together[layer][:7])
    for k, text in enumerate(texts):
        alone = wide.features([text], layers=every)
        assert all(np.array_equal(alone[layer][0], together[layer][k]) for layer in every), text


def test_full_batches_give_the_same_bits_in_every_row(wide):
    """One text in places of several groups, beside texts of other sizes."""
    texts = texts_of_all_lengths()[:12]
    expected = wide.features(texts[3:4])[3][0]
    for place in range(0, 64, 7):
        beside = [texts[k % 12] for k in range(64)]
        beside[place] = texts[3]
        np.testing.assert_array_equal(wide.features(beside)[3][place], expected)


def test_fewer_layers_are_read_where_fewer_are_asked_for(bert):
    both = bert.features(TEXTS, layers=[1, 3])
    assert list(both) == [1, 3]
    np.testing.assert_allclose(bert.features(TEXTS, layers=[1])[1], both[1], atol=1e-6)
    np.testing.assert_array_equal(bert.features(TEXTS)[3], both[3])


def test_what_stands_behind_the_end_does_not_matter(bert):
    words = bert.words[np.array([[[7, 8, 9, 0, 0]]])]
    other = words.copy()
    other[:, :, 3:] = 1e3
    sizes, count = np.array([[3]], np.int32), np.array(1, np.int32)
    one, two = (LAYERS.means(bert.layers, x, sizes, count, 3) for x in (words, other))
    np.testing.assert_array_equal(one, two)


# What is cut, and how texts are read


def test_long_texts_are_cut_at_the_end(bert):
    text = "livre " * 5_000
    (row,) = bert.codes([text])
    assert row.size == bert.longest
    assert row[-1] == bert.tokenizer.token_to_id("[SEP]")
    same = "livre " * (bert.longest - 2)
    np.testing.assert_array_equal(*(bert.features([each])[3] for each in (text, same)))
    (row,) = bert.codes([text], longest=12)
    assert row.size == 12
    assert [row.size for row in bert.codes([text], longest=1_000)] == [bert.longest]


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
def test_other_alphabets_and_emoji_are_read(tmp_path, kind):
    model = load_bert(written(tmp_path, kind))
    texts = ["😀", "書く", "книга", "مرحبا", "e\u0301", "\u200b", "a\x00b"]
    unknown = model.tokenizer.token_to_id("[UNK]" if kind == "bert" else "<unk>")
    assert all(unknown in row for row in model.codes(texts[:4]))
    assert np.isfinite(model.features(texts)[3]).all()


@pytest.mark.parametrize(("kind", "word"), [("bert", "[MASK]"), ("camembert", "<mask>")])
def test_a_text_may_spell_a_subword_of_the_encoder_s_own(tmp_path, kind, word):
    model = load_bert(written(tmp_path, kind))
    (row,) = model.codes([f"un {word} livre"])
    assert model.tokenizer.token_to_id(word) in row


def test_the_prefix_is_read_before_every_text(folder):
    model, plain = load_bert(folder, prefix="un "), load_bert(folder)
    np.testing.assert_array_equal(model.codes(["livre"])[0], plain.codes(["un livre"])[0])


# What it costs


def test_weights_are_given_to_the_program_and_not_compiled_into_it(folder, bert):
    bert.features(TEXTS)
    other = load_bert(folder)
    layers = jax.tree.map(lambda leaf: leaf + np.float32(0.1), other.layers)
    jax.block_until_ready(layers)
    with programs.counted() as compiled:
        changed = BERT.Bert(other.tokenizer, other.words, layers).features(TEXTS)
    assert compiled == []
    assert np.abs(changed[3] - bert.features(TEXTS)[3]).max() > 1e-3


def test_features_are_kept_and_found(bert, tmp_path, monkeypatch):
    found = bert.features(TEXTS, layers=[1, 3], cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    with monkeypatch.context() as patched:
        patched.setattr(BERT, "means", None)
        again = bert.features(TEXTS, layers=[1, 3], cache=tmp_path)
        for other in ({"layers": [1]}, {"longest": 9, "layers": [1, 3]}):
            with pytest.raises(TypeError):
                bert.features(TEXTS, cache=tmp_path, **other)
    for layer in (1, 3):
        np.testing.assert_array_equal(again[layer], found[layer])
    kept.write_bytes(kept.read_bytes()[:-1])
    again = bert.features(TEXTS, layers=[1, 3], cache=tmp_path)
    np.testing.assert_array_equal(again[3], found[3])


def test_progress_is_told(bert, capsys):
    bert.features(TEXTS)
    assert capsys.readouterr().err == ""
    bert.features(TEXTS, progress=True)
    assert "features: 100%" in capsys.readouterr().err


def test_no_texts_have_no_features(bert):
    assert bert.features([], layers=[0, 3])[0].shape == (0, 24)


# What is refused


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        (["un", None], r"^row 1: None is missing; drop the row$"),
        (["un", float("nan")], r"^row 1: nan is missing; drop the row$"),
        ([""], r"^row 0: '' is blank; drop the row$"),
        ([" \n\t"], r"^row 0: ' \\n\\t' is blank; drop the row$"),
        ([3], r"^row 0: 3 is no text but of type int; drop the row or mend it$"),
        ([b"un"], r"row 0: b'un' is no text but of type bytes"),
        (["a\ud800"], r"holds half a character, which no file can hold; mend it$"),
        ([None, "un", ""], r"2 of 3 rows are bad, and .bad lists them: rows 0, 2$"),
    ],
)
def test_rows_that_are_no_texts_are_told(bert, texts, complaint):
    for read in (bert.codes, bert.features):
        with pytest.raises(BadRows, match=complaint):
            read(texts)


@pytest.mark.parametrize(
    ("texts", "settings", "complaint"),
    [
        ("un livre", {}, "texts must be several strings, got one: wrap it in a list"),
        ({"un", "livre"}, {}, "texts must have an order, got a set"),
        (np.array([["un"]]), {}, "texts must be one column, got a ndarray of 2 axes"),
        (["un"], {"layers": [4]}, r"layers must be some of 0 to 3, got \[4\]"),
        (["un"], {"layers": []}, r"layers must be some of 0 to 3, got \[\]"),
        (["un"], {"layers": [-1]}, "layers must be at least 0, got -1"),
        (["un"], {"layers": [True]}, "layers must be an integer of at least 0, got True"),
        (["un"], {"longest": 2}, "longest must be at least 3, got 2"),
        (["un"], {"longest": True}, "longest must be an integer of at least 3, got True"),
    ],
)
def test_other_arguments_are_refused(bert, texts, settings, complaint):
    with pytest.raises(ValueError, match=complaint):
        bert.features(texts, **settings)


def without(name):
    return lambda home: (home / name).unlink()


def configured(**changes):
    def change(home):
        about = json.loads((home / "config.json").read_text()) | changes
        about = {name: value for name, value in about.items() if value != "drop"}
        (home / "config.json").write_text(json.dumps(about))

    return change


def weighted(change):
    def do(home):
        weights = load_file(home / "model.safetensors")
        save_file(change(weights), home / "model.safetensors")

    return do


def pickled(home):
    (home / "model.safetensors").rename(home / "pytorch_model.bin")


def in_parts(home):
    (home / "model.safetensors").rename(home / "model.safetensors.index.json")


def text_in(name, text):
    return lambda home: (home / name).write_text(text)


def cut(home):
    path = home / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])


def more_subwords(home):
    tokenizer = subwords("bert")
    tokenizer.add_tokens([f"word{k}" for k in range(60)])
    tokenizer.save(str(home / "tokenizer.json"))


BIAS = "encoder.layer.1.output.dense.bias"
CONTRADICTED = "model.safetensors is not what config.json says: "
FAULTS = [
    (without("config.json"), FileNotFoundError, "lacks config.json: of a model these are read"),
    (without("model.safetensors"), FileNotFoundError, "lacks model.safetensors: of a model"),
    (without("tokenizer.json"), FileNotFoundError, "lacks tokenizer.json: of a model"),
    (pickled, ValueError, "pytorch_model.bin, a pickle, which could run any code and is not read"),
    (in_parts, ValueError, "holds weights in several files, which are not read: save"),
    (text_in("config.json", "{"), ValueError, r"config.json is no JSON \(.*\); copy it again$"),
    (text_in("config.json", "[]"), ValueError, "config.json must hold one JSON object"),
    (configured(model_type="flaubert"), ValueError, "'flaubert' has XLM's layout and no tokeni"),
    (configured(model_type="distilbert"), ValueError, "one of bert, .*got 'distilbert'"),
    (configured(model_type="drop"), ValueError, "model_type must be one of bert, .*got None"),
    (configured(hidden_act="relu"), ValueError, "hidden_act must be 'gelu', got 'relu'"),
    (configured(position_embedding_type="relative_key"), ValueError, "must be 'absolute'"),
    (configured(is_decoder=True), ValueError, "is_decoder must be False, got True"),
    (configured(num_attention_heads=5), ValueError, "5 heads cannot share a width of 24"),
    (configured(hidden_size="drop"), ValueError, "hidden_size must be an integer of at least 1"),
    (configured(num_hidden_layers=0), ValueError, "num_hidden_layers must be an integer"),
    (configured(layer_norm_eps="1e-5"), ValueError, "layer_norm_eps must be a number"),
    (configured(hidden_size=32), ValueError, rf"{CONTRADICTED}{WORDS} .* \(80, 32\), got \(80, 2"),
    (configured(vocab_size=81), ValueError, rf"{CONTRADICTED}{WORDS} must have the shape \(81, 24"),
    (configured(max_position_embeddings=9), ValueError, rf"{CONTRADICTED}{PLACES} must have the"),
    (configured(type_vocab_size=1), ValueError, f"{CONTRADICTED}embeddings.token_type"),
    (configured(intermediate_size=9), ValueError, f"{CONTRADICTED}encoder.layer.0.intermediate"),
    (configured(num_hidden_layers=4), ValueError, f"{CONTRADICTED}encoder.layer.3.* is missing"),
    (configured(num_hidden_layers=2), ValueError, f"{CONTRADICTED}encoder.layer.2.* is unknown"),
    (cut, ValueError, "model.safetensors cannot be read: no whole safetensors file: .*copy it"),
    (text_in("model.safetensors", ""), ValueError, "cannot be read: no whole safetensors file"),
    (weighted(lambda w: w | {BIAS: np.full_like(w[BIAS], np.nan)}), ValueError, "is not finite"),
    (weighted(lambda w: {n: a for n, a in w.items() if n != BIAS}), ValueError, "is missing"),
    (weighted(lambda w: w | {BIAS: w[BIAS][:-1]}), ValueError, r"\(24,\), got \(23,\)"),
    (weighted(lambda w: w | {"encoder.more": w[BIAS]}), ValueError, "encoder.more is unknown"),
    (weighted(lambda w: {BIAS: w[BIAS]}), ValueError, "holds 0 tables named embeddings.word"),
    (weighted(lambda w: w | {f"b.{WORDS}": w[WORDS]}), ValueError, "holds 2 tables named"),
    (text_in("tokenizer.json", "{}"), ValueError, r"tokenizer.json holds no subwords \(.*\); copy"),
    (more_subwords, ValueError, "has codes to .*, and the weights 80 subwords: copy both"),
]


@pytest.mark.parametrize(("change", "error", "complaint"), FAULTS)
def test_a_folder_with_a_fault_is_refused_in_a_sentence(tmp_path, change, error, complaint):
    home = written(tmp_path / "model")
    change(home)
    with pytest.raises(error, match=complaint) as caught:
        load_bert(home)
    assert len(str(caught.value)) - len(str(home)) <= 300


def test_a_folder_that_is_none_and_a_changed_file_are_refused(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere: name one that hol"):
        load_bert(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"is not the expected file: its SHA-256 is [0-9a-f]{64}"):
        load_bert(folder, sha256="0" * 64)


def test_without_tokenizers_the_remedy_is_told(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ImportError, match=r'pip install "w2s-jax\[text\]"'):
        load_bert(folder)
