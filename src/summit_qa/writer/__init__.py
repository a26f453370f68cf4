"""Answers by a language model whose quotes code verifies."""
