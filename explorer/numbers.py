"""Numbers as people read them: rounded to what they are worth, never 0 or infinity where they are neither."""

import math

LOGARITHMS = {"ln": 1.0, "log₂": math.log(2), "log₁₀": math.log(10)}  # name: nats in one unit


def percent(probability: float) -> str:
    """A probability in percent, with a power of ten where it is tiny.

    >>> percent(0.8334), percent(0.00042), percent(3e-9), percent(0.0)
    ('83.3 %', '0.042 %', '3 × 10⁻⁷ %', '0 %')
    """
    if probability == 0:
        return "0 %"
    hundredth = probability * 100
    if probability < 1e-5:
        return f"{power_of_ten(math.log(probability) + math.log(100), digits=0)} %"
    if 99.95 <= hundredth < 100:
        return "> 99.9 %"
    return f"{hundredth:.1f} %" if hundredth >= 0.1 else f"{hundredth:.2g} %"


def power_of_ten(log_value: float, digits: int = 2) -> str:
    """exp(log_value) as m × 10ⁿ, however small or large.

    >>> power_of_ten(-58.297), power_of_ten(math.log(1000.0))
    ('4.81 × 10⁻²⁶', '1.00 × 10³')
    """
    if log_value == -math.inf:
        return "0"
    mantissa, exponent = _scientific(log_value, digits)
    superscript = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa:.{digits}f} × 10{superscript}"


def power_of_ten_latex(log_value: float, digits: int = 2) -> str:
    """The same in LaTeX."""
    if log_value == -math.inf:
        return "0"
    mantissa, exponent = _scientific(log_value, digits)
    return rf"{mantissa:.{digits}f} \times 10^{{{exponent}}}"


def times(log_ratio: float) -> str:
    """exp(log_ratio), at least 1, as a reader says it.

    >>> times(math.log(37.4)), times(math.log(1.04)), times(500.0)
    ('37', '1.04', 'about 1.4 × 10²¹⁷')
    """
    if log_ratio == math.inf:
        return "infinitely many"
    if log_ratio > math.log(1e6):
        return f"about {power_of_ten(log_ratio, digits=1)}"
    ratio = math.exp(log_ratio)
    if ratio >= 1000:
        return f"{float(f'{ratio:.3g}'):,.0f}"
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 2 else f"{ratio:.2f}"


def perplexity(loss: float) -> str:
    """e^loss as people read it, however large; `loss` is in nats.

    >>> perplexity(math.log(79.83)), perplexity(2_000.0)
    ('79.8', '3.88 × 10⁸⁶⁸')
    """
    return f"{math.exp(loss):,.1f}" if loss < math.log(1e6) else power_of_ten(loss)


def minus(words: str) -> str:
    """Hyphens before numbers as the minus signs that they are."""
    return words.replace("-", "−")


def in_bytes(size: float) -> str:
    """Bytes in the unit that reads best.

    >>> in_bytes(200_000), in_bytes(9.6e9)
    ('200 kB', '9.6 GB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{_rounded(size / unit)} {name}"
    return f"{size:,.0f} bytes"


def in_numbers(size: float) -> str:
    """A count in millions, or thousands of millions.

    >>> in_numbers(15_000_000), in_numbers(2.4e9)
    ('15 million', '2.4 billion')
    """
    return f"{_rounded(size / 1e9)} billion" if size >= 1e9 else f"{_rounded(size / 1e6)} million"


def _rounded(value: float) -> str:
    return f"{float(f'{value:.3g}'):,.12g}"


def _scientific(log_value: float, digits: int) -> tuple[float, int]:
    exponent = math.floor(log_value / math.log(10))
    mantissa = round(math.exp(log_value - exponent * math.log(10)), digits)
    return (1.0, exponent + 1) if mantissa >= 10 else (mantissa, exponent)
