"""Report readers: what a check wrote, as figures. One module a format; `registry` names them.

A report is written by the code under test: its bytes are untrusted, and one that cannot be read
without doubt is a ReportError (no verdict), never figures.
"""
