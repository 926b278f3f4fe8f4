"""What a language model is used for: named entities, sentiment, translation, each with recurrent networks."""
