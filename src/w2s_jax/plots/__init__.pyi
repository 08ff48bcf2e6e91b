from ._beside import (
    beside as beside,
)
from ._correlation import (
    gain_by_correlation as gain_by_correlation,
)
from ._curves import (
    curves as curves,
)
from ._encoders import (
    attention as attention,
)
from ._encoders import (
    by_width as by_width,
)
from ._encoders import (
    guesses as guesses,
)
from ._gain import (
    gain_against_misfit as gain_against_misfit,
)
from ._losses import (
    accuracy_against_kl as accuracy_against_kl,
)
from ._losses import (
    gain_ratios as gain_ratios,
)
from ._mixtures import (
    mixtures as mixtures,
)
from ._path import (
    gain_along as gain_along,
)
from ._plane import (
    plane as plane,
)
from ._ring import (
    ring as ring,
)
from ._series import (
    dots as dots,
)
from ._series import (
    lines as lines,
)
from ._sets import (
    in_class as in_class,
)
from ._sets import (
    nearest_in_metric as nearest_in_metric,
)
from ._sets import (
    predictions as predictions,
)
from ._shift import (
    shift_map as shift_map,
)
from ._studies import (
    courses as courses,
)
from ._studies import (
    gain_by_task as gain_by_task,
)
from ._studies import (
    intervals as intervals,
)
from ._studies import (
    strips as strips,
)
from ._style import (
    COLOURS as COLOURS,
)
from ._style import (
    INK as INK,
)
from ._style import (
    STYLE as STYLE,
)
from ._style import (
    Picture as Picture,
)
from ._style import (
    show as show,
)
from ._style import (
    style as style,
)
from ._supervisors import (
    against_truth as against_truth,
)
from ._supervisors import (
    agreement as agreement,
)
from ._supervisors import (
    gain_in_parts as gain_in_parts,
)
from ._supervisors import (
    side_by_side as side_by_side,
)
from ._three_classes import (
    three_classes as three_classes,
)
from ._triangle import (
    triangle as triangle,
)
