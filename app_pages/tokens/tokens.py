"""Tokens: the text cut into characters, words, byte pairs, and as the pretrained model cuts it."""

from explorer import chrome, controls
from explorer.contents import FIRST_PROMPT
from explorer.panels import prompt, tokenizing
from explorer.texts import NEW_YEAR

SLUG = "tokens"
PRESETS: dict[str, chrome.Preset] = {
    "Happy new …": {"prompt": FIRST_PROMPT},
    "A longer text": {"prompt": NEW_YEAR},
    "New words": {"prompt": "low lower lowest, new newer newest, wide wider widest"},
}

chrome.header(SLUG, PRESETS)
text = controls.text("prompt", "Your text", FIRST_PROMPT)
shown = text if text.strip() else FIRST_PROMPT
if shown != text:
    controls.notice("There is nothing to cut yet: type a text. Below is an example until then.")
tokenizing.counted(shown)
tokenizing.byte_pairs(SLUG, shown)
reading = prompt.read_prompt(prompt.model_name(), shown)
if reading is not None:
    tokenizing.chips(
        reading.model.card.title,
        reading.score.tokens,
        reading.score.token_ids,
        f"{len(reading.score.tokens):,} tokens; |V| = {reading.model.tokenizer.vocab_size:,}",
    )
tokenizing.one_hot_panel(shown)
prompt.model_line(reading)
chrome.footer(SLUG)
