"""What is asked about who may see a failure."""

from collections.abc import Iterator
from typing import Any

from django import forms

from accounts.restricting import review_fault
from accounts.visibility import Paragraph, Restriction
from barnetwatch.lib.dates import in_words
from barnetwatch.pages.failures.asking import Answer, Revealing
from barnetwatch.pages.writing.forms import ReviewDay, refuse


class PublicationQuestion(Revealing):
    """Whether it is kept back, and why."""

    decides = "restriction"
    reveals = {
        "exempt": ("exempt_paragraph", "negotiation_terms", "why_exempt", "review_exempt"),
        "confidential": ("why_confidential", "review_confidential"),
    }
    restriction = forms.ChoiceField(
        label="Is any of this exempt from publication?",
        help_text="Most failures are not. Whoever is not cleared for it will not find it.",
        choices=[
            (Restriction.OPEN, "No, anybody who may sign in may see it"),
            (Restriction.EXEMPT, "Yes, it is exempt under Schedule 12A"),
            (
                Restriction.CONFIDENTIAL,
                "Yes, it is confidential: given by government on terms, or closed by law",
            ),
        ],
        initial=Restriction.OPEN,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether any of this is exempt from publication."},
    )
    exempt_paragraph = forms.TypedChoiceField(
        label="Paragraph of Schedule 12A",
        choices=[("", "Choose a paragraph"), *Paragraph.choices],
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Choose a paragraph from the list."},
    )
    negotiation_terms = forms.BooleanField(
        label="It gives terms proposed in negotiating a contract",
        help_text="Members do not see these.",
        required=False,
    )
    why_exempt = forms.CharField(
        label="Why the public interest in keeping it back outweighs that in showing it",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    why_confidential = forms.CharField(
        label="On whose terms, or by which order or statute, it is kept back",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    review_exempt = ReviewDay(
        label="Look at it again on",
        help_text="When somebody asks whether it must still be kept back. For example, 27 3 2027.",
    )
    review_confidential = ReviewDay(
        label="Look at it again on",
        help_text="When somebody asks whether the terms still hold. For example, 27 3 2027.",
    )
    WHY = {"exempt": "why_exempt", "confidential": "why_confidential"}
    REVIEW = {"exempt": "review_exempt", "confidential": "review_confidential"}

    def prepare(self) -> None:
        for name in ("exempt_paragraph", *self.WHY.values()):
            self.fields[name].must_be_given = True  # type: ignore[attr-defined]

    def clean(self) -> None:
        super().clean()
        chosen = self.cleaned_data.get("restriction")
        if chosen == Restriction.EXEMPT:
            self.need("exempt_paragraph", "Choose the paragraph of Schedule 12A.")
        if why := self.WHY.get(str(chosen)):
            self.need(why, "Say why it is kept back.")
        review = self.REVIEW.get(str(chosen))
        if review and (wrong := review_fault(self.cleaned_data.get(review))):
            refuse(self, review, wrong)

    def answers(self) -> Iterator[Answer]:
        said = self.fields_of_failure()
        yield "Exempt from publication", str(Restriction(said["restriction"]).label)
        if said["exempt_paragraph"]:
            yield "Paragraph", str(Paragraph(said["exempt_paragraph"]).label)
        if said["negotiation_terms"]:
            yield "Terms in negotiation", "Yes"
        if said["restriction_reason"]:
            yield "Why", said["restriction_reason"]
        if said["restriction_review_on"]:
            yield "Look at it again on", in_words(said["restriction_review_on"])

    def fields_of_failure(self) -> dict[str, Any]:
        """Only what the choice needs: what was typed under another one is left out."""
        said = self.cleaned_data
        is_exempt = said["restriction"] == Restriction.EXEMPT
        why = self.WHY.get(said["restriction"])
        review = self.REVIEW.get(said["restriction"])
        return {
            "restriction": said["restriction"],
            "exempt_paragraph": said["exempt_paragraph"] if is_exempt else None,
            "negotiation_terms": is_exempt and said["negotiation_terms"],
            "restriction_reason": said[why] if why else "",
            "restriction_review_on": said[review] if review else None,
        }
