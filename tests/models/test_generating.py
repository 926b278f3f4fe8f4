import itertools
import math
import threading

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.prediction import Decoding, beam_search, generate, generate_batch, next_token, score
from models.prediction.generating import loop
from tests.toys import BigramLM


def test_the_same_seed_gives_the_same_text():
    lm = BigramLM()
    first, again, other = ([s.token_id for s in generate(lm, "a", Decoding(seed=seed), 30)] for seed in (1, 1, 2))
    assert first == again != other


def test_draws_follow_the_distribution():
    lm = BigramLM()
    wanted = Decoding(0.7, top_k=4).apply(lm.table[0])
    drawn = [next(generate(lm, "a", Decoding(0.7, top_k=4, seed=seed))).token_id for seed in range(2000)]
    shares = torch.bincount(torch.tensor(drawn), minlength=lm.tokenizer.vocab_size) / len(drawn)
    torch.testing.assert_close(shares, wanted.probs, atol=0.04, rtol=0)


def test_generation_stops_at_the_end_token_and_says_its_own_probability():
    lm = BigramLM()
    lm.table[:, lm.tokenizer.end_id] = 50.0
    steps = list(generate(lm, "a", Decoding(), 30))
    assert [step.token for step in steps] == ["</s>"]
    assert steps[0].log_prob == pytest.approx(0, abs=1e-4)
    lm.tokenizer.end_id = None
    assert len(list(generate(lm, "a", Decoding(), 5))) == 5


def test_greedy_generation_equals_transformers(tiny):
    token_ids = tiny.tokenizer.encode("happy new")
    idx = torch.tensor([[tiny.tokenizer.start_id, *token_ids]])
    everything = torch.ones_like(idx)
    wanted = tiny.network.generate(idx, attention_mask=everything, do_sample=False, max_new_tokens=15, pad_token_id=1)
    wanted = wanted[0, idx.shape[1] :].tolist()
    assert [step.token_id for step in generate(tiny, token_ids, Decoding(temperature=0.0), 15)] == wanted


@pytest.mark.parametrize("width", [2, 3, 5])
@pytest.mark.parametrize("prompt", ["happy new", "the capital", ""])
def test_beam_search_equals_transformers(width, prompt, tiny):
    token_ids = tiny.tokenizer.encode(prompt)
    idx = torch.tensor([[tiny.tokenizer.start_id, *token_ids]])
    found = tiny.network.generate(
        idx, attention_mask=torch.ones_like(idx), do_sample=False, num_beams=width, num_return_sequences=width,
        max_new_tokens=6, length_penalty=0.0, pad_token_id=tiny.tokenizer.end_id, output_scores=True,
        return_dict_in_generate=True,
    )  # fmt: skip
    *_, last = beam_search(tiny, token_ids, width, 6)
    end = tiny.tokenizer.end_id
    wanted = [row[: row.index(end) + 1] if end in row else row for row in found.sequences[:, idx.shape[1] :].tolist()]
    assert [list(one.token_ids) for one in last] == wanted
    assert [one.total for one in last] == pytest.approx(found.sequences_scores.tolist(), abs=1e-3)


