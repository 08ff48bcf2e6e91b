from ._choices import (
    WIDTHS as WIDTHS,
)
from ._choices import (
    Contest as Contest,
)
from ._choices import (
    QsarConfig as QsarConfig,
)
from ._choices import (
    Setting as Setting,
)
from ._choices import (
    settings as settings,
)
from ._choosing import (
    run_choosing as run_choosing,
)
from ._choosing import (
    scores as scores,
)
from ._direct import (
    Direct as Direct,
)
from ._direct import (
    run_direct as run_direct,
)
from ._inputs import (
    InputsConfig as InputsConfig,
)
from ._inputs import (
    floor as floor,
)
from ._inputs import (
    run_inputs as run_inputs,
)
from ._inputs import (
    symbol_counts as symbol_counts,
)
from ._probing import (
    ProbingConfig as ProbingConfig,
)
from ._probing import (
    run_probing as run_probing,
)
from ._qsar import (
    main_setting as main_setting,
)
from ._qsar import (
    run_qsar as run_qsar,
)
from ._supervisors import (
    SupervisorsConfig as SupervisorsConfig,
)
from ._supervisors import (
    run_supervisors as run_supervisors,
)
