from ._e5 import (
    load_e5 as load_e5,
)
