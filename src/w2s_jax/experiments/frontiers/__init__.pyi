from ._disagreement import (
    DisagreementConfig as DisagreementConfig,
)
from ._disagreement import (
    run_disagreement as run_disagreement,
)
