from ._comparisons import (
    Estimate as Estimate,
)
from ._comparisons import (
    Slopes as Slopes,
)
from ._comparisons import (
    adjusted as adjusted,
)
from ._comparisons import (
    area as area,
)
from ._comparisons import (
    column as column,
)
from ._comparisons import (
    correlations as correlations,
)
from ._comparisons import (
    grouped as grouped,
)
from ._comparisons import (
    over_splits as over_splits,
)
from ._comparisons import (
    paired as paired,
)
from ._comparisons import (
    per_split as per_split,
)
from ._comparisons import (
    rank as rank,
)
from ._comparisons import (
    slopes as slopes,
)
from ._records import (
    Rows as Rows,
)
from ._records import (
    provenance as provenance,
)
from ._records import (
    record as record,
)
from ._records import (
    recorded as recorded,
)
from ._records import (
    recorded_rows as recorded_rows,
)
