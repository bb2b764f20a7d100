"""The readers: one module a format, found by its name, with one function `read`.

A module's name is the format's, with `_` for `-`; what formats there are, and which kind of figures
each gives, says `localci.config.configuration.REPORT_KINDS`.
"""
