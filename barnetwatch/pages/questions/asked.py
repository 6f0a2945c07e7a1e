"""A councillor marks a question as asked, notes the answer, and hands the note to the officers."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.backoffice.forms import blame
from barnetwatch.lib.forms import DayField, SiteForm
from barnetwatch.pages.page import needs, site_page, typed
from barnetwatch.pages.questions.own import KEEP, address_of, crumbs, shown, the_question
from scrutiny import asking
from scrutiny.models import Question
from scrutiny.models.question import LONGEST


class AskedForm(SiteForm):
    """When it was asked, and what was answered."""

    asked_on = DayField(label="Day on which it was asked")
    answer = forms.CharField(
        label="What was answered",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Who answered, and in their own words where you can. Only you see this note.",
        error_messages={"max_length": f"Note the answer in {LONGEST:,} characters or fewer."},
    )
    hand_over = forms.BooleanField(
        label="Hand this note to the officers, to be put on the record",
        required=False,
        help_text=(
            "They then read the question and your note with your name, and confirm it as a "
            "statement or a promise. Untick it to take the note back until they have."
        ),
    )

    def clean_asked_on(self) -> object:
        """A question was asked today or before."""
        day = self.cleaned_data["asked_on"]
        if day and day > timezone.localdate():
            raise ValidationError("That day is still to come. Enter the day on which you asked it.")
        return day


@needs(KEEP)
def asked_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask when it was asked and what was answered."""
    question = the_question(request.user, pk)
    if question.is_confirmed:
        messages.info(request, "The answer stands on the record, and is changed there.")
        return HttpResponseRedirect(address_of(question.questions, question))
    [item] = shown([question], request.user)
    form = AskedForm(typed(request), initial=_initial(question))
    if item.is_masked:
        del form.fields["answer"]  # It may quote what is hidden now; it stays as it is.
    if request.method == "POST" and form.is_valid():
        try:
            noted = {"answer": question.answer, **form.cleaned_data}
            asking.note(question, **noted, by=request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            blame(form, error)
        else:
            handed = form.cleaned_data["hand_over"]
            said = "Saved, and handed to the officers." if handed else "Saved. Only you see it."
            messages.success(request, said)
            return HttpResponseRedirect(address_of(question.questions, question))
    return site_page(
        request,
        "site/questions/asked.html",
        "Mark a question as asked",
        crumbs=crumbs(question.questions),
        question=question,
        item=item,
        form=form,
    )


def _initial(question: Question) -> dict[str, object]:
    return {
        "asked_on": question.asked_on or question.questions.meets_on,
        "answer": question.answer,
        "hand_over": question.waits,
    }


PAGES = [("questions/<int:pk>/asked/", "question_asked", asked_page)]
