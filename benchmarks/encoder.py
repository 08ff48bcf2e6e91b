"""Time `features` against Hugging Face's BertModel on PyTorch, in one run, with equal weights.

Run: `python benchmarks/encoder.py` (or `--quick`), with torch and transformers installed (extra
`parity`). Times are CPU seconds on one thread, contestants interleaved, medians. Both are given the
same molecules as codes, in the same batches of about the same length, and average the last block's
vectors over each molecule; PyTorch runs in eval mode without gradients, and once more in batches
four times as large, which might suit it better.
"""

# ruff: noqa: E402, the thread counts must be set before the imports
import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch  # pyright: ignore[reportMissingImports]
import transformers  # pyright: ignore[reportMissingImports]
from jax.sharding import Mesh

from w2s_jax.encoders import Batch, Encoder, Pretraining, Shape, mask
from w2s_jax.encoders._batches import rows_of
from w2s_jax.encoders._pooling import padded_batches
from w2s_jax.encoders._pretraining import programs
from w2s_jax.molecules import DESCRIPTOR_TARGETS, SMILES, features

torch.set_num_threads(1)

OURS = "w2s_jax"
SHAPES = {
    "width 32, 2 layers": Shape(width=32, layers=2, heads=2, vocabulary=SMILES.size),
    "width 96, 2 layers": Shape(width=96, layers=2, heads=4, vocabulary=SMILES.size),
    "width 256, 4 layers": Shape(width=256, layers=4, heads=8, vocabulary=SMILES.size),
}


def measure(contestants: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median CPU seconds of every contestant, one round after another."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run()
    for _ in range(repeats):
        for name, run in contestants.items():
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def molecules(count: int) -> list[np.ndarray]:
    """Random codes, as long as the molecules of Lipop are: median 46, 99 % below 80."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.normal(46, 14, count), 6, 120).astype(int)
    return [rng.integers(2, SMILES.size, length).astype(np.int32) for length in lengths]


def bert(encoder: Encoder, attention: str):
    """A BertModel with the encoder's weights and its table of positions."""
    shape, blocks = encoder.shape, jax.tree.map(np.asarray, encoder.blocks)
    config = transformers.BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inside,
        layer_norm_eps=1e-12,
        attn_implementation=attention,
    )
    angle = np.arange(512)[:, None] / 10_000 ** (np.arange(0, shape.width, 2) / shape.width)
    state: dict[str, Any] = {
        "embeddings.word_embeddings.weight": np.asarray(encoder.tokens),
        "embeddings.position_embeddings.weight": np.concatenate([np.sin(angle), np.cos(angle)], 1),
        "embeddings.token_type_embeddings.weight": np.zeros((2, shape.width)),
        "embeddings.LayerNorm.weight": np.asarray(encoder.norm.scale),
        "embeddings.LayerNorm.bias": np.asarray(encoder.norm.shift),
    }
    for k in range(shape.layers):
        layer = f"encoder.layer.{k}."
        for place, name in enumerate(("query", "key", "value")):
            own = slice(place * shape.width, (place + 1) * shape.width)
            state[f"{layer}attention.self.{name}.weight"] = blocks.attention.weights[k, :, own].T
            state[f"{layer}attention.self.{name}.bias"] = blocks.attention.bias[k, own]
        dense = {"attention.output": blocks.mixed, "intermediate": blocks.inner}
        for name, affine in (dense | {"output": blocks.outer}).items():
            state[f"{layer}{name}.dense.weight"] = affine.weights[k].T
            state[f"{layer}{name}.dense.bias"] = affine.bias[k]
        norms = {"attention.output": blocks.attention_norm, "output": blocks.outer_norm}
        for name, norm in norms.items():
            state[f"{layer}{name}.LayerNorm.weight"] = norm.scale[k]
            state[f"{layer}{name}.LayerNorm.bias"] = norm.shift[k]
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    tensors = {name: torch.tensor(np.array(array, np.float32)) for name, array in state.items()}
    assert not model.load_state_dict(tensors, strict=False).unexpected_keys
    return model


def torch_features(model, rows: list[np.ndarray], width: int, scale: int = 1) -> np.ndarray:
    found = np.empty((len(rows), width), np.float32)
    with torch.no_grad():
        for own, batch in padded_batches(rows, tokens=scale * 1024):
            codes = torch.from_numpy(batch[: own.size]).long()
            seen = (codes != 0).long()
            hidden = model(codes, attention_mask=seen).last_hidden_state
            shares = seen / seen.sum(1, keepdim=True)
            found[own] = torch.einsum("bld,bl->bd", hidden, shares).numpy()
    return found


