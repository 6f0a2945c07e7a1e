"""The page of one contract: what was agreed, spent beside it, failed and said."""

from barnetwatch.pages.contract.page import contract_page

PAGES = [("contracts/<int:pk>/", "contract", contract_page)]
