from ._controls import (
    Control as Control,
)
from ._explore import (
    explore as explore,
)
from ._leftovers import (
    Leftovers as Leftovers,
)
from ._playground import (
    ProjectionPlayground as ProjectionPlayground,
)
from ._points import (
    Card as Card,
)
from ._points import (
    Panel as Panel,
)
from ._points import (
    points as points,
)
from ._ring import (
    Ring as Ring,
)
from ._three_classes import (
    ThreeClasses as ThreeClasses,
)
