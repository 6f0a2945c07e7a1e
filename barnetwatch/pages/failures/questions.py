"""What is asked of somebody who reports a failure: where, what and when."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.backoffice.widgets import SeenMultipleChoiceField
from barnetwatch.lib.dates import in_words, may_begin
from barnetwatch.lib.forms import SourceDateField
from barnetwatch.pages.failures.asking import Answer, HintedRadios, Question
from contracts.models import Contract, Service, Supplier
from incidents.models import Incident


class WhereQuestion(Question):
    """Under which contract, or with which supplier."""

    where = forms.ModelChoiceField(
        label="Contract",
        queryset=Contract.objects.none(),
        required=False,
        empty_label="Choose a contract",
        error_messages={"invalid_choice": "Choose a contract from the list."},
    )
    supplier = forms.ModelChoiceField(
        label="Supplier",
        help_text="Only where no one contract is concerned.",
        queryset=Supplier.objects.none(),
        required=False,
        empty_label="Choose a supplier",
        error_messages={"invalid_choice": "Choose a supplier from the list."},
    )

    def prepare(self) -> None:
        where: Any = self.fields["where"]
        where.queryset = Contract.objects.visible_to(self.user).select_related("supplier")
        where.label_from_instance = lambda row: f"{row.reference}: {row.title} ({row.supplier})"
        where.must_be_given = True
        supplier: Any = self.fields["supplier"]
        supplier.queryset = Supplier.objects.visible_to(self.user)

    def clean(self) -> None:
        super().clean()
        chosen = self.cleaned_data
        if not self.errors and not (chosen.get("where") or chosen.get("supplier")):
            said = "Choose the contract, or the supplier where no one contract is concerned."
            self.add_error("where", ValidationError(said, code="required"))

    def answers(self) -> Iterator[Answer]:
        where, supplier = self.cleaned_data["where"], self.cleaned_data["supplier"]
        yield "Contract", f"{where.reference}: {where.title}" if where else "No one contract"
        if supplier or not where:
            yield "Supplier", str(supplier)

    def fields_of_failure(self) -> dict[str, Any]:
        return {"contract": self.cleaned_data["where"], "supplier": self.cleaned_data["supplier"]}


class ServicesQuestion(Question):
    """Which services of the contract."""

    services = SeenMultipleChoiceField(
        label="Services",
        help_text="Choose all that it touches. Leave them empty if you do not know.",
        queryset=Service.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": "Choose services of this contract from the list.",
            "invalid_pk_value": "Choose services of this contract from the list.",
        },
    )

    def prepare(self) -> None:
        field: Any = self.fields["services"]
        field.queryset = Service.objects.visible_to(self.user).filter(contract=self.contract)
        field.label_from_instance = lambda row: row.name

    def answers(self) -> Iterator[Answer]:
        yield (
            "Services",
            ", ".join(row.name for row in self.cleaned_data["services"]) or "Not given",
        )


class WhatQuestion(Question):
    """What failed, and how badly."""

    title = forms.CharField(
        label="In a few words",
        help_text="For example, “Mosaic cannot bill clients”. It stands in every list.",
        max_length=200,
        error_messages={
            "required": "Say in a few words what failed.",
            "max_length": "Say it in 200 characters or fewer.",
        },
    )
    category = forms.ChoiceField(
        label="What sort of failure is it?",
        choices=Incident.Category,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what sort of failure it is.",
            "invalid_choice": "Choose what sort of failure it is from the list.",
        },
    )
    description = forms.CharField(
        label="What should have happened, and what did?",
        help_text="Do not name clients or give any of their details.",
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Say what should have happened, and what did."},
    )
    severity = forms.ChoiceField(
        label="How bad is it?",
        choices=Incident.Severity,
        widget=HintedRadios({str(key): said for key, said in Incident.SEVERITY_MEANS.items()}),
        error_messages={
            "required": "Choose how bad it is.",
            "invalid_choice": "Choose how bad it is from the list.",
        },
    )
    affected = forms.CharField(
        label="Who is affected, and how?",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def answers(self) -> Iterator[Answer]:
        said = self.cleaned_data
        yield "In a few words", said["title"]
        yield "Sort of failure", str(Incident.Category(said["category"]).label)
        yield "What happened", said["description"]
        yield "How bad", str(Incident.Severity(said["severity"]).label)
        yield "Who is affected", said["affected"] or "Not given"


class WhenQuestion(Question):
    """When it happened, was noticed and was first reported, as far as that is known."""

    #: The page says that what is not known is left empty.
    says_optional = False
    occurred = SourceDateField(label="When it happened", required=False)
    noticed = SourceDateField(label="When somebody noticed", required=False)
    reported = SourceDateField(
        label="When it was first reported in public",
        required=False,
        help_text="Such as in a committee paper or a newspaper.",
    )
    LABELS = {"occurred": "Happened", "noticed": "Noticed", "reported": "First reported"}

    def clean(self) -> None:
        super().clean()
        if not self.errors and not any(self.cleaned_data.get(name) for name in self.LABELS):
            said = (
                "Enter the day it happened, such as 25 7 2018. If that is not known, enter when "
                "somebody noticed or when it was first reported."
            )
            self.add_error("occurred", ValidationError(said, code="required"))
        for name in self.LABELS:
            self._in_order(name)

    def _in_order(self, name: str) -> None:
        """No date lies in the future, and nothing is noticed or reported before it happened."""
        given = self.cleaned_data.get(name)
        if not given:
            return
        if may_begin(*given) > self.on:
            self.add_error(name, ValidationError("Enter a date that is not in the future."))
        began = self.cleaned_data.get("occurred")
        if name != "occurred" and began and given[0] < may_begin(*began):
            said = "Check the dates: this one is before the day it happened."
            self.add_error(name, ValidationError(said))

    def answers(self) -> Iterator[Answer]:
        for name, label in self.LABELS.items():
            given = self.cleaned_data[name]
            yield label, in_words(*given) if given else "Not known"

    def fields_of_failure(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self.LABELS:
            if given := self.cleaned_data[name]:
                found |= {f"{name}_on": given[0], f"{name}_precision": given[1]}
        return found