def against_torch(count: int, repeats: int) -> None:
    rows = molecules(count)
    names = [str(k) for k in range(count)]
    print(f"{count} molecules, {sum(row.size for row in rows)} symbols; features a second")
    for words, shape in SHAPES.items():
        encoder = Encoder(shape, key=jax.random.key(0))
        models = {name: bert(encoder, name) for name in ("sdpa", "eager")}
        contestants: dict[str, Callable[[], np.ndarray]] = {
            OURS: lambda encoder=encoder: features(names, encoder, codes=lambda smiles: rows)
        }
        for name, model in models.items():
            for scale in (1, 4):
                label = f"BertModel, {name}" + (", larger batches" if scale > 1 else "")
                contestants[label] = lambda m=model, s=scale, d=shape.width: torch_features(
                    m, rows, d, s
                )
        expected = contestants[OURS]()
        worst = max(np.abs(run() - expected).max() for run in contestants.values())
        times = measure(contestants, repeats)
        print(f"{words} (features agree to {worst:.0e})")
        for name, seconds in times.items():
            ratio = "" if name == OURS else f"{seconds / times[OURS]:9.2f}x (target 1x)"
            print(f"    {name:36}{count / seconds:10.0f}{ratio}")


def peak(repeats: int) -> float:
    """Floating-point operations a CPU second in the best of a few float32 matrix products."""
    multiply, best = jax.jit(jnp.matmul), 0.0
    for rows, inner, columns in ((1024, 256, 1024), (1024, 1024, 1024), (2048, 2048, 2048)):
        a, b = jnp.ones((rows, inner), jnp.float32), jnp.ones((inner, columns), jnp.float32)
        took = measure({"": lambda a=a, b=b: multiply(a, b).block_until_ready()}, 3 * repeats)[""]
        best = max(best, 2 * rows * inner * columns / took)
    return best


def operations(shape: Shape, length: int) -> float:
    """Floating-point operations of matrix products a token, forwards through all blocks."""
    products = 2 * shape.width * (4 * shape.width + 2 * shape.inside)
    attention = 4 * shape.width * length
    return shape.layers * (products + attention)


def features_share(count: int, repeats: int, best: float) -> None:
    """How near features come to the fastest matrix product that the machine was seen to do."""
    rows = molecules(count)
    tokens = sum(batch.size for _, batch in padded_batches(rows))
    names = [str(k) for k in range(count)]
    for words, shape in SHAPES.items():
        encoder = Encoder(shape, key=jax.random.key(0))
        took = measure(
            {"": lambda e=encoder: features(names, e, codes=lambda smiles: rows)}, repeats
        )[""]
        share = operations(shape, 64) * tokens / took / best
        print(f"    features, {words}: {tokens / took:10.0f} tokens/s, {share:4.0%} of it")


def pretraining_step(shape: Shape, codes: np.ndarray) -> Callable[[], Any]:
    """One step of pretraining on these codes, descriptors included."""
    recipe = Pretraining(shape, targets=DESCRIPTOR_TARGETS)
    mesh = Mesh(np.array(jax.devices()), ("rows",))
    start, step, _, put = programs(recipe, mesh, jnp.dtype(jnp.float32))
    described = np.ones(len(codes), bool)
    aims = np.zeros((len(codes), len(recipe.targets)), np.float32)
    batch = Batch(
        *mask(codes, recipe.masked, vocabulary=shape.vocabulary, seed=(0,)), aims, described
    )
    state = start()

    def run() -> None:
        nonlocal state  # its buffers are donated
        state, sums = step(state, np.float32(1e-4), put(batch))
        jax.block_until_ready((state, sums))

    return run


def pretraining_share(repeats: int, best: float) -> None:
    """The same of one step of pretraining; its backward pass costs two forward ones."""
    length = 44
    rows = rows_of(length, Pretraining(Shape(8, vocabulary=SMILES.size)).batch_tokens)
    drawn = np.random.default_rng(0).integers(2, SMILES.size, (rows, length))
    for words, shape in SHAPES.items():
        step = pretraining_step(shape, drawn.astype(np.int32))
        took = measure({"": step}, 3 * repeats)[""]
        share = 3 * operations(shape, length) * drawn.size / took / best
        print(f"    pretraining, {words}: {drawn.size / took:10.0f} tokens/s, {share:4.0%} of it")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer molecules and repeats")
    quick = parser.parse_args().quick
    count, repeats = (150, 3) if quick else (600, 7)
    print(
        f"jax {jax.__version__}, torch {torch.__version__}, transformers "
        f"{transformers.__version__}, one thread, CPU seconds"
    )
    against_torch(count, repeats)
    best = peak(repeats)
    print(f"fastest float32 matrix product: {best / 1e9:.0f} GFLOP/s")
    features_share(count, repeats, best)
    pretraining_share(repeats, best)


if __name__ == "__main__":
    main()
