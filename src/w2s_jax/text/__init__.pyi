from ._e5 import (
    load_e5 as load_e5,
)
from ._lexicon import (
    LEXICON as LEXICON,
)
from ._lexicon import (
    lexicon_counts as lexicon_counts,
)
from ._reviews import (
    Review as Review,
)
from ._reviews import (
    Reviews as Reviews,
)
from ._reviews import (
    clean as clean,
)
from ._reviews import (
    load_reviews as load_reviews,
)
from ._splitting import (
    title_split as title_split,
)
from ._texts import (
    read_texts as read_texts,
)
from ._tfidf import (
    Tfidf as Tfidf,
)
from ._tfidf import (
    fit_tfidf as fit_tfidf,
)
from ._word_vectors import (
    WordVectors as WordVectors,
)
from ._word_vectors import (
    load_word_vectors as load_word_vectors,
)
