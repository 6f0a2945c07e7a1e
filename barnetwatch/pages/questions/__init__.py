"""Questions for the next committee: what is proposed, a councillor's own lists, the brief, and the
answers that officers confirm.
"""

from barnetwatch.pages.questions import answers, asked, brief, lists, proposals

PAGES = [*proposals.PAGES, *lists.PAGES, *answers.PAGES, *asked.PAGES, *brief.PAGES]
