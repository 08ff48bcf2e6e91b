r"""Draw sets × metrics × dtypes × scales × points, and look for certificates that are wrong.

A certified value must be a member, and no member u may be nearer than its certificate allows:
$\frac12 (\lVert v - p \rVert_G^2 - \lVert u - p \rVert_G^2) \le$ gap × size. The members u come
from Clarabel, polished (tests/oracles.py).
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    jax.config.update("jax_enable_x64", True)

import cases
import oracles
from inside import inside
from w2s_jax.projections import project

accuracy = inside("quadratics._metric").accuracy
kept_to = inside("sets._base").kept_to

CONDITIONS = (1.0, 1e3, 1e6, 1e9, 1e12, None)
POINTS = 5


@dataclass(frozen=True)
class Draw:
    """One problem of `POINTS` points: all that makes it, small enough to print."""

    name: str
    seed: int
    condition: float | None = 1.0
    dtype: str = "float64"
    scale: float = 1.0
    heavy: float = 1.0
    far: float = 1.0
    d: int = 4

    @property
    def kind(self) -> tuple[str, str, str]:
        """What the shares are printed for."""
        condition = "singular" if self.condition is None else f"{self.condition:.0e}"
        return self.name, condition, self.dtype


@dataclass(frozen=True)
class Outcome:
    """What came of a draw: how many were certified, and what is wrong with them."""

    certified: int
    checked: int
    wrong: str = ""


@cache
def drawn(name: str, seed: int, d: int) -> cases.Case:
    return cases.draw(name, d, seed)


def run(draw: Draw) -> Outcome:
    """Project, and try each certificate with members from elsewhere."""
    case, dtype = drawn(draw.name, draw.seed % 7, draw.d), np.dtype(draw.dtype)
    rng = np.random.default_rng(draw.seed)
    points = np.stack([draw.far ** (k / POINTS) * rng.normal(size=draw.d) for k in range(POINTS)])
    points[1] = oracles.project(case.region, points[1])[
        0
    ]  # on the set: nothing to do but to see it
    points = (draw.scale * points).astype(dtype)
    G = (draw.heavy * cases.metric(draw.d, draw.condition, draw.seed)).astype(dtype)
    onto = case.onto.stretched(np.full(draw.d, draw.scale))
    onto = jax.tree.map(lambda a: a.astype(dtype) if eqx.is_inexact_array(a) else a, onto)
    found = project(jnp.asarray(points), onto, jnp.asarray(G), throw=False)
    region = oracles.scaled(draw.d, case.region, draw.scale)
    certified = np.asarray(found.certified)
    checked, wrong = 0, ""
    for k in np.flatnonzero(certified):
        try:
            complaint = complain(
                draw, region, points[k], np.asarray(found.value[k]), G, found.gap[k]
            )
        except AssertionError:  # the oracle refuses to guess
            continue
        checked += 1
        wrong = wrong or complaint
    return Outcome(int(certified.sum()), checked, wrong)


def complain(draw: Draw, region, point, value, G, gap) -> str:
    """Say what a certificate claims wrongly, or nothing."""
    unit, eps = draw.scale, float(np.finfo(draw.dtype).eps)
    p, v, G = (np.asarray(a, np.longdouble) for a in (point, value, G))
    shrunk = oracles.scaled(draw.d, region, 1 / unit)
    exact = np.asarray(value, float) / unit
    reach = 4.0 * draw.d
    off = float(oracles.distance(shrunk, exact)[0])
    allowed = 4 * kept_to(value.dtype) * (reach + np.linalg.norm(exact)) + 2e-9
    if off > allowed:
        return f"no member: {off:.1e} outside in units of the set"
    own = np.asarray(G, float) / float(draw.heavy)
    rivals = [unit * oracles.project(shrunk, np.asarray(point, float) / unit, own)[0]]
    rivals.append(unit * oracles.project(shrunk, np.asarray(point, float) / unit)[0])

    def length(a) -> np.longdouble:
        return np.sqrt(np.maximum(a @ G @ a, 0))

    top = np.sqrt(np.longdouble(np.linalg.norm(np.asarray(G, float), 2)))
    size = np.linalg.norm(exact) + reach
    floor = 64 * eps / accuracy(value.dtype) * top * unit * size
    far = length(p - v)
    allowed = float(gap) * max(far, floor) * max(min(far, top * unit * size + far / 1000), floor)
    slope = np.linalg.norm(np.asarray(G @ (v - p), float))
    blur = (40 * eps + 2e-9) * unit * size  # of the set in its dtype, and of Clarabel's members
    rounding = blur * slope + (blur * top) ** 2
    # What is no eigenvalue but rounding of the metric counts as 0, however long the way.
    # Fewer digits than float64's leave negative eigenvalues, which count as 0 as well.
    negative = max(0.0, -float(np.linalg.eigvalsh(np.asarray(G, float))[0]))
    digits = draw.d * float(np.finfo(float).eps) * top**2 + negative
    for u in rivals:
        u = np.asarray(u, np.longdouble)
        nearer = (v - u) @ G @ (v + u - 2 * p) / 2
        blind = digits * ((v - u) @ (v - u) + abs(v - u) @ abs(v + u - 2 * p))
        if nearer > allowed + rounding + blind:
            return f"a member is nearer by {nearer:.1e}, where {allowed:.1e} is certified"
    return ""


def draws(
    points: int, seed: int, names: list[str], dtypes=("float64", "float32")
) -> Iterator[Draw]:
    """Go through all classes; the rest is random."""
    rng = np.random.default_rng(seed)
    kinds = [(n, c, t) for n in names for t in dtypes for c in CONDITIONS]
    for k in range(-(-points // POINTS)):
        name, condition, dtype = kinds[k % len(kinds)]
        scale, heavy = 10.0 ** rng.uniform(-6, 6, 2)
        far = 10.0 ** rng.uniform(0, 4)
        yield Draw(name, int(rng.integers(1 << 30)), condition, dtype, scale, heavy, far)


def shrink(draw: Draw) -> Draw:
    """Make a wrong draw as plain as it stays wrong."""
    plainer: list[dict] = [
        {"scale": 1.0}, {"heavy": 1.0}, {"far": 1.0}, {"dtype": "float64"}, {"condition": 1.0},
        {"condition": 1e3}, {"condition": 1e6}, {"d": 2}, {"d": 3},
    ]  # fmt: skip
    for change in plainer:
        candidate = replace(draw, **change)
        if candidate != draw and run(candidate).wrong:
            draw = candidate
    return draw


def owed(draw: Draw) -> bool:
    """Say whether nothing excuses a refusal: float64, condition ≤ 1e6."""
    return draw.dtype == "float64" and draw.condition is not None and draw.condition <= 1e6


def table(points: int, seed: int, names: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Return wrong certificates, refusals that are owed, and the shares as lines."""
    given, got, sure = Counter(), Counter(), Counter()
    wrong, refused = [], []
    for draw in draws(points, seed, names):
        outcome = run(draw)
        given[draw.kind] += POINTS
        got[draw.kind] += outcome.certified
        sure[draw.kind] += outcome.checked
        if outcome.wrong:
            small = shrink(draw)
            wrong.append(f"{small}: {run(small).wrong}")
        if owed(draw) and outcome.certified < POINTS:
            refused.append(str(draw))
    lines = [
        f"{name:30s} {condition:>9s} {dtype} uncertified {1 - got[kind] / given[kind]:6.1%}"
        f" of {given[kind]:5d}, tried {sure[kind]:5d}"
        for kind in given
        for name, condition, dtype in [kind]
    ]
    return wrong, refused, lines


def main() -> None:
    """Print the table, and end with 1 where a certificate is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--points", type=int, default=3000, help="points to project (3000)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (0)")
    parser.add_argument(
        "--sets", nargs="*", default=sorted(cases.DRAWS), help="names in tests/cases.py"
    )
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    wrong, refused, lines = table(asked.points, asked.seed, asked.sets)
    print("\n".join(lines))
    print(f"{len(wrong)} wrong, {len(refused)} refused where condition ≤ 1e6 in float64")
    print("\n".join([*wrong, *refused]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
