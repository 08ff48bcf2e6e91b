from ._alphabet import (
    MASK as MASK,
)
from ._alphabet import (
    PAD as PAD,
)
from ._alphabet import (
    Alphabet as Alphabet,
)
from ._batches import (
    mask as mask,
)
from ._corpus import (
    Corpus as Corpus,
)
from ._corpus import (
    Sample as Sample,
)
from ._corpus import (
    sample_of as sample_of,
)
from ._encoder import (
    Encoder as Encoder,
)
from ._encoder import (
    Shape as Shape,
)
from ._finetuning import (
    Finetuned as Finetuned,
)
from ._finetuning import (
    Finetuning as Finetuning,
)
from ._finetuning import (
    finetune as finetune,
)
from ._forward import (
    forward as forward,
)
from ._objective import (
    Batch as Batch,
)
from ._objective import (
    Learner as Learner,
)
from ._objective import (
    losses as losses,
)
from ._objective import (
    total as total,
)
from ._pooling import (
    PADDED_LENGTHS as PADDED_LENGTHS,
)
from ._pooling import (
    pool as pool,
)
from ._pretraining import (
    PretrainedEncoder as PretrainedEncoder,
)
from ._pretraining import (
    pretrain_encoder as pretrain_encoder,
)
from ._recipe import (
    Pretraining as Pretraining,
)
from ._weights import (
    load_encoder as load_encoder,
)
from ._weights import (
    read_card as read_card,
)
from ._weights import (
    save_encoder as save_encoder,
)
from ._weights import (
    shipped_encoders as shipped_encoders,
)
from .bert._bert import (
    Bert as Bert,
)
from .bert._files import (
    load_bert as load_bert,
)
