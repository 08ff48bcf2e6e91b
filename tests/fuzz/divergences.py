r"""Draw sets × divergences × scales × points, and look for certificates that are wrong.

A certified value must be a member, and no member u may have a divergence that is smaller than the
certificate allows: $D(v, p) - D(u, p) \le$ gap. The members u are Clarabel's, by exponential cones
(tests/cones.py), and mixtures of the value with members elsewhere.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    jax.config.update("jax_enable_x64", True)

import cases
import cones
import oracles
from cases import both, pair, translated
from w2s_jax.divergences import KL, Bregman, ItakuraSaito, Logistic, Squared
from w2s_jax.projections import Projection, project
from w2s_jax.sets import Scaled

Array = np.ndarray
D = 4


def _positive(rng: np.random.Generator, rows: int, zeros: float = 0.0) -> Array:
    drawn = rng.uniform(0.05, 0.9, size=(rows, D)) * (rng.uniform(size=(rows, D)) >= zeros)
    drawn[drawn.sum(1) == 0] = 0.5
    return drawn


def _facets(rng: np.random.Generator) -> tuple[Array, Array]:
    middle = _positive(rng, 1)[0]
    rows = rng.normal(size=(6, D))
    return rows, rows @ middle + 0.1


def _affine(rng: np.random.Generator) -> cases.Case:
    return pair("AffineSubspace", D, _positive(rng, 1)[0], rng.normal(size=(D, 2)))


SETS: dict[str, Callable[[np.random.Generator], cases.Case]] = {
    "simplex": lambda rng: pair("Simplex", D, 1.0),
    "hull": lambda rng: pair("Hull", D, _positive(rng, 6)),
    "hull of three": lambda rng: pair("Hull", D, _positive(rng, 3)),
    "hull with zeros": lambda rng: pair("Hull", D, _positive(rng, 6, 0.3)),
    "box": lambda rng: pair("Box", D, 0.1 * rng.uniform(size=D), rng.uniform(0.2, 0.6, size=D)),
    "ball within": lambda rng: translated(
        D, pair("Ball", D, 0.15), 0.3 + 0.4 * _positive(rng, 1)[0]
    ),
    "ball across": lambda rng: pair("Ball", D, rng.uniform(0.3, 0.9)),
    "ellipsoid": lambda rng: translated(
        D, pair("Ellipsoid", D, cases._shape(D, rng) / 20), _positive(rng, 1)[0]
    ),
    "affine subspace": _affine,
    "half-space": lambda rng: pair("HalfSpace", D, rng.uniform(-0.3, 1, size=D), 0.4),
    "l1 ball": lambda rng: pair("L1Ball", D, rng.uniform(0.3, 0.9)),
    "polytope": lambda rng: pair("Polytope", D, *_facets(rng)),
    "monotone": lambda rng: pair("Monotone", D),
    "simplex and box": lambda rng: both(D, pair("Simplex", D), pair("Box", D, 0.0, 1.6 / D)),
    "ball and half-space": lambda rng: both(
        D, pair("Ball", D, 0.8), pair("HalfSpace", D, rng.uniform(0, 1, size=D), 0.4)
    ),
}
KINDS: dict[tuple[str, str], Bregman] = {
    ("squared", "prediction"): Squared(),
    ("kl", "prediction"): KL("prediction", total=None),
    ("kl", "label"): KL("label", total=None),
    ("itakura-saito", "prediction"): ItakuraSaito(),
    ("logistic", "prediction"): Logistic("prediction"),
    ("logistic", "label"): Logistic("label"),
}


@dataclass(frozen=True)
class Draw:
    """One problem: all that makes it, small enough to print."""

    name: str
    kind: tuple[str, str]
    seed: int
    scale: float = 1.0
    spread: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """Whether a draw was certified and tried, and what is wrong with it."""

    ended: str
    checked: bool = False
    wrong: str = ""


def point_of(draw: Draw, rng: np.random.Generator) -> Array:
    """Draw a label inside of the domain, of a size like the set's."""
    z = draw.spread * rng.normal(size=D)
    return 1 / (1 + np.exp(-z)) if draw.kind[0] == "logistic" else 0.4 * np.exp(z)


def run(draw: Draw, solve: Callable[..., Projection] = project) -> Outcome:
    """Project, and try the certificate with members from elsewhere."""
    rng = np.random.default_rng(draw.seed)
    case, point = SETS[draw.name](rng), point_of(draw, rng)
    divergence = KINDS[draw.kind]
    onto = case.onto if draw.scale == 1 else Scaled(case.onto, draw.scale)
    try:
        found = solve(draw.scale * point, onto, divergence=divergence, throw=False)
    except ValueError as error:
        return Outcome("no meeting" if "do not meet" in str(error) else f"refused: {error}")
    if not bool(found.certified):
        return Outcome("uncertified")
    value = np.asarray(found.value, float) / draw.scale
    try:
        off = float(oracles.distance(case.region, value)[0])
        rivals = list(members(draw, case.region, point, rng))
    except AssertionError:  # the oracle refuses to guess
        return Outcome("certified")
    return Outcome("certified", True, complaint(draw, value, point, float(found.gap), off, rivals))


