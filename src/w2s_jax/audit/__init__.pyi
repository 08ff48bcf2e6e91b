from ._auditing import (
    audit as audit,
)
from ._result import (
    Audit as Audit,
)
from ._result import (
    Carrier as Carrier,
)
from ._result import (
    Estimate as Estimate,
)
from ._result import (
    Group as Group,
)
from ._result import (
    Pair as Pair,
)
from ._result import (
    Ranked as Ranked,
)
from ._result import (
    Verdict as Verdict,
)
