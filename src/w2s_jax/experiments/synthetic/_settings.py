"""What a run of the synthetic experiment is told."""

from dataclasses import dataclass

from w2s_jax.representations import Recipe, recipe_named

ROLES = ("truth", "strong", "weak")


@dataclass(frozen=True)
class SyntheticConfig:
    """What to run; the defaults are the paper's, its heads solved exactly.

    Attributes:
        panels: of "a", "b" and "c".
        seeds: each draws its own networks, pretraining and tasks; all run as one program.
        tasks: new heads in each panel and seed.
        inputs: labeled inputs of each head.
        fresh_inputs: inputs of each fresh sample.
        sigma: standard deviation of each coordinate of an input.
        dimension: coordinates of an input.
        widths: of truth, strong and weak representation; equal, as frozen heads read all three.
        depths: of the same.
        preset: how to pretrain: "paper", "joint", "reader" or a `Recipe`.
        noises: of panel c, pairs (strong, weak) per root mean square of each layer.
        heads: "exact" or "adamw", the paper's.
        head_epochs: of AdamW.
        weak_labels: on the weak head's "own" training inputs, as the paper, or on "fresh" ones.
        cut: relative singular-value cut of exact heads, by default the numerical one of 1e-10; try
            1e-3, a statistical one, against units that fire on a handful of inputs.

    Raises:
        ValueError: an unknown word, nothing to do, sizes below 1, a sigma that is not positive,
            widths that differ, a negative noise, a cut outside [0, 1).

    Example:
        >>> SyntheticConfig(panels=("b",), seeds=(0,)).depths
        (5, 8, 2)
    """

    panels: tuple[str, ...] = ("a", "b", "c")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    tasks: int = 100
    inputs: int = 2000
    fresh_inputs: int = 2000
    sigma: float = 500.0
    dimension: int = 8
    widths: tuple[int, int, int] = (16, 16, 16)
    depths: tuple[int, int, int] = (5, 8, 2)
    preset: str | Recipe = "paper"
    noises: tuple[tuple[float, float], ...] = ((0.03, 0.3),)
    heads: str = "exact"
    head_epochs: int = 1000
    weak_labels: str = "own"
    cut: float | None = None

    def __post_init__(self) -> None:
        recipe_named(self.preset)
        words = {"panels": "abc", "heads": ("exact", "adamw"), "weak_labels": ("own", "fresh")}
        for name, known in words.items():
            got = getattr(self, name)
            if not got or not set((got,) if isinstance(got, str) else got) <= set(known):
                raise ValueError(f"{name} must be of {', '.join(known)}, got {got!r}")
        for name in ("tasks", "dimension", "head_epochs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("inputs", "fresh_inputs"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be at least 2, got {getattr(self, name)}")
        if not self.seeds or min(self.seeds) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds must be different numbers, 0 or more, got {self.seeds}")
        if not 0 < self.sigma < float("inf"):
            raise ValueError(f"sigma must be positive and finite, got {self.sigma}")
        if min(*self.widths, *self.depths) < 1 or len(self.widths) != 3 or len(self.depths) != 3:
            raise ValueError(
                f"widths and depths must be three sizes, got {self.widths} and {self.depths}"
            )
        if len(set(self.widths)) > 1:
            named = ", ".join(map("{} {}".format, ROLES, self.widths))
            raise ValueError(f"widths must match, because frozen heads read all three: got {named}")
        if "c" in self.panels and not (self.noises and min(map(min, self.noises)) >= 0):
            raise ValueError(f"noises must be pairs of at least 0, got {self.noises}")
        if self.cut is not None and not 0 <= self.cut < 1:
            raise ValueError(f"cut must lie in [0, 1), got {self.cut}")

    @property
    def preset_name(self) -> str:
        """What the rows call the pretraining."""
        return self.preset if isinstance(self.preset, str) else "own recipe"
