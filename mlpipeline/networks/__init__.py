"""Models and nothing else: text to ids, ids to logits, texts to vectors, calibration."""
