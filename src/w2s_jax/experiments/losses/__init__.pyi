from ._losses import (
    LossesConfig as LossesConfig,
)
from ._losses import (
    run_losses as run_losses,
)
