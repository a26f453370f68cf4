"""How good and how faithful the answers are; see docs/evaluation.md for every figure."""
