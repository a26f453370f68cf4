"""Follow-up questions and the transcript of what was asked."""
