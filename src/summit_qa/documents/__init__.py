"""From a folder to documents, passages and sentences, and from quoted words back to their lines."""
