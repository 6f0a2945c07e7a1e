"""The council's own payment files: read, kept row by row, matched to suppliers and contracts.

`reading` turns bytes into rows and knows no model; `importing` writes a file whole or not at all,
and withdraws it: `storing` says what goes into which table, `sending` how it gets there,
`filetotals` what it comes to. `attributing` says which contract a payment belongs to, and why.
"""
