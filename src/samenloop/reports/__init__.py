"""Reports for people: numbers without small cells, as a page, a PDF and a table file."""
