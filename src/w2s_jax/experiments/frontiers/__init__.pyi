from ._ensembles import (
    EnsemblesConfig as EnsemblesConfig,
)
from ._ensembles import (
    run_ensembles as run_ensembles,
)
