"""Whether a student gained over its teacher: all that given models tell, and how surely."""

from w2s_jax.audit._auditing import audit
from w2s_jax.audit._estimates import Carrier, Estimate, Group, Pair, Ranked, Verdict
from w2s_jax.audit._gains import Gains, estimate_gain
from w2s_jax.audit._powered import Mean
from w2s_jax.audit._result import Audit

__all__ = [
    "Audit",
    "Carrier",
    "Estimate",
    "Gains",
    "Group",
    "Mean",
    "Pair",
    "Ranked",
    "Verdict",
    "audit",
    "estimate_gain",
]
