"""Token processing: from text to ids and vectors."""
