"""French reviews as inputs: what is kept and why, splits, counts, vectors, refusals."""

import json
import os
import struct
import zipfile

import numpy as np
import pytest

from inside import inside
from w2s_jax import data, text
from w2s_jax.data import BadRows, Malformed, Sifted, Unavailable

Review = text.Review
hash_of = inside("text._word_vectors").hash_of

LONG = "ce roman se lit d'une traite et ne se quitte plus"
ODD = ["📚🔥 !!", "Прекрасная книга", "とても面白い", "mot " * 5000]


@pytest.fixture(scope="module")
def reviews():
    if not os.environ.get("W2S_DATA_DIR"):
        pytest.skip("the reviews are scraped and never shipped: set W2S_DATA_DIR to count them")
    return text.load_reviews()


# ---- the published reviews


def test_every_review_is_counted(reviews):
    assert dict(reviews.dropped) == {"empty": 13, "duplicate": 217, "short": 1172, "above_5": 3}
    assert len(reviews) == 8253 == 9658 - sum(reviews.dropped.values())
    assert [len(reviews.rows_of(site)) for site in ("babelio", "critiques")] == [7691, 562]
    assert reviews.rows_of("babelio").max() < reviews.rows_of("critiques").min()
    assert set(reviews.ratings) <= set(np.arange(1, 11) / 2)
    assert reviews.ratings.mean() == pytest.approx(4.00, abs=0.005)
    assert len({" ".join(t.casefold().split()) for t in reviews.titles}) == 6512
    assert repr(reviews) == "Reviews(8,253 of 9,658 read, mean rating 4.00)"
    assert [source.file for source in reviews.sources] == [
        data.SOURCES[site].file for site in ("babelio", "critiques")
    ]


def test_no_title_stands_in_two_parts(reviews):
    for seed in (122, 123):
        parts = text.title_split(reviews.titles, seed)
        titles = [{reviews.titles[row].casefold().strip() for row in part} for part in parts]
        assert not titles[0] & titles[1]
        assert not titles[1] & titles[2]
        assert not titles[0] & titles[2]
        assert sorted(np.concatenate(parts)) == list(range(len(reviews)))
        assert [round(len(part) / len(reviews), 1) for part in parts] == [0.8, 0.1, 0.1]


def test_the_lexicon_is_of_forty_words_that_reviews_have(reviews):
    counts = text.lexicon_counts(reviews.texts)
    assert [len(stems) for stems in text.LEXICON.values()] == [20, 20]
    assert (counts > 0).mean(0) == pytest.approx([0.183, 0.097], abs=1e-3)


# ---- reading and cleaning


def write(tmp_path, *lines):
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(lines), encoding="utf8")
    return {"babelio": path}


def line(**changes):
    fields = {"reader_review": LONG, "rating": 4.0, "book_title": "Zadig"}
    return json.dumps(fields | changes)


def test_rules_act_in_their_order_on_reviews_in_theirs():
    given = ["", LONG, f" {LONG}\n", "Bof.", "Bof.", f"{LONG} encore", f"{LONG} toujours"]
    ratings = [1.0, 2.0, 3.0, 4.0, 5.0, 5.5, 5.0]
    columns = zip(given, ratings, strict=True)
    kept = text.clean(Review(words, rating, "Zadig", "babelio") for words, rating in columns)
    assert kept.texts == (LONG, f"{LONG} toujours")
    assert kept.ratings.tolist() == [2, 5]
    assert dict(kept.dropped) == {"empty": 1, "duplicate": 2, "short": 1, "above_5": 1}


def test_separators_of_lines_inside_a_text_part_no_reviews(tmp_path):
    odd = LONG + "\u2028 fin \x85 du livre"
    lines = write(tmp_path, json.dumps({"reader_review": odd, "rating": 1, "book_title": "Z"},
                                       ensure_ascii=False), "", line())  # fmt: skip
    assert len(text.load_reviews(lines)) == 2


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{not json", "line 2 of .*is no review .JSONDecodeError"),
        ('{"rating": 3}', "is no review .KeyError: 'reader_review'"),
        (line(rating="four"), "has the rating 'four', not a finite number"),
        (line(rating=float("nan")), "has the rating nan, not a finite number"),
        (line(reader_review=7), "has a text or a title that is no string"),
    ],
)
def test_a_bad_line_is_named(tmp_path, bad, said):
    with pytest.raises(BadRows, match=said) as caught:
        text.load_reviews(write(tmp_path, line(), bad))
    assert len(str(caught.value)) <= 300


