"""Published encoders against Hugging Face's own models, in the files that these write.

Runs after `pip install -e ".[parity]"`, and is skipped without it; test_bert.py checks the numbers
against NumPy alone.
"""

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason='tokenizers are missing: pip install "w2s-jax[text]"')

from bert_folders import KINDS, config, subwords
from w2s_jax.encoders import load_bert

TEXTS = [
    "un livre",
    "Un livre long, tres long et triste.",
    "nous sommes un [MASK] <mask> livre",
    "livre " * 200,
    "😀 書く книга",
]
MODELS = {
    "bert": "Bert",
    "roberta": "Roberta",
    "xlm-roberta": "XLMRoberta",
    "camembert": "Camembert",
}


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason='PyTorch is missing: pip install -e ".[parity]" to compare with it'
    )


@pytest.fixture(scope="module")
def transformers(torch):
    return pytest.importorskip(
        "transformers", reason='transformers are missing: pip install -e ".[parity]"'
    )


def drawn(torch, transformers, kind, form="Model"):
    """A model of theirs with random weights, none of them at its start of 0 or 1."""
    about = {name: value for name, value in config(kind).items() if name != "model_type"}
    made = getattr(transformers, f"{MODELS[kind]}Config")(**about)
    model = getattr(transformers, f"{MODELS[kind]}{form}")(made).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            spread = 0.3 if parameter.ndim == 1 else parameter.shape[-1] ** -0.5
            parameter += spread * torch.randn(parameter.shape, generator=generator)
    return model


def saved(folder, model, kind):
    model.save_pretrained(folder, safe_serialization=True)
    subwords(kind).save(str(folder / "tokenizer.json"))
    return load_bert(folder)


def their_means(torch, transformers, model, folder, kind):
    marks = {"pad_token": "[PAD]"} if kind == "bert" else {"pad_token": "<pad>"}
    file = str(folder / "tokenizer.json")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=file, **marks)
    longest = config(kind)["max_position_embeddings"] - (0 if kind == "bert" else 2)
    given = tokenizer(
        TEXTS,
        padding=True,
        truncation=True,
        max_length=longest,
        return_tensors="pt",
        return_token_type_ids=False,
    )
    with torch.no_grad():
        states = model(**given, output_hidden_states=True).hidden_states
    seen = given["attention_mask"][..., None]
    return [((state * seen).sum(1) / seen.sum(1)).numpy() for state in states], given


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["Model", "ForMaskedLM"])
def test_every_layer_s_means_are_hugging_face_s(torch, transformers, tmp_path, kind, form):
    model = drawn(torch, transformers, kind, form)
    ours = saved(tmp_path, model, kind)
    expected, given = their_means(torch, transformers, model, tmp_path, kind)
    codes = ours.codes(TEXTS)
    for k, row in enumerate(codes):
        their_row = given["input_ids"][k][given["attention_mask"][k].bool()]
        np.testing.assert_array_equal(row, their_row.numpy())
    found = ours.features(TEXTS, layers=range(4))
    for layer in range(4):
        np.testing.assert_allclose(found[layer], expected[layer], atol=1e-5, rtol=0)


def test_the_comparison_would_notice_a_layer_too_few(torch, transformers, tmp_path):
    model = drawn(torch, transformers, "camembert")
    ours = saved(tmp_path, model, "camembert")
    expected, _ = their_means(torch, transformers, model, tmp_path, "camembert")
    found = ours.features(TEXTS, layers=[2])[2]
    assert np.abs(found - expected[3]).max() > 0.1


def test_a_pickle_of_theirs_is_refused(torch, transformers, tmp_path):
    model = drawn(torch, transformers, "bert")
    saved(tmp_path, model, "bert")
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    assert load_bert(tmp_path).depth == 3
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"pytorch_model.bin, a pickle, which could run any code"):
        load_bert(tmp_path)
