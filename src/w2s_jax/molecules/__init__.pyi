from ._corpus import (
    read_corpus as read_corpus,
)
from ._corpus import (
    read_smiles as read_smiles,
)
from ._descriptors import (
    descriptor_names as descriptor_names,
)
from ._descriptors import (
    descriptors as descriptors,
)
from ._descriptors import (
    morgan_fingerprints as morgan_fingerprints,
)
from ._drawing import (
    draw_molecules as draw_molecules,
)
from ._features import (
    features as features,
)
from ._features import (
    flat_codes as flat_codes,
)
from ._molbert import (
    MOLBERT_VOCABULARY as MOLBERT_VOCABULARY,
)
from ._molbert import (
    load_molbert as load_molbert,
)
from ._molbert import (
    molbert_codes as molbert_codes,
)
from ._reading import (
    flatten as flatten,
)
from ._reading import (
    read_kekulized as read_kekulized,
)
from ._reading import (
    read_molecules as read_molecules,
)
from ._targets import (
    DESCRIPTOR_TARGETS as DESCRIPTOR_TARGETS,
)
from ._targets import (
    Ranks as Ranks,
)
from ._targets import (
    descriptor_targets as descriptor_targets,
)
from ._targets import (
    descriptor_values as descriptor_values,
)
from ._tokenizer import (
    SMILES as SMILES,
)
from ._tokenizer import (
    symbols_of as symbols_of,
)
from ._tokenizer import (
    tokenize as tokenize,
)