def test_a_file_that_is_missing_empty_or_tampered_with_is_named(tmp_path, monkeypatch):
    with pytest.raises(Malformed, match="has no reviews: give one JSON object a line"):
        text.load_reviews(write(tmp_path, "", " "))
    with pytest.raises(Malformed, match=r"nowhere.jsonl cannot be read as text"):
        text.load_reviews({"babelio": tmp_path / "nowhere.jsonl"})
    (tmp_path / data.SOURCES["babelio"].file).write_text(line())
    monkeypatch.setenv("W2S_DATA_DIR", str(tmp_path))
    with pytest.raises(Unavailable, match=r"babelio_reviews[.]jsonl is not the expected file"):
        text.load_reviews()


def test_reviews_are_frozen_and_of_one_length():
    columns = [LONG, LONG], [4.0, 2.0], ["Zadig", "Candide"], ["babelio", "critiques"]
    found = text.Reviews(*columns)
    with pytest.raises(ValueError, match="read-only"):
        found.ratings[0] = 1
    assert found.rows_of("critiques").tolist() == [1]
    with pytest.raises(ValueError, match="site must be one of babelio, critiques, got 'senscritiq"):
        found.rows_of("senscritique")
    with pytest.raises(ValueError, match=r"ratings must be one a review, got \(1,\) for"):
        text.Reviews(columns[0], [4.0], *columns[2:])
    with pytest.raises(ValueError, match="ratings must be finite: row 1 is not; drop these rows"):
        text.Reviews(columns[0], [4.0, np.nan], *columns[2:])


# ---- texts as users have them


MAPS = {
    "read": text.read_texts,
    "lexicon": text.lexicon_counts,
    "tfidf": lambda texts: text.fit_tfidf(texts, width=1),
    "vectors": lambda texts: text.WordVectors(np.eye(2, dtype="f4"), {})(texts),
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("un texte", "texts must be several strings, got one: wrap it in a list"),
        ({LONG}, "texts must have an order, got a set"),
        (np.full((2, 2), LONG), "texts must be one column, got a ndarray of 2 axes: name the colu"),
        ([LONG, None], "row 1: None is missing; drop the row"),
        ([LONG, float("nan")], "row 1: nan is missing; drop the row"),
        ([LONG, " \n"], r"row 1: ' \\n' is blank; drop the row"),
        ([LONG, 4.5], "row 1: 4.5 is no text but of type float; drop the row or mend it"),
        ([LONG, b"octets"], "is no text but of type bytes"),
    ],
)
def test_what_is_no_text_gets_a_sentence(name, given, said):
    with pytest.raises(ValueError, match=said) as caught:
        MAPS[name](given)
    assert len(str(caught.value)) <= 300


def test_a_number_is_no_column():
    with pytest.raises(ValueError, match="texts must be several strings, got int: give a list"):
        text.read_texts(7)


def test_bad_rows_can_be_told_beside_the_others():
    found = text.read_texts([LONG, None, "Bof."], errors="report")
    assert isinstance(found, Sifted)
    assert found.rows.tolist() == [0, 2]


def test_any_alphabet_and_any_length_is_read():
    assert text.read_texts(ODD)[:3] == ODD[:3]
    assert text.lexicon_counts(ODD).shape == (4, 2)
    tfidf = text.fit_tfidf([f"{LONG} {k % 3}{k % 5}" for k in range(12)], width=2)
    found = tfidf(ODD)
    assert found.shape == (4, 2)
    assert not found.any()  # no known term
    assert text.WordVectors(np.eye(2, dtype="f4"), {})(ODD).tolist() == [[0, 0]] * 4


# ---- the maps


def made(n, seed=0):
    """Texts of three subjects, of which the first is the most common."""
    rng = np.random.default_rng(seed)
    subjects = [[f"{stem}{k}" for k in "aeiou"] for stem in ("mot", "livre", "page")]
    chosen = rng.choice(3, size=n, p=[0.6, 0.3, 0.1])
    return [" ".join(rng.choice(subjects[own], 12)) for own in chosen]


