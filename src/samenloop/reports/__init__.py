"""Reports for people: numbers without small cells, as a page, a PDF and a table file.

Rendering needs jinja2 (`html`) and fpdf2 (`pdf`), which node and coordinator install and an auditor does not.
"""
