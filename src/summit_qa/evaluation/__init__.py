"""How good and how faithful the answers are; see docs/evaluation.md for every figure.

Use it from a program, such as the evaluation tab of the chat::

    from summit_qa.evaluation.report import load_latest
    from summit_qa.evaluation.runner import evaluate

    report = evaluate(assistant, engines=("reader", "bm25-top-sentence"), progress=progress)
    report = load_latest(Path("eval/results"))      # or the newest that was saved; None if none

    report.title()       # "questions · 200 questions · 2026-11-26 · 1a2b3c4"
    report.table()       # Table(headers, rows): a figure a row, an engine a column, all str
    report.by_kind()     # Table: a kind of question a row, "answered correctly" of each engine
    report.rows("reader")  # tuple[CaseRow, ...], worst first: .question .kind .right .missed …
    report.html(against=None)  # the whole report as one page: no script, nothing is loaded
    report.save(Path("eval/results"))               # JSON files, one an engine; returns the paths

``evaluate`` calls ``progress(done, total, what)`` after each question (several ``what`` one after
the other); an exception that ``progress`` raises ends the run, so it serves to cancel. A case
that fails becomes a row with its ``error``. What cannot be read raises EvaluationError (one line).
All strings of tables are plain text: escape them when they are put into a page.
"""