def every_continuation(lm, token_ids, length):
    """All continuations of up to `length` tokens that end at the end token or at the length, with ln P."""
    end = lm.tokenizer.end_id
    found = {}
    for size in range(1, length + 1):
        for path in itertools.product(range(lm.tokenizer.vocab_size), repeat=size):
            if end in path[:-1] or (size < length and path[-1] != end):
                continue
            log_probs = score(lm, [*token_ids, *path]).log_probs[len(token_ids) :]
            found[path] = float(log_probs.double().sum())
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_that_keeps_everything_is_exhaustive_search(seed):
    lm = BigramLM(seed)
    everything = every_continuation(lm, [0, 1], 3)
    *_, last = beam_search(lm, "ab", len(everything), 3)
    assert {one.token_ids for one in last} == set(everything)
    for one, (_, total) in zip(last, sorted(everything.items(), key=lambda item: -item[1]), strict=True):
        assert one.total == pytest.approx(total, abs=1e-5)
        assert one.total == pytest.approx(everything[one.token_ids], abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_width_1_is_greedy(seed):
    lm = BigramLM(seed)
    greedy = list(generate(lm, "a", Decoding(temperature=0.0), 12))
    *_, last = beam_search(lm, "a", 1, 12)
    assert list(last[0].token_ids) == [step.token_id for step in greedy]
    assert last[0].log_probs == pytest.approx([step.log_prob for step in greedy], abs=1e-5)


def test_the_greedy_path_is_not_always_the_best():
    """a is likely first, but what follows it is not."""
    lm = BigramLM()
    lm.table = torch.full_like(lm.table, -30.0)
    a, b, c, d, end = 0, 1, 2, 3, lm.tokenizer.end_id
    lm.table[lm.tokenizer.start_id, [a, b]] = torch.tensor([0.6, 0.4]).log()
    lm.table[a, [c, d]] = torch.tensor([0.5, 0.5]).log()
    lm.table[b, c] = 0.0
    lm.table[[c, d], end] = 0.0
    *_, last = beam_search(lm, "", 2, 3)
    assert last[0].token_ids == (b, c, end)
    assert last[0].total == pytest.approx(math.log(0.4), abs=1e-5)
    greedy = [step.token_id for step in generate(lm, "", Decoding(temperature=0.0), 3)]
    assert greedy[0] == a
    assert last[0].ended


@pytest.mark.parametrize("decoding", [Decoding(seed=3), Decoding(0.6, top_k=5, seed=7), Decoding(temperature=0.0)])
@pytest.mark.parametrize("name", ["bigram", "tiny"])
def test_samples_at_once_equal_samples_alone(decoding, name, tiny):
    lm = tiny if name == "tiny" else BigramLM()
    prompt = lm.tokenizer.encode("a bed" if name == "bigram" else "happy new")
    together = list(generate_batch(lm, prompt, decoding, 4, 12))
    for i in range(4):
        alone = list(generate(lm, prompt, Decoding(**(vars(decoding) | {"seed": decoding.seed + i})), 12))
        mine = [step[i] for step in together if step[i] is not None]
        assert [step.token_id for step in mine] == [step.token_id for step in alone]
        assert [step.log_prob for step in mine] == pytest.approx([step.log_prob for step in alone], abs=1e-4)
        assert all(step[i] is None for step in together[len(mine) :])


def test_a_step_says_what_the_model_said(tiny):
    token_ids = tiny.tokenizer.encode("happy new")
    for step in generate(tiny, token_ids, Decoding(0.5, seed=2), 8):
        assert step.log_prob == pytest.approx(float(next_token(tiny, token_ids).log_probs[step.token_id]), abs=1e-4)
        token_ids.append(step.token_id)


def test_generating_is_lazy_and_leaves_nothing_behind():
    calls = []

    class Counting(BigramLM):
        def logits(self, token_ids, start=0):
            calls.append(len(token_ids))
            return super().logits(token_ids, start)

    before = threading.active_count()
    steps = generate(Counting(), "a", Decoding(seed=1), 1000)
    next(steps)
    next(steps)
    steps.close()
    assert calls == [1, 2]
    assert threading.active_count() == before


@given(st.lists(st.integers(0, 2), max_size=30))
def test_loops_are_found_as_by_trying_all(token_ids):
    def repeats(start, period):
        block, rest = token_ids[start : start + period], token_ids[start:]
        return len(rest) % period == 0 and rest == block * (len(rest) // period)

    found = loop(token_ids)
    all_of_them = [
        (period, start, (len(token_ids) - start) // period)
        for period in range(1, 11)
        for start in range(len(token_ids))
        if repeats(start, period) and (len(token_ids) - start) // period >= 3 and len(token_ids) - start >= 8
    ]
    if found is None:
        assert not all_of_them
    else:
        assert (found.period, found.start, found.times) == min(all_of_them)
