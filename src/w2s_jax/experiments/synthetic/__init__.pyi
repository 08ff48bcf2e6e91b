from ._descended import (
    descend_heads as descend_heads,
)
from ._figure2 import (
    Figure2 as Figure2,
)
from ._figure2 import (
    run_figure2 as run_figure2,
)
from ._laboratory import (
    Laboratory as Laboratory,
)
from ._laboratory import (
    run_laboratory as run_laboratory,
)
from ._models import (
    Heads as Heads,
)
from ._models import (
    Models as Models,
)
from ._models import (
    TaskSetting as TaskSetting,
)
from ._models import (
    deepen as deepen,
)
from ._models import (
    draw_models as draw_models,
)
from ._models import (
    training_data as training_data,
)
from ._panels import (
    measure as measure,
)
from ._panels import (
    measure_task as measure_task,
)
from ._panels import (
    mesh_of as mesh_of,
)
from ._panels import (
    place as place,
)
from ._panels import (
    program as program,
)
from ._rates import (
    RatesConfig as RatesConfig,
)
from ._rates import (
    run_rates as run_rates,
)
from ._settings import (
    SyntheticConfig as SyntheticConfig,
)
from ._summaries import (
    r_squared as r_squared,
)
from ._summaries import (
    summarize as summarize,
)
from ._tasks import (
    panel_models as panel_models,
)
from ._tasks import (
    pretrained as pretrained,
)
from ._tasks import (
    run_synthetic as run_synthetic,
)
from ._tasks import (
    run_with as run_with,
)
from ._tasks import (
    three_panels as three_panels,
)
