"""Texts as TF-IDF, number for number what scikit-learn makes of them."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from keepfit import features

WORDS = ["late", "Late", "engine", "no", "crew", "Ärger", "ärger", "snow_storm", "42", "🛫", "été", "-", "ΣΑΣ", "東京"]


def texts(count):
    rng = np.random.default_rng(4)
    return [" ".join(rng.choice(WORDS, rng.integers(0, 9))) for _ in range(count)]


def columns_of(notes):
    return features.from_records([{"note": note} for note in notes], {"note": "category"})


def test_it_is_the_tf_idf_of_scikit_learn():
    notes, asked = texts(300), texts(50)
    ours = features.fit("dense", {"note": ("text",)}, columns_of(notes), "UTC")
    terms = ours.features[0].terms
    theirs = TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), sublinear_tf=True, min_df=2).fit(notes)
    assert list(terms) == sorted(theirs.get_feature_names_out())
    order = [theirs.vocabulary_[term] for term in terms]
    expected = theirs.transform(asked).toarray()[:, order]
    np.testing.assert_allclose(features.transform(ours, columns_of(asked)), expected, rtol=1e-12, atol=0)


def test_a_missing_and_a_new_text_are_zeros_and_trees_get_fewer_terms():
    notes = [f"w{number} w{number + 1} late" for number in range(2000)]
    by_form = {form: features.fit(form, {"note": ("text",)}, columns_of(notes), "UTC") for form in ("dense", "codes")}
    assert {form: len(each.features[0].terms) for form, each in by_form.items()} == {"dense": 1000, "codes": 200}
    nothing = features.transform(by_form["codes"], columns_of([None, "", "never seen"]))
    assert not nothing.any()


def test_a_text_in_no_other_row_is_better_than_none():
    encoding = features.fit("dense", {"note": ("text",)}, columns_of(["a b", "c"]), "UTC")
    assert encoding.features[0].terms == ("a", "a b", "b", "c")
