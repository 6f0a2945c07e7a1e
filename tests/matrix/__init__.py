"""The permission matrix: every URL by every role, with a canary in every field that can be hidden.

`table.py` says whose each page is and how to add one; `record.py` makes the rows, `people.py` the
roles, `queries.py` the filters, orders and formats; `doors.py` takes calls of the door out, and
`calls.py` each alone; `filled.py` and `sending.py` send forms, `writes.py` sees what is written.
"""
