"""The report: figures from the lake's views on one page, and the page of questions with their answers."""
