"""The bundled models, their thresholds, and the code that runs them."""
