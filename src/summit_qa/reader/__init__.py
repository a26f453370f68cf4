"""Answers by quoting, without a language model; disagreements; checks of claims."""
