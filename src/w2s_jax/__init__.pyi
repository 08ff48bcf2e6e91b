from . import (
    arrays as arrays,
)
from . import (
    audit as audit,
)
from . import (
    bounds as bounds,
)
from . import (
    checks as checks,
)
from . import (
    data as data,
)
from . import (
    divergences as divergences,
)
from . import (
    encoders as encoders,
)
from . import (
    experiments as experiments,
)
from . import (
    files as files,
)
from . import (
    heads as heads,
)
from . import (
    molecules as molecules,
)
from . import (
    plots as plots,
)
from . import (
    projections as projections,
)
from . import (
    quadratics as quadratics,
)
from . import (
    records as records,
)
from . import (
    report as report,
)
from . import (
    representations as representations,
)
from . import (
    sets as sets,
)
from . import (
    teachers as teachers,
)
from . import (
    text as text,
)
from . import (
    widgets as widgets,
)
from .bounds import (
    FiniteSample as FiniteSample,
)
from .bounds import (
    NonRealizable as NonRealizable,
)
from .bounds import (
    Pythagorean as Pythagorean,
)
from .bounds import (
    finite_sample as finite_sample,
)
from .bounds import (
    nonrealizable as nonrealizable,
)
from .bounds import (
    pythagorean as pythagorean,
)
from .heads import (
    Gram as Gram,
)
from .heads import (
    LinearHead as LinearHead,
)
from .heads import (
    fit_head as fit_head,
)
from .heads import (
    fit_heads as fit_heads,
)
from .projections import (
    Projection as Projection,
)
from .projections import (
    Status as Status,
)
from .projections import (
    project as project,
)
from .projections import (
    project_functions as project_functions,
)
from .report import (
    Report as Report,
)
from .report import (
    evaluate as evaluate,
)
from .representations import (
    MLP as MLP,
)
from .representations import (
    RandomFeatures as RandomFeatures,
)
from .representations import (
    Recipe as Recipe,
)
from .representations import (
    Standardize as Standardize,
)
from .representations import (
    perturb as perturb,
)
from .representations import (
    pretrain as pretrain,
)
from .representations import (
    represent as represent,
)

__version__: str
