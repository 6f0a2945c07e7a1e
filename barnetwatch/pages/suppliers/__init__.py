"""Suppliers: their register, and what one of them holds, is paid and failed at."""

from barnetwatch.pages.suppliers.page import supplier_page
from barnetwatch.pages.suppliers.register import Suppliers

PAGES = [
    ("suppliers/", "suppliers", Suppliers.as_view()),
    ("suppliers/<int:pk>/", "supplier", supplier_page),
]
