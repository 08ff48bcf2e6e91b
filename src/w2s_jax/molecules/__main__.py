"""Train encoders of SMILES, for example `pretrain --width 32 --tokens 5e6 --out encoders/32`."""

import argparse
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from w2s_jax._arguments import add_fields, told, whole
from w2s_jax.data import Unavailable
from w2s_jax.encoders import Pretraining, Shape
from w2s_jax.molecules import DESCRIPTOR_TARGETS, SMILES


def _recipe(width: int, layers: int = 2, heads: int = 2, tokens: int = 5_000_000) -> Pretraining:
    shape = Shape(width, layers, heads, vocabulary=SMILES.size)
    return Pretraining(shape, tokens=tokens, targets=DESCRIPTOR_TARGETS)


ONE, STRONG = _recipe(32), _recipe(256, 4, 8, tokens=20_000_000)
WEAK_WIDTHS = (8, 12, 16, 24, 32, 48, 64, 96)


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, train, write, say where."""
    parser = argparse.ArgumentParser(prog="python -m w2s_jax.molecules", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("pretrain", help="one encoder; the same command again resumes it")
    add_fields(one, ONE.shape)
    add_fields(one, ONE)
    family = commands.add_parser("family", help="one strong encoder and eight weak ones")
    add_fields(family, STRONG)
    family.add_argument("--weak-tokens", type=whole, default=10_000_000,
                        help="of each weak one, and four times as many at width 8")  # fmt: skip
    family.add_argument("--only", choices=("strong", "weak"), help="train these alone")
    for command in (one, family):
        _add_common(command)
    ship = commands.add_parser("ship", help="store a trained family as float16, with its listing")
    ship.add_argument("family", type=Path, help="folder that `family` wrote")
    ship.add_argument("--out", type=Path, required=True, help="folder for the weights")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "ship":
            print(f"wrote {_ship(chosen.family, chosen.out)}")
            return 0
        for folder, recipe in _recipes(chosen):
            _train(folder, recipe, chosen)
    except (ValueError, Unavailable, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command again goes on from the last minute", file=sys.stderr)
        return 130
    return 0


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, required=True, help="folder for weights and record")
    command.add_argument("--corpus", type=Path, help="your own .smi or .smi.gz file, shuffled")
    command.add_argument("--keep-overlap", action="store_true",
                         help="train also on molecules of ESOL, FreeSolv and Lipop")  # fmt: skip
    command.add_argument("--cache", type=Path, help="folder for descriptors; OUT/cache if missing")
    command.add_argument("--processes", type=int, default=2, help="that compute descriptors")
    command.add_argument("--quiet", action="store_true", help="show no bars")


def _recipes(chosen: argparse.Namespace) -> list:
    """Pair every encoder's folder with its recipe."""
    kept = not chosen.keep_overlap
    if chosen.command == "pretrain":
        one = told(replace(ONE, shape=told(ONE.shape, chosen), leak_free=kept), chosen)
        return [(chosen.out, one)]
    strong = told(replace(STRONG, leak_free=kept), chosen)
    longer = {8: 4}  # the narrowest is the slowest to learn
    weak = [
        (chosen.out / f"weak-{width}", replace(strong, shape=_recipe(width).shape, tokens=tokens))
        for width in WEAK_WIDTHS
        for tokens in [chosen.weak_tokens * longer.get(width, 1)]
    ]
    parts = {"weak": weak, "strong": [(chosen.out / "strong", strong)]}
    return [pair for name, some in parts.items() if chosen.only in (None, name) for pair in some]


def _train(folder: Path, recipe, chosen: argparse.Namespace) -> None:
    from w2s_jax.encoders import pretrain_encoder, save_encoder
    from w2s_jax.files import write_whole
    from w2s_jax.molecules import descriptor_targets, read_corpus
    from w2s_jax.molecules._cards import card_of

    record = folder / "encoder.json"
    wanted = json.loads(json.dumps(asdict(recipe)))
    if record.is_file():
        if json.loads(record.read_text(encoding="utf8")).get("recipe") != wanted:
            raise ValueError(f"{record} is of another recipe: remove it or name another --out")
        print(f"{folder} is finished")
        return
    corpus = read_corpus(
        chosen.corpus,
        tokens=recipe.tokens,
        leak_free=recipe.leak_free,
        validation=recipe.validation,
    )
    checkpoint, start = folder / "checkpoint.npz", time.monotonic()
    progress = not chosen.quiet
    cache = chosen.cache or chosen.out / "cache"
    targets = descriptor_targets(
        recipe, corpus, cache=cache, processes=chosen.processes, progress=progress
    )
    trained = pretrain_encoder(recipe, corpus, targets, checkpoint=checkpoint, progress=progress)
    card = card_of(trained, recipe, corpus, seconds=time.monotonic() - start)
    save_encoder(trained.encoder, folder / "encoder.safetensors", card, dtype=np.float32)
    write_whole(record, (json.dumps(card, indent=1) + "\n").encode())
    checkpoint.unlink()
    accuracy = trained.final["masked_accuracy"]
    print(f"wrote {folder}: masked accuracy {accuracy:.4f}, {trained.speed:,.0f} tokens/s")


def _ship(family: Path, out: Path) -> Path:
    from w2s_jax.encoders import load_encoder, read_card, save_encoder
    from w2s_jax.encoders._weights import write_listing

    trained = sorted(family.glob("*/encoder.safetensors"))
    if not trained:
        raise ValueError(f"{family} holds no encoder: train some first, with `family`")
    for path in trained:
        name = path.parent.name
        save_encoder(load_encoder(path), out / f"{name}.safetensors", read_card(path))
    return write_listing(out)


if __name__ == "__main__":
    sys.exit(main())
