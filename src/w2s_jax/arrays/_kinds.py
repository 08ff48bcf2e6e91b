"""Arrays of numpy by their kind alone, where words beside them tell their sizes."""

import numpy as np
from jaxtyping import Float, Int

Matrix = Float[np.ndarray, "_ _"]
Vector = Float[np.ndarray, " _"]
Places = Int[np.ndarray, " _"]
