"""The pictures of the page "How to choose a set and a solver", from the rows of `choose.py`."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from w2s_jax import plots, sets
from w2s_jax.plots import INK
from w2s_jax.projections import project
from w2s_jax.records import Rows

SOLVER = {  # set: its solver, the dashes that name it, and a marker of its own
    "ball": ("secular equation", "-", "o"),
    "box": ("faces", "--", "s"),
    "simplex": ("faces", "--", "^"),
    "L1 ball": ("faces", "--", "D"),
    "hull": ("faces", "--", "v"),
    "monotone": ("pooling and faces", "-.", "P"),
    "polytope": ("central path", ":", "X"),
    "intersection": ("alternating", (0, (1, 1, 5, 1)), "*"),
}


def draw_times(rows: Rows) -> plots.Picture:
    figure, axes = plt.subplots(figsize=(4.8, 4.2))
    timed = [row for row in rows if row["what"] == "time"]
    for name, (_, dashes, marker) in SOLVER.items():
        own = [row for row in timed if row["set"] == name]
        xy = [row["d"] for row in own], [row["us"] for row in own]
        axes.loglog(*xy, marker=marker, ls=dashes, color=INK, label=name, ms=6, lw=1.4)
    own = [row for row in timed if row["set"] == "ball"]
    xy = [row["d"] for row in own], [row["floor_us"] for row in own]
    axes.loglog(*xy, color=INK, lw=4, alpha=0.25, label="one product with G")
    axes.set(xlabel="coordinates d", ylabel="microseconds a point")
    ticks = [row["d"] for row in own]
    axes.set_xticks(ticks, [str(d) for d in ticks])
    axes.minorticks_off()
    axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.17), ncols=2, fontsize=10)
    at = {row["set"]: row["us"] for row in timed if row["d"] == max(ticks)}
    order = sorted(at, key=lambda name: at[name])
    return plots.show(
        figure,
        alt="Time for each point against dimension on logarithmic axes, one curve for each set, "
        "and one product with the metric as a broad pale line. "
        f"With {max(ticks)} coordinates, from fast to slow: "
        + ", ".join(f"{name} {at[name]:.0f}" for name in order)
        + " microseconds.",
    )


def draw_rounds(rows: Rows) -> plots.Picture:
    rows = [row for row in rows if row["what"] == "rounds"]
    conditions = sorted({row["condition"] for row in rows})
    size = (4.8, 2.5 * len(conditions) + 1)
    figure, panels = plt.subplots(len(conditions), 1, figsize=size, sharex=True, squeeze=False)
    words = []
    drawn = [row for row in rows if row["worst"] is not None]
    early = sorted({f"{r['set']} after round {r['round']}" for r in rows if r["worst"] is None})
    for axes, condition in zip(panels[:, 0], conditions, strict=True):
        for name, (_, dashes, marker) in SOLVER.items():
            own = [r for r in drawn if r["condition"] == condition and r["set"] == name]
            worst = np.maximum([r["worst"] for r in own], 1e-17)
            style: dict[str, Any] = {
                "marker": marker,
                "color": INK,
                "ls": dashes,
                "label": name,
                "ms": 5,
                "lw": 1.2,
            }
            axes.loglog([r["round"] for r in own], worst, **style)
            done = [r["round"] for r in own if r["worst"] <= 1e-10]
            words.append(f"{name} {done[0] if done else 'more'}")
        axes.axhline(1e-10, color=INK, lw=1, ls="--")
        axes.set(ylabel="worst relative gap", ylim=(1e-17, 10))
        axes.set_title(f"condition {condition:,.0f}", fontsize=11)
    last = panels[-1, 0]
    last.set(xlabel="rounds")
    last.set_xticks([1, 2, 5, 10, 20, 40], ["1", "2", "5", "10", "20", "40"])
    last.minorticks_off()
    last.legend(loc="upper center", bbox_to_anchor=(0.45, -0.25), ncols=2, fontsize=10)
    half = len(words) // len(conditions)
    parts = [
        f"at condition {condition:,.0f}: " + ", ".join(words[k * half : (k + 1) * half])
        for k, condition in enumerate(conditions)
    ]
    return plots.show(
        figure,
        alt="The largest relative gap of all points against rounds of the solver, on logarithmic "
        "axes, one panel for each condition number. Rounds until it is below 1e-10, "
        + "; ".join(parts)
        + "."
        + (f" Not drawn, as some point has no bound yet: {', '.join(early)}." if early else ""),
    )


def draw_precision(rows: Rows) -> plots.Picture:
    own = [row for row in rows if row["what"] == "float32"]
    figure, axes = plt.subplots(figsize=(4.8, 3))
    conditions, words = [row["condition"] for row in own], []
    for name, marker, dashes in (("weights", "o", "-"), ("functions", "s", "--")):
        off = [row[name] for row in own]
        axes.loglog(conditions, off, marker=marker, ls=dashes, color=INK, label=name)
        words.append(f"{name} by {off[0]:.0e} to {off[-1]:.0e}")
    axes.set(xlabel="condition number of G", ylabel="largest error in float32")
    axes.legend(fontsize=10)
    return plots.show(
        figure,
        alt="How far float32 is off, against the condition number, on logarithmic axes. From "
        f"condition {conditions[0]:.0f} to {conditions[-1]:.0e}: {' and '.join(words)}.",
    )


def shapes() -> dict[str, Any]:
    """Sets of the plane, in the order of the picture."""
    tilted = np.array([[1.3, 0.7], [0.7, 0.7]])
    five = np.array([[-1.1, -0.6], [0.5, -1.1], [1.1, 0.1], [0.2, 0.9], [-1.0, 0.6]])
    square = np.array([[1.0, 0.5], [-1.0, 0.4], [0.2, -1.0], [-0.3, 1.0]])
    slanted = sets.HalfSpace(np.array([1.0, 0.6]), 0.3)
    return {
        "Ball": sets.Ball(),
        "Ellipsoid": sets.Ellipsoid(tilted),
        "LInfBall, Box": sets.LInfBall(),
        "L1Ball": sets.L1Ball(radius=1.2),
        "Simplex": sets.Simplex(),
        "NonNegative": sets.NonNegative(),
        "Monotone": sets.Monotone(),
        "Subspace": sets.Subspace(np.array([[1.0], [0.5]])),
        "HalfSpace": slanted,
        "Hull": sets.Hull(five),
        "Polytope": sets.Polytope(square, np.array([0.9, 0.9, 0.8, 0.8])),
        "Intersection": sets.Intersection((sets.Ball(), slanted)),
    }


def draw_sets() -> plots.Picture:
    """Each set with a point and its projections: Euclidean, and in a stretched metric."""
    G, ends = np.array([[1.0, 0.75], [0.75, 1.0]]), np.linspace(-1.8, 1.8, 121)
    grid = np.stack(np.meshgrid(ends, ends), axis=-1).reshape(-1, 2)
    point = np.array([1.5, -1.2])
    figure, panels = plt.subplots(4, 3, figsize=(4.8, 6.9))
    for axes, (name, onto) in zip(panels.flat, shapes().items(), strict=True):
        away = np.linalg.norm(np.asarray(onto.project(grid)) - grid, axis=1).reshape(121, 121)
        axes.contourf(ends, ends, away, levels=[-1, 0.03], colors=[INK], alpha=0.15)
        for chosen in (None, G):
            found = np.asarray(project(point, onto, chosen).value)
            axes.plot(
                *np.transpose([point, found]), color=INK, lw=0.8, ls="-" if chosen is None else ":"
            )
            axes.plot(*found, "o", ms=6, mec=INK, mfc=INK if chosen is None else "none")
        axes.plot(*point, "D", ms=5, color=INK)
        axes.axhline(0, color=INK, lw=0.4, alpha=0.5)
        axes.axvline(0, color=INK, lw=0.4, alpha=0.5)
        axes.set(xlim=(-1.8, 1.8), ylim=(-1.8, 1.8), aspect="equal")
        axes.axis("off")
        axes.set_title(name, fontsize=10, loc="center")
    figure.tight_layout(h_pad=0.8, w_pad=0.4)
    return plots.show(
        figure,
        alt="Twelve small pictures of sets in the plane: "
        + ", ".join(name.replace(", ", " (also a ") + ")" * (", " in name) for name in shapes())
        + ". In each, one point outside is joined to its Euclidean projection by a solid line and "
        "to its projection in a metric with correlated coordinates by a dotted line.",
    )
