from ._choices import (
    ReviewsConfig as ReviewsConfig,
)
from ._choices import (
    Teacher as Teacher,
)
from ._choices import (
    Teaching as Teaching,
)
from ._choices import (
    teachings as teachings,
)
from ._made import (
    MADE_REVIEWS as MADE_REVIEWS,
)
from ._made import (
    MadeReviewsConfig as MadeReviewsConfig,
)
from ._made import (
    run_made_reviews as run_made_reviews,
)
from ._probes import (
    ReviewProbesConfig as ReviewProbesConfig,
)
from ._probes import (
    run_review_probes as run_review_probes,
)
from ._reviews import (
    best_teaching as best_teaching,
)
from ._reviews import (
    run_reviews as run_reviews,
)
