"""Identifying fields of a person: parsing, refusing and normalising. Pure: nothing here reads or writes a file of a
person."""
