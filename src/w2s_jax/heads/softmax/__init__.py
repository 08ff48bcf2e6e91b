"""What softmax heads are, how Newton's method finds them, and how far off they may be."""

from w2s_jax.heads.softmax._head import SoftmaxHead, SoftmaxStatus

__all__ = ["SoftmaxHead", "SoftmaxStatus"]
