"""The only room that builds models: text to ids, ids to logits, texts to vectors."""
