"""Published encoders of the BERT family, read from files; `encoders` exports what is public."""
