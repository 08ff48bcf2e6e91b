"""Whether a student gained over its teacher: all that given models tell, and how surely."""

from w2s_jax.audit._auditing import audit
from w2s_jax.audit._result import Audit, Carrier, Estimate, Group, Pair, Ranked, Verdict

__all__ = ["Audit", "Carrier", "Estimate", "Group", "Pair", "Ranked", "Verdict", "audit"]