@pytest.mark.parametrize("units", ["words", "characters"])
def test_tfidf_agrees_with_its_formula(units):
    """An independent dense computation: counts by hand, directions by numpy's SVD."""
    from sklearn.feature_extraction.text import CountVectorizer

    inner = inside("text._tfidf")
    train, new = made(80), made(9, seed=1)
    counter = CountVectorizer(**inner._SETTINGS[units]).fit(train)
    t = counter.transform(train).toarray().astype(float)
    weight = 1 + np.log((1 + len(t)) / (1 + (t > 0).sum(0)))

    def mapped(texts):
        c = counter.transform(texts).toarray().astype(float)
        u = np.where(c > 0, 1 + np.log(np.maximum(c, 1)), 0) * weight
        return u / np.linalg.norm(u, axis=1, keepdims=True)

    directions = np.linalg.svd(mapped(train))[2][:3]
    found = text.fit_tfidf(train, units=units, width=3)(new)
    expected = mapped(new) @ directions.T
    signs = np.sign((found * expected).sum(0))
    np.testing.assert_allclose(found, expected * signs, atol=5e-3)  # the SVD is randomized


def test_other_texts_never_change_the_map():
    train = made(60)
    tfidf = text.fit_tfidf(train, width=4)
    alone = np.concatenate([tfidf([one]) for one in train[:5]])
    np.testing.assert_array_equal(alone, tfidf(train)[:5])


def test_a_map_that_cannot_be_had_is_refused():
    with pytest.raises(ValueError, match=r"width must be from 1 to .* texts with .* terms, got 15"):
        text.fit_tfidf(made(12) + ["mota livree pagei"] * 3, width=15)
    with pytest.raises(ValueError, match=r"texts share no words to count .*: give more texts"):
        text.fit_tfidf(["un", "deux", "trois"], width=1)
    with pytest.raises(ValueError, match="limit must be at least 1, got 0"):
        text.lexicon_counts([LONG], limit=0)
    with pytest.raises(ValueError, match="titles must name at least 10 books"):
        text.title_split(["Zadig"] * 30)


def test_words_count_in_any_case_with_and_without_accents():
    given = ["GÉNIAL, genial, Géniales !!! sublime", "décevant, déçus ; raté", "le congénial"]
    assert text.lexicon_counts(given, limit=9).tolist() == [[4, 0], [0, 3], [0, 0]]
    assert text.lexicon_counts(given).tolist()[0] == [3, 0]


# ---- word vectors


def packed(rows):
    """MessagePack, as spaCy writes it."""
    body = b"".join(struct.pack(">BQ", 0xCF, key) + struct.pack(">BH", 0xCD, row)
                    for key, row in rows.items())  # fmt: skip
    return struct.pack(">BI", 0xDF, len(rows)) + body


def wheel(tmp_path, rows):
    import io

    held = io.BytesIO()
    np.save(held, np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 3.0]], np.float32))
    path = tmp_path / "made.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("p/p-3.8.0/vocab/vectors", held.getvalue())
        file.writestr("p/p-3.8.0/vocab/key2row", rows)
    return path


def test_word_vectors_are_read_from_a_wheel_and_a_folder(tmp_path):
    path = wheel(tmp_path, packed({hash_of("roman"): 0, hash_of("l'"): 1, hash_of("île"): 2}))
    zipfile.ZipFile(path).extractall(tmp_path / "folder")
    for place in (path, tmp_path / "folder"):
        vectors = text.load_word_vectors(place)
        found = vectors(["Roman de l’île", "ROMAN roman", "rien"])
        np.testing.assert_allclose(found, [[4 / 3, 4 / 3], [1, 0], [0, 0]])


@pytest.mark.parametrize("rows", [b"", b"\xc0", packed({1: 3}), packed({1: 0})[:-1], b"\xdf"])
def test_damaged_word_vectors_are_refused(tmp_path, rows):
    with pytest.raises(Malformed, match="the word vectors cannot be read") as caught:
        text.load_word_vectors(wheel(tmp_path, rows))
    assert len(str(caught.value)) <= 300


def test_missing_word_vectors_say_how_to_get_them(tmp_path, monkeypatch):
    with pytest.raises(Unavailable, match=r"has no vocab/vectors: pip install --no-deps https"):
        text.load_word_vectors(tmp_path)
    monkeypatch.setattr(inside("text._word_vectors"), "find_spec", lambda name: None)
    with pytest.raises(Unavailable, match="the French word vectors are not installed: pip install"):
        text.load_word_vectors()
