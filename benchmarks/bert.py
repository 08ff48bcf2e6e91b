"""Time `Bert.features` against Hugging Face's BertModel on PyTorch, in one run, with equal weights.

Run: `python benchmarks/bert.py` (or `--quick`), with torch and transformers installed (extra
`parity`). The encoder has multilingual-e5-small's sizes and random weights, and both read the same
folder and the same texts, cut at 96 subwords: theirs sorted by length and padded to the longest of
each batch, in eval mode without gradients. Both give every layer's means. Times are CPU seconds on
one thread, contestants interleaved, medians.
"""

# ruff: noqa: E402, the thread counts must be set before the imports
import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import torch  # pyright: ignore[reportMissingImports]
import transformers  # pyright: ignore[reportMissingImports]
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from w2s_jax.encoders import load_bert

torch.set_num_threads(1)

OURS = "w2s_jax"
LONGEST, LAYERS = 96, range(13)


def written(folder: Path) -> Path:
    """A model of multilingual-e5-small's sizes, but for the table of subwords."""
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=5_000,
        hidden_size=384,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=1536,
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    words = {
        name: k for k, name in enumerate(["[PAD]", "?", "[CLS]", "[SEP]", *map(str, range(4_900))])
    }
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def made_texts(count: int) -> list[str]:
    """Texts of random words, with about as many as book reviews have subwords: 80 in the middle."""
    rng = np.random.default_rng(0)
    sizes = np.exp(rng.normal(np.log(75), 0.7, count)).astype(int) + 5
    return [" ".join(map(str, rng.integers(0, 4_900, size))) for size in sizes]


def torch_means(model: Any, tokenizer: Any, texts: list[str], rows: int) -> np.ndarray:
    found = np.empty((len(LAYERS), len(texts), 384), np.float32)
    codes = tokenizer(texts, truncation=True, max_length=LONGEST)["input_ids"]
    order = np.argsort([len(row) for row in codes], kind="stable")
    with torch.no_grad():
        for start in range(0, len(texts), rows):
            own = order[start : start + rows]
            given = tokenizer.pad({"input_ids": [codes[k] for k in own]}, return_tensors="pt")
            states = model(**given, output_hidden_states=True).hidden_states
            seen = given["attention_mask"].float()
            shares = seen / seen.sum(1, keepdim=True)
            for layer, state in enumerate(states):
                found[layer, own] = torch.einsum("bld,bl->bd", state, shares).numpy()
    return found


def measure(contestants: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median CPU seconds of every contestant, one round after another."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(repeats):
        for name, run in contestants.items():
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer texts and repeats")
    count, repeats = (200, 3) if parser.parse_args().quick else (400, 5)
    print(
        f"jax {jax.__version__}, torch {torch.__version__}, transformers "
        f"{transformers.__version__}, one thread, CPU seconds"
    )
    texts = made_texts(count)
    with tempfile.TemporaryDirectory() as name:
        folder = written(Path(name))
        ours = load_bert(folder)
        tokenizer = transformers.PreTrainedTokenizerFast(
            tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]"
        )
        contestants: dict[str, Callable[[], np.ndarray]] = {
            OURS: lambda: np.stack([*ours.features(texts, layers=LAYERS, longest=LONGEST).values()])
        }
        for kind in ("sdpa", "eager"):
            model = transformers.BertModel.from_pretrained(
                folder, add_pooling_layer=False, attn_implementation=kind
            ).eval()
            for rows in (10, 32):
                contestants[f"BertModel, {kind}, {rows} texts a batch"] = lambda m=model, r=rows: (
                    torch_means(m, tokenizer, texts, r)
                )
        expected = contestants[OURS]()
        worst = max(np.abs(run() - expected).max() for run in contestants.values())
        times = measure(contestants, repeats)
    subwords = sum(row.size for row in ours.codes(texts, longest=LONGEST))
    print(f"{count} texts, {subwords} subwords; features agree to {worst:.0e}")
    for name, seconds in times.items():
        ratio = "" if name == OURS else f"{seconds / times[OURS]:9.2f}x (target 1x)"
        print(f"    {name:36}{count / seconds:10.1f} texts/s{ratio}")


if __name__ == "__main__":
    main()
