from ._alphabet import (
    MASK as MASK,
    PAD as PAD,
    Alphabet as Alphabet,
)
from ._batches import (
    mask as mask,
)
from ._corpus import (
    Corpus as Corpus,
    Sample as Sample,
    sample_of as sample_of,
)
from ._encoder import (
    Encoder as Encoder,
    Shape as Shape,
)
from ._finetuning import (
    Finetuned as Finetuned,
    Finetuning as Finetuning,
    finetune as finetune,
)
from ._forward import (
    forward as forward,
)
from ._objective import (
    Batch as Batch,
    Learner as Learner,
    losses as losses,
    total as total,
)
from ._pooling import (
    PADDED_LENGTHS as PADDED_LENGTHS,
    pool as pool,
)
from ._pretraining import (
    PretrainedEncoder as PretrainedEncoder,
    pretrain_encoder as pretrain_encoder,
)
from ._recipe import (
    Pretraining as Pretraining,
)
from ._weights import (
    load_encoder as load_encoder,
    read_card as read_card,
    save_encoder as save_encoder,
    shipped_encoders as shipped_encoders,
)
