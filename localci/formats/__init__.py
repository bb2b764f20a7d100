"""The formats on the wire: note, envelope, statement, result. Pure: nothing reads or writes."""