def members(draw: Draw, region: oracles.Region, point: Array, rng) -> Iterator[Array]:
    """Yield the other solver's answer, and the nearest members to random points."""
    if draw.kind[0] == "squared":
        yield oracles.project(region, point)[0]
    else:
        yield cones.nearest(region, point, *draw.kind)
    yield from oracles.project(region, rng.uniform(0, 1, size=(3, D)))


def complaint(draw: Draw, v: Array, point: Array, gap: float, off: float, rivals) -> str:
    """Say what a certificate claims wrongly, or nothing; in units of the set."""
    divergence: Any = KINDS[draw.kind]
    power = {"squared": 2, "kl": 1}.get(draw.kind[0], 0)  # of the scale, in the divergence
    allowed = gap / draw.scale**power
    if off > 1e-7 * (1 + np.linalg.norm(v)):
        return f"no member: {off:.1e} outside in units of the set"

    def height(u: Array) -> float:
        inside = np.clip(u, divergence.domain.lower, divergence.domain.upper)
        if abs(inside - u).max() > 1e-7:  # more than rounding: a member outside of the domain
            return np.inf
        return float(divergence(inside, point))

    here, slope = height(v), np.asarray(divergence.gradient(np.maximum(v, 1e-300), point))
    for u in rivals:
        for share in (1.0, 1e-2):
            w = v + share * (u - v)
            # Clarabel's members are outside by rounding of their own, which a slope makes much of.
            blur = 2e-8 * (1 + here + float(abs(slope) @ (abs(v) + 1e-2 * abs(w - v))))
            if here - height(w) > allowed + share * blur + 1e-14:
                return f"a member is lower by {here - height(w):.1e}, {allowed:.1e} is certified"
    return ""


def draws(count: int, seed: int, names: list[str]) -> Iterator[Draw]:
    """Go through all classes; the rest is random."""
    rng = np.random.default_rng(seed)
    kinds = [(name, kind) for name in names for kind in KINDS]
    for k in range(count):
        name, kind = kinds[k % len(kinds)]
        scale = 1.0 if kind[0] == "logistic" else float(10.0 ** rng.integers(-3, 4))
        spread = float(rng.choice([0.3, 1.0, 3.0]))
        yield Draw(name, kind, int(rng.integers(1 << 30)), scale, spread)


def shrink(draw: Draw) -> Draw:
    """Make a wrong draw as plain as it stays wrong."""
    plainer: list[dict] = [{"scale": 1.0}, {"spread": 0.3}, {"spread": 1.0}]
    for change in plainer:
        candidate = replace(draw, **change)
        if candidate != draw and run(candidate).wrong:
            draw = candidate
    return draw


def table(count: int, seed: int, names: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Return wrong certificates, refusals, and the shares as lines."""
    given, ends, tried = Counter(), Counter(), Counter()
    wrong, refused = [], []
    for draw in draws(count, seed, names):
        outcome = run(draw)
        own = draw.name, *draw.kind
        given[own] += 1
        ends[own, outcome.ended.partition(":")[0]] += 1
        tried[own] += outcome.checked
        if outcome.wrong:
            small = shrink(draw)
            wrong.append(f"{small}: {run(small).wrong or outcome.wrong}")
        if outcome.ended not in ("certified", "no meeting"):
            refused.append(f"{draw}: {outcome.ended}")
    lines = [
        f"{own[0]:20s} {own[1]:13s} {own[2]:10s} of {given[own]:4d} certified "
        f"{ends[own, 'certified']:4d}, tried {tried[own]:4d}, uncertified "
        f"{ends[own, 'uncertified']:3d}, refused {ends[own, 'refused']:3d}, no meeting "
        f"{ends[own, 'no meeting']:3d}"
        for own in given
    ]
    return wrong, refused, lines


def main() -> None:
    """Print the table, and end with 1 where a certificate is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=2000, help="problems to solve (2000)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (0)")
    parser.add_argument("--sets", nargs="*", default=list(SETS), help="names in this file")
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    wrong, refused, lines = table(asked.cases, asked.seed, asked.sets)
    print("\n".join(lines))
    print(f"{len(wrong)} wrong, {len(refused)} refused or uncertified")
    print("\n".join([*wrong, *refused]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
