from ._shift import (
    ShiftConfig as ShiftConfig,
)
from ._shift import (
    run_shift as run_shift,
)
