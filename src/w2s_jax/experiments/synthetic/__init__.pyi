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
    pretrained as pretrained,
)
from ._tasks import (
    run_synthetic as run_synthetic,
)
from ._tasks import (
    three_panels as three_panels,
)
