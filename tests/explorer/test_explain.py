from hypothesis import given
from hypothesis import strategies as st

from explorer.explain import latex_text


@given(st.text(max_size=20))
def test_text_in_a_formula_stays_text(text):
    inside = latex_text(text).removeprefix(r"\fbox{\texttt{").removesuffix("}}")
    plain = inside
    for special in (
        r"\textbackslash{}",
        r"\textasciitilde{}",
        r"\textasciicircum{}",
        *("\\" + c for c in "{}$&#_%"),
        "-{}",
        "'{}",
        "`{}",
    ):
        plain = plain.replace(special, "")
    assert not set(plain) & set("\\{}$&#_%^~")
