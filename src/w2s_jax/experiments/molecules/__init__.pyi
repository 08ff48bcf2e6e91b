from ._choices import (
    BOOK_SETTINGS as BOOK_SETTINGS,
)
from ._choices import (
    LOADERS as LOADERS,
)
from ._choices import (
    WIDTHS as WIDTHS,
)
from ._choices import (
    WORDS as WORDS,
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
    OWN_SETTINGS as OWN_SETTINGS,
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
from ._roles import (
    roles_reversed as roles_reversed,
)
from ._supervisors import (
    SupervisorsConfig as SupervisorsConfig,
)
from ._supervisors import (
    features_of as features_of,
)
from ._supervisors import (
    run_supervisors as run_supervisors,
)
from ._teaching import (
    Outcome as Outcome,
)
from ._teaching import (
    outcomes as outcomes,
)
