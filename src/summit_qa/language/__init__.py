"""Rules of English: questions, names, pronouns, phrases, types of answers."""
