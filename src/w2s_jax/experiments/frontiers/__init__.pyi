from ._audits import (
    AuditsConfig as AuditsConfig,
)
from ._audits import (
    run_audits as run_audits,
)
from ._disagreement import (
    DisagreementConfig as DisagreementConfig,
)
from ._disagreement import (
    run_disagreement as run_disagreement,
)
from ._ensembles import (
    EnsemblesConfig as EnsemblesConfig,
)
from ._ensembles import (
    run_ensembles as run_ensembles,
)
from ._shift import (
    ShiftConfig as ShiftConfig,
)
from ._shift import (
    run_shift as run_shift,
)
