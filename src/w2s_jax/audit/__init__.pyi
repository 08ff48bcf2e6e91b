from ._auditing import (
    audit as audit,
)
from ._estimates import (
    Carrier as Carrier,
)
from ._estimates import (
    Finding as Finding,
)
from ._estimates import (
    Group as Group,
)
from ._estimates import (
    Pair as Pair,
)
from ._estimates import (
    Ranked as Ranked,
)
from ._estimates import (
    Verdict as Verdict,
)
from ._gains import (
    Gains as Gains,
)
from ._gains import (
    estimate_gain as estimate_gain,
)
from ._powered import (
    Mean as Mean,
)
from ._result import (
    Audit as Audit,
)
