import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.numbers import percent, power_of_ten, times


@given(st.floats(-1e6, 1e6))
def test_no_number_is_lost_to_zero_or_infinity(log_value):
    mantissa, exponent = power_of_ten(log_value).split(" × 10")
    exponent = int(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    assert 1 <= float(mantissa) < 10
    assert math.log(float(mantissa)) + exponent * math.log(10) == pytest.approx(log_value, abs=0.006)


@pytest.mark.parametrize(
    ("log_ratio", "words"),
    [(0.0, "1.00"), (math.log(1.04), "1.04"), (math.log(9.6), "9.6"), (math.log(37), "37"),
     (math.log(123456), "123,000"), (math.log(2e6), "about 2.0 × 10⁶"), (7000.0, "about 1.2 × 10³⁰⁴⁰")],
)  # fmt: skip
def test_ratios_in_words(log_ratio, words):
    assert times(log_ratio) == words


@given(st.floats(0, 1))
def test_percent_is_close(probability):
    shown = percent(probability)
    if shown == "> 99.9 %":
        assert 0.9995 <= probability < 1
    elif "×" not in shown:
        assert float(shown.removesuffix(" %")) / 100 == pytest.approx(
            probability, abs=0.00051 if probability >= 0.001 else 0.06 * probability
        )
    assert (shown == "0 %") == (probability == 0)
