"""How good an encoder is: on a bot's own rows, on paraphrases, analogies and translations. Arrays in, figures out."""
